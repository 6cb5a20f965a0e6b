// Frameloop is a small game on Krunk: a 60 Hz loop with four channels, worker goroutines, recovered panics, wrapped and
// joined errors, structured logs, and a storm of 500 errors within a second. It needs nothing but Go:
//
//	go run ./examples/frameloop
//
// plays the same frames without Krunk and with it, in turns of a second, sends to a strict endpoint in a process of its own (over
// HTTP on the loopback interface), and prints what a frame took, what the capture calls took of it, and what arrived. It exits
// with 1 if something that was captured neither arrived nor was counted. With
//
//	SENTRY_DSN=https://key@sentry.example/42 go run ./examples/frameloop
//
// it sends there, and prints the ids and support codes to look for.
//
// Read start below first, then game.go, network.go and loader.go: they are what a game does. The other files measure.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/deflate"
	"github.com/krunk-go/krunk/transport/nethttp"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == endpointArg {
		os.Exit(serve(os.Stdin, os.Stdout))
	}
	os.Exit(run(os.Args[1:], os.Stdout))
}

// start is all that a game has to set up.
func start(dsn string) (*krunk.Client, error) {
	http, err := nethttp.New(nil)
	if err != nil {
		return nil, err
	}
	return krunk.Start(krunk.Config{
		DSN:         dsn,
		Transport:   http,
		Compress:    deflate.Items(),
		Release:     "frameloop@1.0.0",
		Environment: "demo",
		Panics:      krunk.Panics{MaxRepeats: -1}, // this game panics on purpose, some fifty times in a few seconds; without this the sixth of a kind would only be counted
		Channels: map[string]krunk.Thresholds{
			"match": {Send: "info"},  // structured logs; on the other channels below error only breadcrumbs
			"audio": {Trail: "info"}, // its debug records are not even that
		},
	})
}

// flushTime is what the reports of the last frames may take to arrive.
const flushTime = 20 * time.Second

// probeTime is what a server may take to answer that it knows the key and the project.
const probeTime = 10 * time.Second

// run plays and prints; it returns the exit code.
func run(args []string, stdout io.Writer) int {
	o, err := parse(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	dsn, own := os.Getenv("SENTRY_DSN"), (*endpoint)(nil)
	if dsn == "" {
		if own, err = startEndpoint(); err != nil {
			fmt.Fprintln(stdout, err)
			return 1
		}
		defer own.stop()
		dsn = own.dsn
	}
	client, err := start(dsn)
	if err != nil {
		fmt.Fprintln(stdout, err)
		return 1
	}
	defer client.Close(time.Second)
	if own == nil {
		if err := client.Probe(probeTime); err != nil {
			fmt.Fprintf(stdout, "frameloop: SENTRY_DSN: %v\n", err)
			return 1
		}
	}
	fmt.Fprintf(stdout, "%d frames at %d Hz without Krunk and as many with it, in turns of a second\n", o.frames, o.hz)
	flushed := true
	r := &report{out: stdout, options: o}
	r.without, r.with = play(o, client, func() { flushed = client.Flush(flushTime) && flushed })
	r.flushed, r.stats = flushed && client.Flush(flushTime), client.Stats()
	client.Close(time.Second)
	return r.print(own)
}

// options are the flags.
type options struct {
	frames int // of each side
	hz     int
}

// parse reads the flags and tells out what is wrong with them.
func parse(args []string, out io.Writer) (options, error) {
	o := options{}
	f := flag.NewFlagSet("frameloop", flag.ContinueOnError)
	f.SetOutput(out)
	f.Usage = func() {
		fmt.Fprint(out, "Plays a small game without Krunk and with it. SENTRY_DSN: the server to send to; empty: an endpoint that the example starts.\n")
		f.PrintDefaults()
	}
	f.IntVar(&o.frames, "frames", 240, "frames of each side, at least 30")
	f.IntVar(&o.hz, "hz", 60, "frames a second, 1 to 1000")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	var err error
	switch {
	case f.NArg() > 0:
		err = fmt.Errorf("frameloop: unknown argument %q; write flags only", f.Arg(0))
	case o.frames < 30:
		err = fmt.Errorf("frameloop: -frames %d; write at least 30, so that everything happens once", o.frames)
	case o.hz < 1 || o.hz > 1000:
		err = fmt.Errorf("frameloop: -hz %d; write 1 to 1000", o.hz)
	}
	if err != nil {
		fmt.Fprintln(out, err)
	}
	return o, err
}
