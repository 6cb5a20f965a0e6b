// Command spikes plays a game on one processor that makes 500 errors in one frame, once a second, against a server that is up, and makes
// one such spike with a server that is 50 ms away, flushes for 10 seconds and closes. It prints what arrived, and ends with status 1 if
// anything is missing. Run it on a machine that has nothing else to do.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/krunk-go/krunk/internal/benchmarks"
)

func main() {
	benchmarks.Main()
	spikes := flag.Int("spikes", 20, "spikes in as many seconds, at most 60")
	world := flag.Int("world", 64, "MiB that a frame works over; more than the processor's caches hold")
	only := flag.String("only", "", "only reporters whose name contains this, such as http1+deflate")
	flag.Parse()
	if *spikes < 1 || *spikes > 60 || *world < 1 {
		fmt.Fprintln(os.Stderr, "spikes: -spikes is from 1 to 60, -world is 1 or more")
		os.Exit(2)
	}
	missing := 0
	fmt.Println("| reporter | spikes, server up: captured / arrived / counted as lost | a spike, 50 ms away: arrived / flushed in |\n|---|---|---|")
	for _, who := range benchmarks.SpikeReporters() {
		if !strings.Contains(who, *only) {
			continue
		}
		near, err := benchmarks.Spikes(who, *spikes, *world)
		far, err2 := benchmarks.Distant(who)
		if err != nil || err2 != nil {
			fmt.Fprintln(os.Stderr, err, err2)
			os.Exit(2)
		}
		fmt.Printf("| %s | %d / %d / %d | %d of %d / %.1f s (%v) |\n", who, near.Captured, near.Arrived, near.Counted, far.Arrived, far.Captured, far.Took.Seconds(), far.Flushed)
		missing += near.Captured - near.Arrived + far.Captured - far.Arrived
	}
	if missing > 0 {
		fmt.Fprintf(os.Stderr, "%d errors did not arrive\n", missing)
		os.Exit(1)
	}
}
