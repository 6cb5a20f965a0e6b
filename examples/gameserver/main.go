// Gameserver is a small game server that decides which of its players report what, with a control page for the person who
// watches over the game. It needs nothing but Go:
//
//	go run ./examples/gameserver
//
// prints an address on the loopback interface. The page there moves the share of clients with a slider, connects channels
// and has the kill switch; /policy is the document that goes to the clients. A thousand players in the same process follow it
// over the game's own heartbeat, which carries 16 bytes of hint each half second: moving the slider from 10 to 50 changes who
// reports within one heartbeat, and those who reported before still do. One more player is a whole krunk.Client, whose events
// go to a strict endpoint in the same process. A line each second says what came of it. It ends with Ctrl-C, or with
//
//	go run ./examples/gameserver -for 10s
//
// Read link.go and client.go first, then server.go: they are what a game does. The other files play and count.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(os.Args[1:], os.Stdout, ctx))
}

// options are the flags.
type options struct {
	addr    string
	clients int
	beat    time.Duration // between two heartbeats of one client
	every   time.Duration // between two status lines
	length  time.Duration // zero: until interrupted
}

func parse(args []string, out io.Writer) (options, error) {
	o := options{}
	f := flag.NewFlagSet("gameserver", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.addr, "addr", "127.0.0.1:0", "`host:port` of page and document, loopback only; port 0 takes a free one")
	f.IntVar(&o.clients, "clients", 1000, "simulated clients, 1 to 100000")
	f.DurationVar(&o.beat, "heartbeat", 500*time.Millisecond, "time between two heartbeats of a client, at least 10ms")
	f.DurationVar(&o.every, "every", time.Second, "time between two status lines, at least 10ms")
	f.DurationVar(&o.length, "for", 0, "ends by itself after this time; 0 runs until interrupted")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	err := o.check(f.Args())
	if err != nil {
		fmt.Fprintln(out, err)
	}
	return o, err
}

func (o options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("gameserver: unknown argument %q; write flags only", rest[0])
	case o.clients < 1 || o.clients > 100_000:
		return fmt.Errorf("gameserver: -clients %d; write 1 to 100000", o.clients)
	case o.beat < 10*time.Millisecond:
		return fmt.Errorf("gameserver: -heartbeat %v; write at least 10ms", o.beat)
	case o.every < 10*time.Millisecond:
		return fmt.Errorf("gameserver: -every %v; write at least 10ms", o.every)
	case o.length < 0:
		return fmt.Errorf("gameserver: -for %v; write 0 or more", o.length)
	}
	return loopback(o.addr)
}

// loopback refuses addresses that other machines reach: whoever opens the page of this demo is let in.
func loopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("gameserver: -addr %q: %w; write host:port, such as 127.0.0.1:8080", addr, err)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("gameserver: -addr %q is not loopback, and the demo's page is for this machine; write 127.0.0.1:8080 or [::1]:8080", addr)
}

// run serves and plays until ctx ends or the time of -for is over; it returns the exit code.
func run(args []string, stdout io.Writer, ctx context.Context) int {
	o, err := parse(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	if o.length > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, o.length)
		defer stop()
	}
	if err := play(ctx, o, stdout); err != nil {
		fmt.Fprintln(stdout, err)
		return 1
	}
	return 0
}
