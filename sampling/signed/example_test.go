package signed_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/signed"
)

// A client that obeys nobody but who holds the key.
func Example() {
	public, private, _ := ed25519.GenerateKey(nil)

	v, err := signed.New(signed.Keys{"ops-2026": public})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctl, err := sampling.New(sampling.Identity{ID: "5f0c2c1e"}, sampling.Options{Verifier: sampling.Require(v), Hash: signed.SHA256})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ctl.Close()

	doc := []byte(`{"krunk":1,"version":7,"issued":"2026-11-27T12:00:00Z","expires":"2226-01-01T00:00:00Z","author":"anna","clients":10}`)
	fmt.Println(errors.Is(ctl.Apply(doc), sampling.ErrSignature))
	sigs, err := signed.Sign(doc, signed.Key{ID: "ops-2026", Private: private})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ctl.Apply(doc, sampling.At{Signature: signed.Header(sigs)}), ctl.Version())
	// Output:
	// true
	// <nil> 0.7
}
