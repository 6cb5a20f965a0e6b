// Command frames plays a 60 Hz game without a reporter, with Krunk and with sentry-go, in turns and in processes of their own,
// and prints as a Markdown table what the capture calls cost the thread of its frames. It ends with status 1 if a goal was
// missed. Run it on a machine that has nothing else to do.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/benchmarks"
)

func main() {
	benchmarks.Main()
	o := benchmarks.FrameOptions{}
	flag.DurationVar(&o.For, "for", 2*time.Second, "length of one run, at most 1m; a row has three runs a round, and each warms for up to a second")
	flag.IntVar(&o.Rounds, "rounds", 1, "rounds, whose frames are put together")
	flag.IntVar(&o.World, "world", 64, "MiB that a frame works over; more than the processor's caches hold")
	flag.StringVar(&o.Krunk, "krunk", "krunk+http1", "Krunk over http1, or krunk: over nethttp, as sentry-go is")
	load := flag.String("load", "", "only loads whose name contains this, such as 500-errors")
	server := flag.String("server", "", "only this server: up or hanging")
	procs := flag.Int("procs", 0, "only this GOMAXPROCS: 1 or 2")
	flag.Parse()
	if o.For <= 0 || o.For > time.Minute || o.Rounds < 1 || o.World < 1 {
		fmt.Fprintln(os.Stderr, "frames: -for is from 0 to 1m, -rounds and -world are 1 or more")
		os.Exit(2)
	}
	var cases []benchmarks.FrameCase
	for _, c := range benchmarks.FrameCases() {
		if strings.Contains(c.Load.Name, *load) && strings.HasPrefix(c.Server, *server) && (*procs == 0 || *procs == c.Procs) {
			cases = append(cases, c)
		}
	}
	if len(cases) == 0 {
		fmt.Fprintf(os.Stderr, "frames: no case has load %q, server %q and %d processors\n", *load, *server, *procs)
		os.Exit(2)
	}
	fmt.Printf("%s %s/%s, %d processors, %v a run, %d rounds, %s. ", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), o.For, o.Rounds, o.Krunk)
	os.Exit(run(cases, o))
}

func run(cases []benchmarks.FrameCase, o benchmarks.FrameOptions) int {
	benchmarks.FrameHead(os.Stdout)
	missed := 0
	for _, c := range cases {
		row, err := c.Measure(o)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
		missed += row.Write(os.Stdout)
	}
	if missed > 0 {
		fmt.Fprintf(os.Stderr, "%d goals missed\n", missed)
		return 1
	}
	return 0
}
