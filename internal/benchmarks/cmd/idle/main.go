// Command idle counts how often a process is woken that has nothing to do. Linux only.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/krunk-go/krunk/internal/benchmarks"
)

func main() {
	benchmarks.Main()
	d := flag.Duration("for", 10*time.Second, "how long to count")
	flag.Parse()
	for _, who := range []string{"nobody", "krunk", "sentry-go"} {
		i, err := benchmarks.Sleep(who, *d)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Printf("%-10s %5d voluntary context switches in %v, %.1f a second\n", who, i.Switches, i.For, i.PerSecond())
	}
}
