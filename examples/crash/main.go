// Crash is a game that dies in every way that there is, and tells at its next start what it died of. It needs nothing but Go:
//
//	go run ./examples/crash -how=map
//	go run ./examples/crash
//
// The first one dies of two goroutines that write a map, while there is no network. The second one finds what that run has left, sends
// it, and prints what is known of the end, what a player could paste into a mail to support, and what arrived: at a strict endpoint in
// this program, or, with
//
//	SENTRY_DSN=https://key@sentry.example/42 go run ./examples/crash
//
// given to both, at that server. -how=list names all ways, -dir says where runs are kept.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/runfile"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/http1"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout)) }

// run returns the exit code of the program, where it lives for that long.
func run(args []string, out io.Writer) int {
	flags := flag.NewFlagSet("crash", flag.ContinueOnError)
	how := flags.String("how", "", "what to die of; list: name all ways; empty: tell of the last run")
	dir := flags.String("dir", "", "where runs are kept; empty: krunk-crash in the user's cache directory")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			fmt.Fprintln(out, "no cache directory, write -dir:", err)
			return 1
		}
		*dir = filepath.Join(cache, "krunk-crash")
	}
	if *how == "list" {
		list(out)
		return 0
	}
	die, ok := ways[*how]
	if *how != "" && !ok {
		fmt.Fprintf(out, "-how=%s: no such way; -how=list names them\n", *how)
		return 2
	}
	var err error
	if ok {
		err = live(*dir, die.die, out)
	} else {
		err = tell(*dir, out)
	}
	if err != nil {
		fmt.Fprintln(out, err)
		return 1
	}
	return 0
}

// offline is a network that is not there.
func offline(transport.Context, *transport.Request) (transport.Response, error) {
	return transport.Response{}, errors.New("no network")
}

// start is all that a game has to set up. Where nobody catches a panic, and for what nobody can catch, the runtime writes into the run
// file as it dies.
func start(dir, dsn string, tr transport.Transport) (*krunk.Client, error) {
	debug.SetTraceback("all") // the other goroutines too
	return krunk.Start(krunk.Config{
		DSN: dsn, Transport: tr, RunFile: runfile.In(dir), Release: "crash@1.0.0", Environment: "demo",
		Panics: krunk.Panics{Wait: 100 * time.Millisecond}, Frames: krunk.Frames{Hang: 2 * time.Second},
		Channels: map[string]krunk.Thresholds{"match": {Send: "info"}},
	})
}

// live plays some frames and dies.
func live(dir string, die func(*krunk.Client), out io.Writer) error {
	dsn := os.Getenv("SENTRY_DSN")
	if dsn == "" {
		dsn = sentrytest.New(sentrytest.Options{}).DSN()
	}
	client, err := start(dir, dsn, transport.Func(offline))
	if err != nil {
		return err
	}
	defer client.Close(100 * time.Millisecond)
	defer client.Repanic()
	fmt.Fprintln(out, "this run:", client.Stats().RunFile)
	match := client.Channel("match")
	client.SetTag("map", "dust")
	match.Info("the match begins", krunk.Int("players", 12))
	for frame := range 30 {
		client.Beat()
		if frame%10 == 9 {
			match.Debug("round over", krunk.Int("frame", frame))
		}
		time.Sleep(time.Millisecond)
	}
	fmt.Fprintln(out, "reported while there is no network: support code", match.Report(errors.New("the score could not be saved")).SupportCode())
	client.Beat()
	die(client)
	return nil
}

// tell sends what the last run has left and says what it was.
func tell(dir string, out io.Writer) error {
	dsn, tr := os.Getenv("SENTRY_DSN"), transport.Transport(http1.Default())
	var srv *sentrytest.Server
	if dsn == "" {
		srv = sentrytest.New(sentrytest.Options{})
		dsn, tr = srv.DSN(), srv.Transport()
	}
	begin := time.Now()
	client, err := start(dir, dsn, tr)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Start took %v\n", time.Since(begin).Round(10*time.Microsecond))
	last(out, client.LastRun())
	if !client.Flush(30 * time.Second) {
		fmt.Fprintf(out, "not all was delivered: %s\n", client.Stats().LastError)
	}
	client.Close(time.Second)
	if srv != nil {
		return arrived(out, srv)
	}
	fmt.Fprintf(out, "%d envelopes went to SENTRY_DSN\n", client.Stats().Sent)
	return nil
}
