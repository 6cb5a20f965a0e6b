// Command stalled measures what a process holds whose server answers nobody.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/krunk-go/krunk/internal/benchmarks"
)

func main() {
	benchmarks.Main()
	captures := flag.Int("captures", 100000, "captures to make")
	flag.Parse()
	for _, who := range []string{"sentry-go", "krunk"} {
		s, err := benchmarks.Stall(who, *captures)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Printf("%-10s heap growth %6d KiB, from the system %6d KiB; %d ids, then %d delivered, %d counted as dropped\n",
			who, s.Growth>>10, s.Sys>>10, s.Taken, s.Delivered, s.Dropped)
	}
}
