// Command beat is lean with frames: hangs, slow frames and the stacks of all goroutines.
package main

import (
	"errors"
	"os"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
)

func main() {
	os.Stdout.WriteString("hello\n")
	client, err := krunk.Start(krunk.Config{
		DSN:       "https://0123456789abcdef0123456789abcdef@sentry.example/1",
		Transport: transport.Func(nowhere),
		Release:   "moonfall@1.4.2",
	})
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(2)
	}
	defer client.Repanic()
	client.Beat()
	net := client.Channel("net")
	net.Warn("packet lost", krunk.Int("seq", 17), krunk.Duration("rtt", 31*time.Millisecond))
	os.Stdout.WriteString(net.Report(errors.New("connection reset")).SupportCode() + "\n")
	client.Close(2 * time.Second)
}

func nowhere(transport.Context, *transport.Request) (transport.Response, error) {
	return transport.Response{Status: 200}, nil
}
