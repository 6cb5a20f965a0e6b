package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func keygenCommand() command {
	return command{
		name: "keygen", args: "-out NAME", short: "make a key pair for signing",
		long: `
Keygen writes an Ed25519 key pair: NAME.key, the private key, which only its owner can read (mode 0600), and NAME.pub,
both as PEM. It prints the public key for signed.Keys in the game. Neither file is ever overwritten.`,
		setup: func(s *streams, f *flag.FlagSet) func([]string) error {
			out := f.String("out", "", "`name` of the files, without .key and .pub")
			return func(args []string) error {
				if err := wantArgs(args, 0, "none"); err != nil {
					return err
				}
				if *out == "" {
					return misused("-out is missing; write e.g. -out ops-2026")
				}
				return keygen(s, *out)
			}
		},
	}
}

func keygen(s *streams, name string) error {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	open, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return err
	}
	// The public key first: if it exists, its private key may be somewhere else, and nothing is written.
	if err := writeNew(name+".pub", 0o644, pem.EncodeToMemory(&pem.Block{Type: pemPublic, Bytes: open})); err != nil {
		return err
	}
	if err := writeNew(name+".key", 0o600, pem.EncodeToMemory(&pem.Block{Type: pemPrivate, Bytes: secret})); err != nil {
		return errors.Join(err, os.Remove(name+".pub"))
	}
	kid := filepath.Base(name)
	fmt.Fprintf(s.out, "wrote %s.key (keep it secret) and %s.pub\nkey id: %s\npublic key: %s\n", name, name, kid, base64.StdEncoding.EncodeToString(public))
	return nil
}
