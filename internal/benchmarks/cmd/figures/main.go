// Command figures prints what Krunk costs beside its peers as a Markdown table. It takes about two minutes and ends with
// status 1 if a goal was missed. Run it in the folder of the module, on a machine that has nothing else to do.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/benchmarks"
)

type options struct {
	only             string
	rounds           int
	events, captures int
	idle             time.Duration
}

// section is a part of the table.
type section struct {
	name string
	run  func(options) ([]benchmarks.Figure, error)
}

func sections() []section {
	return []section{
		{"report", cases(benchmarks.ReportCases(), benchmarks.ReportFigures)},
		{"log", cases(benchmarks.LogCases(), benchmarks.LogFigures)},
		{"gate", cases(benchmarks.GateCases(), benchmarks.GateFigures)},
		{"drop", cases(benchmarks.DropCases(), benchmarks.DropFigures)},
		{"allocs", func(options) ([]benchmarks.Figure, error) { return benchmarks.AllocFigures() }},
		{"start", start},
		{"encode", func(o options) ([]benchmarks.Figure, error) { return benchmarks.EncodeFigures(o.events) }},
		{"delivered", delivered},
		{"stalled", func(o options) ([]benchmarks.Figure, error) { return benchmarks.StalledFigures(o.captures) }},
		{"idle", func(o options) ([]benchmarks.Figure, error) { return benchmarks.IdleFigures(o.idle) }},
		{"size", size},
	}
}

func main() {
	benchmarks.Main()
	testing.Init()
	var o options
	flag.StringVar(&o.only, "only", "", "sections, separated by commas: report,log,gate,drop,allocs,start,encode,delivered,stalled,idle,size; empty: all")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds of which the least is taken")
	flag.IntVar(&o.events, "events", 2000, "events to deliver")
	flag.IntVar(&o.captures, "captures", 100000, "captures at a stalled server")
	flag.DurationVar(&o.idle, "idle", 10*time.Second, "how long to count wake-ups")
	flag.Parse()
	fmt.Printf("%s %s/%s, %d processors\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	benchmarks.Head(os.Stdout)
	missed := 0
	for _, s := range sections() {
		if o.only != "" && !strings.Contains(","+o.only+",", ","+s.name+",") {
			continue
		}
		list, err := s.run(o)
		missed += benchmarks.Rows(os.Stdout, list)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	if missed > 0 {
		fmt.Fprintf(os.Stderr, "%d goals missed\n", missed)
		os.Exit(1)
	}
}

func cases(list []benchmarks.Case, figures func(benchmarks.Times) []benchmarks.Figure) func(options) ([]benchmarks.Figure, error) {
	return func(o options) ([]benchmarks.Figure, error) {
		t, err := benchmarks.Measure(o.rounds, list, benchmark)
		if err != nil {
			return nil, err
		}
		return figures(t), nil
	}
}

// benchmark makes exactly the calls that c asks for: a second of calls that take 1 ns is as long as one of calls that
// take 1 ms, but the time between batches is not.
func benchmark(c benchmarks.Case) testing.BenchmarkResult {
	if err := flag.Set("test.benchtime", strconv.Itoa(c.Calls)+"x"); err != nil {
		panic(err) // unreachable: the flag exists after testing.Init and the value is well formed
	}
	return testing.Benchmark(c.Benchmark)
}

func start(o options) ([]benchmarks.Figure, error) {
	t, err := benchmarks.Measure(o.rounds, benchmarks.StartCases(), benchmark)
	if err != nil {
		return nil, err
	}
	return benchmarks.StartFigures(t)
}

func delivered(o options) ([]benchmarks.Figure, error) {
	single, err := benchmarks.DeliveredFigures(o.events, 1, false)
	burst, err2 := benchmarks.DeliveredFigures(o.events, 16, false)
	secure, err3 := benchmarks.DeliveredFigures(o.events, 1, true)
	return slices.Concat(single, burst, secure), errors.Join(err, err2, err3)
}

func size(options) ([]benchmarks.Figure, error) {
	dir, err := os.MkdirTemp("", "krunk-size-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	return benchmarks.SizeFigures(dir)
}
