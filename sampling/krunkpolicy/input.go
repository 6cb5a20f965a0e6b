package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// source is a policy as it was read.
type source struct {
	name string // "-" is standard input
	raw  []byte // as it came, perhaps an envelope
	doc  []byte // the document
	sigs []sampling.Signature
}

// read reads a file, which may be an envelope, whose signatures are not verified here.
func (s *streams) read(name string) (*source, error) {
	in := s.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, sampling.MaxEnvelope+1))
	if err != nil {
		return nil, err
	}
	return open(name, raw)
}

func open(name string, raw []byte) (*source, error) {
	if len(raw) > sampling.MaxEnvelope {
		return nil, fmt.Errorf("%s: larger than %d bytes, so neither a policy nor an envelope", name, sampling.MaxEnvelope)
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, fmt.Errorf("%s: is empty; did the command that was to write it fail?", name)
	}
	doc, sigs, err := sampling.OpenEnvelope(raw)
	if err != nil {
		return nil, fmt.Errorf(`%s: an envelope that is malformed; krunkpolicy sign writes {"payload":"...","sigs":[...]}`, name)
	}
	return &source{name: name, raw: raw, doc: doc, sigs: sigs}, nil
}

// policy reads a file that has to be a good policy; what is wrong with it is written like lint does.
func (s *streams) policy(name string) (*source, *sampling.Policy, error) {
	src, err := s.read(name)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.strict(name, src.doc)
	return src, p, err
}

func (s *streams) strict(name string, doc []byte) (*sampling.Policy, error) {
	p, _, err := policy.ParseStrict(doc)
	var errs *policy.Errors
	if errors.As(err, &errs) {
		for _, e := range errs.List {
			fmt.Fprintln(s.err, line(name, "error", e))
		}
		return nil, errNo
	}
	return p, err
}

// output is where a new document goes.
type output struct {
	path string // empty: standard output
}

// deliver writes b. It refuses the input as the output, and replaces a file as a whole or not at all.
func (o *output) deliver(s *streams, b []byte, from string) error {
	if o.path == "" {
		_, err := s.out.Write(b)
		return err
	}
	if old, err := os.Stat(o.path); err == nil && from != "-" {
		if in, err := os.Stat(from); err == nil && os.SameFile(old, in) {
			return fmt.Errorf("-o %s is the input; name another file", o.path)
		}
	}
	return replaceFile(o.path, b)
}

func replaceFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".krunkpolicy-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
