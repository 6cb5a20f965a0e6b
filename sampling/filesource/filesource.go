// Package filesource brings policies from a file and keeps the last good one in a file.
package filesource

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

const (
	defaultEvery = 10 * time.Second
	fastest      = 100 * time.Millisecond
	again        = time.Hour // before what a wrong clock may have kept away is offered once more
)

// Source reads a file again and again and applies what has changed. It looks at the content, not at times or watches:
// Kubernetes swaps symlinks, editors rename, and watches die without a word.
type Source struct {
	path  string
	every time.Duration
	seed  maphash.Seed
}

// New returns a source for path, which need not exist yet, looked at every so often; zero means 10 s, the least is 100 ms.
func New(path string, every time.Duration) *Source {
	if every == 0 {
		every = defaultEvery
	}
	return &Source{path: path, every: max(every, fastest), seed: maphash.MakeSeed()}
}

// Run implements sampling.Source. It returns only when ctx ends. A content that was refused is not offered again; one that
// has expired is, once an hour, as the clock may have been wrong.
func (s *Source) Run(ctx context.Context, to sampling.Sink) error {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	var last offer
	for {
		b, err := read(s.path, sampling.MaxEnvelope+1)
		if sum := maphash.Bytes(s.seed, b); err == nil && last.due(sum, to) {
			last = offer{sum: sum, at: time.Now()}
			last.err = to.Apply(b, sampling.At{Source: "file"}) // the sink keeps the reason
		}
		to.Fetched(err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// offer is what was offered last.
type offer struct {
	sum uint64
	at  time.Time // zero: nothing was
	err error
}

// due reports whether a content of that sum is to be offered.
func (o *offer) due(sum uint64, to sampling.Sink) bool {
	if o.at.IsZero() || sum != o.sum {
		return true
	}
	expired := errors.Is(o.err, sampling.ErrExpired) || o.err == nil && to.Version() == sampling.Version{}
	return expired && time.Since(o.at) >= again
}

// read opens the path anew each time, so a swapped symlink is followed, and takes no more than limit bytes. A pipe or a device is no
// file, and holds nobody.
func read(path string, limit int64) ([]byte, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("sampling/filesource: %s is not a regular file (%s); give the path of a file", path, info.Mode().Type())
	}
	return io.ReadAll(io.LimitReader(f, limit))
}

// Store keeps the last good policy in one file: written beside it, synced and renamed over it, readable by the owner alone.
type Store struct{ path string }

// NewStore returns a sampling.Storage in the file at path, whose directory is made when it is missing.
func NewStore(path string) *Store { return &Store{path} }

// Load implements sampling.Storage.
func (s *Store) Load() ([]byte, error) {
	b, err := read(s.path, 2*sampling.MaxEnvelope)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// Save implements sampling.Storage.
func (s *Store) Save(b []byte) error {
	if b == nil {
		if err := os.Remove(s.path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(s.path), filepath.Base(s.path)+".*.tmp") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), s.path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
