// Command pull is sampling whose signed policies may ask for the flight log.
package main

import (
	"errors"
	"os"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/transport"
)

func main() {
	os.Stdout.WriteString("hello\n")
	control, err := sampling.New(sampling.Identity{}, sampling.Options{Limits: sampling.Limits{Pull: krunk.AllowPull(0, true)}})
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(2)
	}
	client, err := krunk.Start(krunk.Config{
		DSN:       "https://0123456789abcdef0123456789abcdef@sentry.example/1",
		Transport: transport.Func(nowhere),
		Release:   "moonfall@1.4.2",
		Sampling:  krunk.Steer(control),
	})
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(2)
	}
	defer client.Repanic()
	if err := control.Apply([]byte(os.Args[len(os.Args)-1])); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
	}
	control.Update(func(id *sampling.Identity) { id.Player = "p-17" })
	os.Stdout.WriteString(control.Echo() + "\n")
	net := client.Channel("net")
	net.Warn("packet lost", krunk.Int("seq", 17), krunk.Duration("rtt", 31*time.Millisecond))
	os.Stdout.WriteString(net.Report(errors.New("connection reset")).SupportCode() + "\n")
	client.Close(2 * time.Second)
}

func nowhere(transport.Context, *transport.Request) (transport.Response, error) {
	return transport.Response{Status: 200}, nil
}
