package main

import (
	"flag"
	"fmt"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/signed"
)

func signCommand() command {
	return command{
		name: "sign", args: "-key KEY -kid ID [-header] [-o FILE] FILE", short: "sign a policy",
		long: `
Sign writes an envelope with the policy and its signature, {"payload":"...","sigs":[{"kid":"...","sig":"..."}]}. If FILE
is an envelope, signatures by other keys are kept, so that two keys can sign while one replaces the other. A policy that
lint refuses, or one without "expires", is not signed.`,
		setup: func(s *streams, f *flag.FlagSet) func([]string) error {
			key := f.String("key", "", "private key in `FILE`, as keygen makes it")
			kid := f.String("kid", "", "`id` under which clients know the key, such as ops-2026")
			header := f.Bool("header", false, "write the value of a Krunk-Signature header instead")
			var out output
			f.StringVar(&out.path, "o", "", "write to `FILE` (default: standard output)")
			return func(args []string) error {
				if err := wantArgs(args, 1, "one FILE"); err != nil {
					return err
				}
				if *key == "" || *kid == "" {
					return misused("-key and -kid are needed; write e.g. -key ops-2026.key -kid ops-2026")
				}
				return sign(s, args[0], *key, *kid, *header, out)
			}
		},
	}
}

func sign(s *streams, file, key, kid string, header bool, out output) error {
	private, err := s.readPrivate(key)
	if err != nil {
		return err
	}
	src, _, err := s.policy(file)
	if err != nil {
		return err
	}
	mine, err := signed.Sign(src.doc, signed.Key{ID: kid, Private: private})
	if err != nil {
		return err
	}
	var sigs []sampling.Signature
	for _, old := range src.sigs {
		if old.Kid != kid {
			sigs = append(sigs, old)
		}
	}
	sigs = append(sigs, mine...)
	if header {
		return out.deliver(s, []byte(signed.Header(sigs)+"\n"), file)
	}
	b, err := signed.Envelope(src.doc, sigs)
	if err != nil {
		return err
	}
	if _, _, err := sampling.OpenEnvelope(b); err != nil {
		return fmt.Errorf("%s: %d signatures are more than clients read", file, len(sigs))
	}
	return out.deliver(s, append(b, '\n'), file)
}
