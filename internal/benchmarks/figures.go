package benchmarks

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// Figure is a line of the table: what was measured, Krunk's number, the other one, and what they are to each other.
type Figure struct {
	Measure string
	Krunk   float64
	Other   float64 // 0: there is none
	Unit    string
	Against string // who the other one is
	Ratio   float64
	Goal    string
	OK      bool // the goal is reached, or there is none
}

// row formats f for Markdown.
func (f Figure) row() string {
	other, ratio, goal := "", "", f.Goal
	if f.Against != "" {
		other = fmt.Sprintf("%s %s", number(f.Other), f.Against)
		ratio = number(f.Ratio) + "x"
	}
	switch {
	case goal == "":
	case f.OK:
		goal += " ok"
	default:
		goal += " **MISSED**"
	}
	return fmt.Sprintf("| %s | %s %s | %s | %s | %s |", f.Measure, number(f.Krunk), f.Unit, other, ratio, goal)
}

// number writes about three significant digits, and whole numbers from 100 up.
func number(v float64) string {
	switch {
	case v >= 100 || v == 0:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	if v >= 0.1 {
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.4f", v)
}

// Times holds the least ns/op of each case by name.
type Times map[string]float64

// Measure runs all cases in rounds, one after the other, and returns the least of each: what else the machine does can only
// add. run is testing.Benchmark after the flag test.benchtime was set to the case's calls.
func Measure(rounds int, cases []Case, run func(Case) testing.BenchmarkResult) (Times, error) {
	t := make(Times)
	for range rounds {
		for _, c := range cases {
			r := run(c)
			if r.N == 0 {
				return nil, fmt.Errorf("benchmarks: %s failed; run go test -bench . to see why", c.Name)
			}
			if best, ok := t[c.Name]; !ok || r.Extra["ns/op"] < best {
				t[c.Name] = r.Extra["ns/op"]
			}
		}
	}
	return t, nil
}

// line compares Krunk with another case by their times. most is the largest ratio that reaches the goal, 0 for no goal.
func (t Times) line(measure, krunk, other string, most float64) Figure {
	f := Figure{Measure: measure, Krunk: t[krunk], Other: t[other], Unit: "ns", Against: other, OK: true}
	f.Ratio = f.Krunk / f.Other
	switch {
	case most >= 1:
		f.Goal, f.OK = fmt.Sprintf("<= %gx", most), f.Ratio <= most
	case most >= 0.2:
		f.Goal, f.OK = fmt.Sprintf("<= %.2fx", most), f.Ratio <= most
	case most > 0:
		f.Goal, f.OK = fmt.Sprintf("<= 1/%.0f", 1/most), f.Ratio <= most
	}
	return f
}

// within compares a case that is to take at most so many nanoseconds with sentry-go's sample rate.
func (t Times) within(measure, krunk string, most float64) Figure {
	f := t.line(measure, krunk, "sampled/sentry-go", 0)
	f.Goal, f.OK = fmt.Sprintf("<= %g ns", most), f.Krunk <= most
	return f
}

// ReportFigures are those of ReportCases.
func ReportFigures(t Times) []Figure {
	return []Figure{
		t.line("Report(err), 10 frames", "krunk", "callers", 0.5),
		t.line("of that, the walk of the stack", "walk", "callers", 0),
		t.line("Report(err), 10 frames", "krunk", "sentry-go", 1.0/12),
		t.line("Report(err), 63 frames", "krunk/frames=63", "callers/frames=63", 0.5),
		t.line("Report(err), 100 frames", "krunk/frames=100", "krunk", 0),
		t.line("Report(err), 250 frames", "krunk/frames=250", "callers/frames=250", 0.5),
		t.line("with 100 breadcrumbs in history", "krunk/crumbs=100", "krunk", 1.1),
		t.line("with 100 breadcrumbs in history", "krunk/crumbs=100", "sentry-go/crumbs=100", 1.0/12),
		t.line("while the recorder works on another processor", "krunk/busy", "sentry-go", 0),
		t.line("a single one that wakes the recorder", "krunk/alone", "sentry-go", 0),
	}
}

// LogFigures are those of LogCases.
func LogFigures(t Times) []Figure {
	return []Figure{
		t.line("log record kept, 2 attributes", "krunk", "zerolog", 0.8),
		t.line("log record kept, 2 attributes", "krunk", "sentry-go", 0),
		t.line("log record kept while the recorder reads on another processor", "krunk/busy", "zerolog", 0),
	}
}

// GateFigures are those of GateCases.
func GateFigures(t Times) []Figure {
	within := func(measure, krunk, other string, most float64) Figure {
		f := t.line(measure, krunk, other, 0)
		f.Goal, f.OK = fmt.Sprintf("<= %g ns", most), f.Krunk <= most
		return f
	}
	beat := func(measure, krunk string, most float64) Figure {
		return Figure{Measure: measure, Krunk: t[krunk], Unit: "ns", Goal: fmt.Sprintf("<= %g ns", most), OK: t[krunk] <= most}
	}
	return []Figure{
		beat("Beat", "beat", 40),
		beat("Beat with Frames.Slow", "beat/slow", 45),
		within("below the threshold", "krunk", "zerolog", 2),
		within("below the threshold, 1 attribute", "krunk/attrs=1", "zerolog/attrs=1", 3),
		within("below the threshold, 2 attributes", "krunk/attrs=2", "zerolog/attrs=2", 4),
		t.line("below the threshold, 2 attributes", "krunk/attrs=2", "sentry-go/noop/attrs=2", 0),
		t.line("below the threshold, 2 attributes", "krunk/attrs=2", "sentry-go/refused/attrs=2", 0),
		{Measure: "nil channel", Krunk: t["krunk/nil"], Unit: "ns", OK: true},
	}
}

// DropFigures are those of DropCases.
func DropFigures(t Times) []Figure {
	return []Figure{
		t.line("Report(err), everything full", "full/krunk", "full/sentry-go", 0),
		{Measure: "log record, everything full", Krunk: t["full/krunk/log"], Unit: "ns", OK: true},
		t.line("Report(err), not wanted", "unwanted/krunk", "sampled/sentry-go", 0),
		t.within("Report(err), sampled out by a policy", "sampled/krunk", 17),
		t.within("log record, sampled out by a policy", "sampled/krunk/log", 17),
		t.within("Report(err), over a policy's rate", "limited/krunk", 40), // reads the clock
	}
}

// AllocFigures are the callers' allocations.
func AllocFigures() (list []Figure, err error) {
	all, err := CallerAllocs()
	for _, a := range all {
		list = append(list, Figure{Measure: a.Name, Krunk: a.PerRun, Unit: "allocs", Goal: "0", OK: a.PerRun == 0})
	}
	return list, err
}

// StartFigures are those of StartCases, and what Start allocates.
func StartFigures(t Times) ([]Figure, error) {
	f := t.line("Start", "krunk/start", "sentry-go/start", 0)
	f.Krunk, f.Other, f.Unit = f.Krunk/1e3, f.Other/1e3, "µs"
	f.Goal, f.OK = "<= 300 µs", f.Krunk <= 300
	allocs, err := startAllocs()
	return []Figure{f, {Measure: "Start", Krunk: allocs, Unit: "allocs", Goal: "<= 60", OK: allocs <= 60}}, err
}

// EncodeFigures are those of Encode, each the cheapest of five rounds.
func EncodeFigures(events int) ([]Figure, error) {
	least := func(crumbs int, pack bool) (us float64, err error) {
		for i := range deliveredRounds {
			d, err := Encode(crumbs, events, pack)
			if err != nil {
				return 0, err
			}
			if per := d.CPU.Seconds() * 1e6 / float64(events); i == 0 || per < us {
				us = per
			}
		}
		return us, nil
	}
	none, err := least(0, false)
	all, err2 := least(100, false)
	nonePacked, err3 := least(0, true)
	allPacked, err4 := least(100, true)
	if err := errors.Join(err, err2, err3, err4); err != nil {
		return nil, err
	}
	name := "event over a transport that answers at once: processor time, 100 breadcrumbs"
	us := Figure{Measure: name, Krunk: all, Unit: "µs", Goal: "<= 30 µs", OK: all <= 30}
	us.Other, us.Against, us.Ratio = none, "without", all/none
	twice := us
	twice.Goal, twice.OK = "<= 2x", us.Ratio <= 2
	added := func(crumbs string, packed, plain float64) Figure {
		return Figure{
			Measure: "the same with Compress, " + crumbs + " breadcrumbs", Krunk: packed, Unit: "µs", Other: plain, Against: "without Compress",
			Ratio: packed / plain, OK: true,
		}
	}
	return []Figure{us, twice, added("100", allPacked, all), added("no", nonePacked, none)}, nil
}

// deliveredRounds is how often each delivery is measured.
const deliveredRounds = 5

// DeliveredFigures are those of Deliver, each the cheapest of five rounds.
func DeliveredFigures(events, flight int, secure bool) (list []Figure, err error) {
	best := make(map[string]Delivered)
	for range deliveredRounds {
		for _, who := range Candidates() {
			d, err := Deliver(who, events, flight, secure)
			if err != nil {
				return nil, err
			}
			if b, ok := best[who]; !ok || d.CPU < b.CPU {
				best[who] = d
			}
		}
	}
	for _, who := range Candidates()[1:] {
		list = append(list, deliveredFigures(who, flight, secure, best[who], best["sentry-go"])...)
	}
	return list, nil
}

func deliveredFigures(who string, flight int, secure bool, us, them Delivered) []Figure {
	events := float64(us.Events)
	total := events + deliveredWarm
	way := map[bool]string{false: "", true: " over TLS"}[secure]
	name := fmt.Sprintf("delivered by %s%s, %d on the way: ", who, way, flight)
	cpu := compare(name+"processor time", us.CPU.Seconds()*1e6/events, them.CPU.Seconds()*1e6/events, "µs")
	mallocs := compare(name+"allocations", float64(us.Mallocs)/events, float64(them.Mallocs)/events, "")
	wire := compare(name+"bytes on the wire", float64(us.Seen.Bytes)/total, float64(them.Seen.Bytes)/total, "B")
	goals := map[string]struct{ cpu, mallocs float64 }{"krunk": {0.42, 110}, "krunk+http1": {0.27, 15}, "krunk+deflate": {0, 110}}[who]
	if secure && who == "krunk+http1" {
		goals.cpu = 0.3
	} else if secure {
		goals.cpu = 0
	}
	if goals.cpu > 0 {
		cpu.Goal, cpu.OK = fmt.Sprintf("<= %gx", goals.cpu), cpu.Ratio <= goals.cpu
	}
	if !secure && flight > 1 { // alone, each event has a Flush with its own
		mallocs.Goal, mallocs.OK = fmt.Sprintf("<= %g", goals.mallocs), mallocs.Krunk <= goals.mallocs
	}
	return []Figure{cpu, mallocs, wire}
}

func compare(measure string, krunk, other float64, unit string) Figure {
	return Figure{Measure: measure, Krunk: krunk, Other: other, Unit: unit, Against: "sentry-go", Ratio: krunk / other, OK: true}
}

// StalledFigures are those of Stall.
func StalledFigures(captures int) ([]Figure, error) {
	us, err := Stall("krunk", captures)
	them, err2 := Stall("sentry-go", captures)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	name := fmt.Sprintf("stalled server, %d captures: ", captures)
	kib := func(what string, us, them int64) Figure {
		return compare(name+what, float64(us)/1024, float64(them)/1024, "KiB")
	}
	live := kib("heap growth", us.Growth, them.Growth)
	live.Goal, live.OK = "<= 1024 KiB", us.Growth <= 1<<20
	count := Figure{Measure: name + "not accounted for", Krunk: float64(captures - us.Delivered - us.Dropped), Unit: "events", Goal: "0"}
	count.OK = count.Krunk == 0
	return []Figure{live, kib("heap taken from the system", us.Sys, them.Sys), count}, nil
}

// IdleFigures are those of Sleep.
func IdleFigures(d time.Duration) ([]Figure, error) {
	us, err := Sleep("krunk", d)
	them, err2 := Sleep("sentry-go", d)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	f := compare(fmt.Sprintf("idle for %v: wake-ups a second", d), us.PerSecond(), them.PerSecond(), "")
	f.Goal, f.OK = "0", us.Switches == 0
	return []Figure{f}, nil
}

// SizeFigures are those of Build, in KiB over what the budget compares with.
func SizeFigures(dir string) (list []Figure, err error) {
	sizes, err := Build(dir)
	if err != nil {
		return nil, err
	}
	budgets, err := Budgets()
	if err != nil {
		return nil, err
	}
	for _, b := range budgets {
		f := Figure{Measure: "size of " + b.Name + " over " + b.Over, Krunk: float64(b.Of(sizes)), Unit: "KiB"}
		f.Goal, f.OK = fmt.Sprintf("<= %d KiB", b.KiB), f.Krunk <= float64(b.KiB)
		list = append(list, f)
	}
	over := func(name string) float64 { return float64(sizes[name].File - sizes["hello"].File) }
	return append(list,
		compare("size of nethttp over hello", over("nethttp"), over("sentry"), "KiB"),
		compare("size of nethttp+gojson over hello", over("nethttp+gojson"), over("sentry"), "KiB")), nil
}
