package benchmarks

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

const frameRate = 60 // Hz

// Load is what a game captures.
type Load struct {
	Name    string
	Rate    int  // calls in two seconds
	Records bool // structured log records instead of errors
	Spike   bool // all the calls of a second in one frame of it
}

// Loads are those that are measured.
func Loads() []Load {
	return []Load{
		{Name: "1.5-errors/s", Rate: 3},
		{Name: "30-errors/s", Rate: 60},
		{Name: "500-errors/s", Rate: 1000},
		{Name: "10000-records/s", Rate: 20000, Records: true},
		{Name: "spike-of-500/s", Rate: 1000, Spike: true},
	}
}

func loadOf(name string) (Load, error) {
	all := Loads()
	i := slices.IndexFunc(all, func(l Load) bool { return l.Name == name })
	if i < 0 {
		return Load{}, fmt.Errorf("benchmarks: there is no load %q; it is one of %+v", name, all)
	}
	return all[i], nil
}

// calls is how many calls a frame makes. The first one, 0, makes at least one.
func (l Load) calls(frame int) int {
	if l.Spike {
		if frame%frameRate != 0 {
			return 0
		}
		return l.Rate / 2
	}
	before := func(f int) int { return (f*l.Rate + 2*frameRate - 1) / (2 * frameRate) } // rounded up
	return before(frame+1) - before(frame)
}

// FrameCase is a row of the table.
type FrameCase struct {
	Load   Load
	Server string // "up", or "hanging": it takes requests and answers none
	Procs  int    // GOMAXPROCS
}

// FrameCases are all of them.
func FrameCases() (all []FrameCase) {
	for _, l := range Loads() {
		for _, server := range []string{"up", "hanging"} {
			for _, procs := range []int{2, 1} {
				all = append(all, FrameCase{l, server, procs})
			}
		}
	}
	return all
}

// Name begins the case's row.
func (c FrameCase) Name() string {
	return fmt.Sprintf("| %s | %s | %d |", c.Load.Name, c.Server, c.Procs)
}

// FrameOptions say how a row is measured.
type FrameOptions struct {
	For    time.Duration // of one run
	Rounds int           // runs of each candidate, in turn; their frames are put together
	World  int           // MiB that the frames work over; more than the processor's caches
	Krunk  string        // "krunk", which is Krunk over nethttp, or "krunk+http1"
}

// FrameCost is what the calls of one frame took on its thread.
type FrameCost struct {
	Calls int
	CPU   time.Duration // all calls
	First time.Duration // the first call
	Wall  time.Duration // the first call by the clock: it may have lost the processor meanwhile
}

// FrameRun is a game's account of itself.
type FrameRun struct {
	Costs     []FrameCost // of the frames that made calls
	Captured  int         // calls, those of the warm-up included
	Counted   int         // calls that Krunk told to be lost
	Arrived   int         // events and log records that the server got
	GCs       int
	Allocated uint64 // bytes
	Heap      uint64 // bytes that the heap had taken from the system in the end
}

// add takes over what another round cost.
func (r *FrameRun) add(o FrameRun) {
	r.Costs = append(r.Costs, o.Costs...)
	r.Captured, r.Counted, r.Arrived = r.Captured+o.Captured, r.Counted+o.Counted, r.Arrived+o.Arrived
	r.GCs, r.Allocated, r.Heap = r.GCs+o.GCs, r.Allocated+o.Allocated, max(r.Heap, o.Heap)
}

// quantile returns the q-quantile of what of tells of the frames' costs, in µs, by the nearest rank: with few frames it is the
// greatest. NaN if there are none.
func (r *FrameRun) quantile(q float64, of func(FrameCost) time.Duration) float64 {
	var all []time.Duration
	for _, c := range r.Costs {
		if d := of(c); d >= 0 {
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		return math.NaN()
	}
	slices.Sort(all)
	return all[max(int(math.Ceil(q*float64(len(all))))-1, 0)].Seconds() * 1e6
}

func cpuOf(c FrameCost) time.Duration   { return c.CPU }
func firstOf(c FrameCost) time.Duration { return c.First }
func wallOf(c FrameCost) time.Duration  { return c.Wall }

// laterOf is the mean of the calls after the first, negative if there are none.
func laterOf(c FrameCost) time.Duration {
	if c.Calls < 2 {
		return -1
	}
	return (c.CPU - c.First) / time.Duration(c.Calls-1)
}

// FrameRow is a measured case: the same game with no reporter, with Krunk and with sentry-go.
type FrameRow struct {
	Case                FrameCase
	None, Krunk, Sentry FrameRun
}

// Measure plays the case once a round for each candidate, in processes of their own.
func (c FrameCase) Measure(o FrameOptions) (row FrameRow, err error) {
	row.Case = c
	for range o.Rounds {
		for _, x := range []struct {
			who string
			sum *FrameRun
		}{{"none", &row.None}, {o.Krunk, &row.Krunk}, {"sentry-go", &row.Sentry}} {
			run, err := c.play(x.who, o)
			if err != nil {
				return row, fmt.Errorf("%w (%s %s)", err, c.Name(), x.who)
			}
			x.sum.add(run)
		}
	}
	return row, nil
}

// play starts a server and a game.
func (c FrameCase) play(who string, o FrameOptions) (run FrameRun, err error) {
	srv, err := startChild("server", c.Server)
	if err != nil {
		return run, err
	}
	var addr string
	if err = srv.out.Decode(&addr); err == nil {
		frames := max(int(o.For.Seconds()*frameRate), 1)
		err = runChild(&run, "frames", who, addr, c.Load.Name, c.Server, strconv.Itoa(c.Procs), strconv.Itoa(frames), strconv.Itoa(o.World))
	}
	var seen Seen
	err = errors.Join(err, srv.end(&seen))
	if run.Arrived = int(seen.Events); c.Load.Records {
		run.Arrived = int(seen.Logs)
	}
	return run, err
}
