package benchmarks

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strconv"

	"github.com/getsentry/sentry-go"

	"github.com/krunk-go/krunk/krunk"
)

// Stalled is what a process holds after captures that no server took.
type Stalled struct {
	Captures  int
	Growth    int64 // bytes of the heap after a collection, against before Start
	Sys       int64 // bytes the heap took from the system, against before Start
	Taken     int   // captures that returned an id
	Dropped   int   // captures counted as dropped, by the client's own account
	Delivered int   // envelopes that the server took when it came back
}

// Stall makes captures in a process of its own while its server answers nobody, and then lets the server come back. who is
// "krunk" or "sentry-go"; of the latter only memory and Taken are reported.
func Stall(who string, captures int) (s Stalled, err error) {
	return s, runChild(&s, "stalled", who, strconv.Itoa(captures))
}

func stalledRole(args []string, out *json.Encoder) error {
	if len(args) != 2 {
		return fmt.Errorf("benchmarks: role stalled got %q; write who, captures", args)
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	run := map[string]func(*Stalled) error{"krunk": stallKrunk, "sentry-go": stallSentry}[args[0]]
	if run == nil {
		return fmt.Errorf("benchmarks: nobody is called %q; write krunk or sentry-go", args[0])
	}
	s := Stalled{Captures: n}
	if err := run(&s); err != nil {
		return err
	}
	return out.Encode(s)
}

// heap is the memory of this process.
type heap struct{ live, sys int64 }

func heapNow() heap {
	runtime.GC()
	runtime.GC() // the second one empties what sync.Pool kept through the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return heap{int64(m.HeapAlloc), int64(m.HeapSys)}
}

func (s *Stalled) grew(from heap) {
	to := heapNow()
	s.Growth, s.Sys = to.live-from.live, to.sys-from.sys
}

func stallKrunk(s *Stalled) error {
	from, h := heapNow(), make(hold)
	c, err := startKrunk(h)
	if err != nil {
		return err
	}
	ch := c.Channel("net")
	for i := range deliveredCrumbs {
		krunkCrumb(ch, i)
	}
	atPlace(func() {
		for range s.Captures {
			if !c.Report(errReset).IsZero() {
				s.Taken++
			}
		}
	})
	s.grew(from)
	close(h)
	if !c.Close(patient) {
		return fmt.Errorf("benchmarks: what the client held was not delivered: %+v", c.Stats())
	}
	stats := c.Stats()
	s.Delivered, s.Dropped = int(stats.Sent), droppedErrors(stats)
	return nil
}

// droppedErrors adds up what was dropped of the category of events.
func droppedErrors(s krunk.Stats) (n int) {
	for _, d := range s.Losses {
		if d.Category == "error" {
			n += int(d.Quantity)
		}
	}
	return n
}

func stallSentry(s *Stalled) error {
	from, h := heapNow(), make(hold)
	hub, err := newHub(func(o *sentry.ClientOptions) { o.HTTPTransport = h })
	if err != nil {
		return err
	}
	for i := range deliveredCrumbs {
		hub.AddBreadcrumb(crumb(i), nil)
	}
	atPlace(func() {
		for range s.Captures {
			if hub.CaptureException(errReset) != nil {
				s.Taken++
			}
		}
	})
	s.grew(from)
	close(h)
	hub.Client().Close()
	return nil
}
