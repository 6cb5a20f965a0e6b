package nethttp_test

import (
	"fmt"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/deflate"
	"github.com/krunk-go/krunk/transport/nethttp"
)

// What most games need.
func ExampleDefault() {
	client, err := krunk.Start(krunk.Config{
		DSN:       "", // "https://key@sentry.example/42"; empty: nothing is sent
		Transport: nethttp.Default(),
		Compress:  deflate.Items(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client.Close(time.Second))
	// Output: true
}

// A handheld without ca-certificates brings the root of its server along.
func Example() {
	var root []byte // of the game's own files, by go:embed
	t, err := nethttp.New(&nethttp.Config{Trust: nethttp.Trust{PEM: root}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = krunk.Config{Transport: t}
	// Output:
}

// An error of the configuration says what to write instead.
func ExampleNew_error() {
	_, err := nethttp.New(&nethttp.Config{Trust: nethttp.Trust{Pins: []string{"sha256/abc"}}})
	fmt.Println(err)
	// Output: nethttp: Trust.Pins[0] is "sha256/abc": write the 44 base64 characters that nethttp.Pin or http1.Pin returns for the certificate
}
