package http1_test

import (
	"fmt"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/http1"
)

// A client over HTTP/1.1 without net/http.
func Example() {
	client, err := krunk.Start(krunk.Config{
		DSN:       "https://key@sentry.example/42",
		Transport: http1.Default(),
		Release:   "moonfall@1.4.2",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close(0)
	// Output:
}

// What is wrong with a Config is told when the Transport is made.
func ExampleNew_error() {
	_, err := http1.New(&http1.Config{Proxy: "socks5://localhost:1080"})
	fmt.Println(err)
	// Output: http1: Config.Proxy has the scheme "socks5": write http, as in http://host:port, or take package nethttp for others
}
