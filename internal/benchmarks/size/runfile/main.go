// Command runfile is lean with a run file: dead runs, crash texts and how the last run ended.
package main

import (
	"errors"
	"os"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/runfile"
	"github.com/krunk-go/krunk/transport"
)

func main() {
	os.Stdout.WriteString("hello\n")
	client, err := krunk.Start(krunk.Config{RunFile: runfile.In("x"),
		DSN:       "https://0123456789abcdef0123456789abcdef@sentry.example/1",
		Transport: transport.Func(nowhere),
		Release:   "moonfall@1.4.2",
	})
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(2)
	}
	defer client.Repanic()
	net := client.Channel("net")
	net.Warn("packet lost", krunk.Int("seq", 17), krunk.Duration("rtt", 31*time.Millisecond))
	os.Stdout.WriteString(net.Report(errors.New("connection reset")).SupportCode() + "\n")
	client.Close(2 * time.Second)
}

func nowhere(transport.Context, *transport.Request) (transport.Response, error) {
	return transport.Response{Status: 200}, nil
}
