package main

import (
	"flag"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/signed"
)

func verifyCommand() command {
	return command{
		name: "verify", args: "-key [ID=]PUB [-key [ID=]PUB]... [-header TEXT] FILE", short: "check the signature of a policy",
		long: `
Verify checks that one of the given keys signed the policy, as a client with these keys does, and that the policy is a
good one. It exits with 1 if not. It does not look at "expires".`,
		setup: func(s *streams, f *flag.FlagSet) func([]string) error {
			var keys list
			f.Var(&keys, "key", "`ID=FILE`: a public key and the id under which clients know it, FILE alone: its name without .pub; may be repeated")
			header := f.String("header", "", "`value` of a Krunk-Signature header that came with the policy")
			return func(args []string) error {
				if err := wantArgs(args, 1, "one FILE"); err != nil {
					return err
				}
				return verify(s, args[0], keys, *header)
			}
		},
	}
}

func verify(s *streams, file string, keys list, header string) error {
	if len(keys) == 0 {
		return misused("-key is missing; write e.g. -key ops-2026=ops-2026.pub")
	}
	known := make(signed.Keys, len(keys))
	for _, text := range keys {
		kid, path, ok := strings.Cut(text, "=")
		if !ok {
			kid, path = strings.TrimSuffix(filepath.Base(text), ".pub"), text
		}
		public, err := readPublic(path)
		if err != nil {
			return err
		}
		known[kid] = public
	}
	v, err := signed.New(known)
	if err != nil {
		return err
	}
	src, err := s.read(file)
	if err != nil {
		return err
	}
	if header != "" {
		more, err := sampling.ParseSignature(header)
		if err != nil {
			return fmt.Errorf(`-header: %w; write "kid=ops-2026; sig=<base64>"`, err)
		}
		src.sigs = append(src.sigs, more...)
	}
	kid, err := v.Verify(src.doc, src.sigs)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	p, err := s.strict(file, src.doc)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: policy %s is signed by %s\n", file, p.Version(), kid)
	return nil
}
