package benchmarks

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// FrameHead writes the head of the table of frames.
func FrameHead(w io.Writer) {
	fmt.Fprintf(w, "Times in µs, %s; cells are no reporter / Krunk / sentry-go.\n\n", threadClock)
	fmt.Fprintln(w, "| load | server | P | frame p50 | p99 | p99.9 | max | first call p50 | by the clock | a later call p50 "+
		"| collections | MB allocated | heap MB | arrived % | net p50 | net p99.9 | first | goals |")
	fmt.Fprintln(w, strings.Repeat("|---", 18)+"|")
}

// Write writes the row and returns how many goals it missed.
func (r *FrameRow) Write(w io.Writer) (missed int) {
	mb := func(of func(*FrameRun) uint64) string {
		return r.cell(func(x *FrameRun) float64 { return float64(of(x)) / 1e6 })
	}
	p50, p999, first := r.net(0.5), r.net(0.999), r.first()
	goals, missed := r.goals(p50, p999, first)
	fmt.Fprintln(w, r.Case.Name()+" "+strings.Join([]string{
		r.times(0.5, cpuOf), r.times(0.99, cpuOf), r.times(0.999, cpuOf), r.times(1, cpuOf),
		r.times(0.5, firstOf), r.times(0.5, wallOf), r.times(0.5, laterOf),
		fmt.Sprintf("%d / %d / %d", r.None.GCs, r.Krunk.GCs, r.Sentry.GCs),
		mb(func(x *FrameRun) uint64 { return x.Allocated }), mb(func(x *FrameRun) uint64 { return x.Heap }), r.arrived(),
		p50.String(), p999.String(), first.String(), goals,
	}, " | ")+" |")
	return missed
}

// cell writes what of tells of each candidate, if anything does.
func (r *FrameRow) cell(of func(*FrameRun) float64) string {
	none := of(&r.None)
	if math.IsNaN(none) {
		return "–"
	}
	return number(none) + " / " + number(of(&r.Krunk)) + " / " + number(of(&r.Sentry))
}

func (r *FrameRow) times(q float64, of func(FrameCost) time.Duration) string {
	return r.cell(func(x *FrameRun) float64 { return x.quantile(q, of) })
}

// arrived is how much of what was captured came to the server, and what of the rest Krunk counted.
func (r *FrameRow) arrived() string {
	if r.Case.Server != "up" {
		return "–"
	}
	share := func(n, of int) string { return number(100 * float64(n) / float64(max(of, 1))) }
	return fmt.Sprintf("– / %s and %s counted / %s", share(r.Krunk.Arrived, r.Krunk.Captured),
		share(r.Krunk.Counted, r.Krunk.Captured), share(r.Sentry.Arrived, r.Sentry.Captured))
}

// ratio is a time of Krunk's and what it is to sentry-go's.
type ratio struct{ us, of float64 }

func (r ratio) String() string { return number(r.us) + ", " + number(r.of) + "x" }

// net is the processor time of a frame without what the same quantile is with no reporter.
func (r *FrameRow) net(q float64) ratio {
	none := r.None.quantile(q, cpuOf)
	us, them := max(r.Krunk.quantile(q, cpuOf)-none, 0), max(r.Sentry.quantile(q, cpuOf)-none, 0)
	return ratio{us, us / them}
}

// first is the first call of a frame by the clock.
func (r *FrameRow) first() ratio {
	us := r.Krunk.quantile(0.5, wallOf)
	return ratio{us, us / r.Sentry.quantile(0.5, wallOf)}
}

// goals are those of the rows that have some.
func (r *FrameRow) goals(p50, p999, first ratio) (text string, missed int) {
	if r.Case.Server != "up" {
		return "", 0
	}
	var all []string
	add := func(goal string, ok bool) {
		if ok {
			goal += " ok"
		} else {
			goal += " **MISSED**"
			missed++
		}
		all = append(all, goal)
	}
	switch r.Case.Load.Name {
	case "1.5-errors/s":
		add("first <= 15 µs", first.us <= 15)
		add("<= 1/15", first.of <= 1.0/15)
	case "500-errors/s":
		add("net p50 <= 15 µs", p50.us <= 15)
		add("<= 1/40", p50.of <= 1.0/40)
		add("net p99.9 <= 100 µs", p999.us <= 100)
	}
	return strings.Join(all, ", "), missed
}
