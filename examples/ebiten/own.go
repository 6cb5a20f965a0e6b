//go:build !bare && !js && own

package main

import (
	"fmt"
	"os"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/krunkebiten"
	"github.com/krunk-go/krunk/transport"
)

// carry is for games that have a way to their server already: here it writes what it should send to a file, for a test of the size.
func carry() (dsn string, carrier transport.Transport, _ krunk.RunFile, _ krunkebiten.Screenshot) {
	return "http://public@127.0.0.1:8969/42", transport.Func(func(_ transport.Context, r *transport.Request) (transport.Response, error) {
		_, err := fmt.Fprintf(os.Stdout, "%s\n", r.Body)
		return transport.Response{Status: 200}, err
	}), nil, krunkebiten.Screenshot{}
}

func ready(*krunk.Client, transport.Transport) {}
