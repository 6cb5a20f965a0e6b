// Command delivered measures what a delivered event costs the process that captured it, over loopback, with the server in a
// process of its own.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/krunk-go/krunk/internal/benchmarks"
)

func main() {
	benchmarks.Main()
	events := flag.Int("events", 2000, "events to deliver")
	flight := flag.Int("flight", 16, "events on the way at a time")
	secure := flag.Bool("tls", false, "over TLS")
	rounds := flag.Int("rounds", 1, "how often each is measured, in turn")
	flag.Parse()
	for i := range *rounds * len(benchmarks.Candidates()) {
		who := benchmarks.Candidates()[i%len(benchmarks.Candidates())]
		d, err := benchmarks.Deliver(who, *events, *flight, *secure)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		n := float64(d.Events)
		fmt.Printf("%-14s %6.1f µs processor time, %5.1f allocations an event; all in all %d bytes in %d requests; %+v\n",
			who, d.CPU.Seconds()*1e6/n, float64(d.Mallocs)/n, d.Seen.Bytes, d.Seen.Requests, d.Seen.Shape)
	}
}
