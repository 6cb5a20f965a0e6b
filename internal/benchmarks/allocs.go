package benchmarks

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
)

// Allocs is the number of allocations of one call on the calling goroutine.
type Allocs struct {
	Name   string
	PerRun float64
}

// CallerAllocs counts what Krunk's calls allocate. The runtime counts allocations of all goroutines together, so everything
// behind the caller is brought to rest first: the sender waits for a server, the outbox is full, and the recorder waits for
// room in it. The ring has room for the calls that are counted, and it is checked that they were kept.
func CallerAllocs() ([]Allocs, error) {
	c, h, err := restingKrunk()
	if err != nil {
		return nil, err
	}
	defer c.Close(patient)
	defer close(h)
	net, missed := c.Channel("net"), 0
	lost := c.Stats().HistoryLost
	calls := []struct {
		name string
		call func()
	}{
		{"report", func() {
			if net.Report(errReset).IsZero() {
				missed++
			}
		}},
		{"kept log, 2 attributes", func() { krunkCrumb(net, 7) }},
		{"below the threshold, 2 attributes", func() { net.Trace("packet lost", krunk.Int("seq", 7), krunk.Bool("late", true)) }},
		{"nil channel", func() { (*krunk.Channel)(nil).Error("packet lost", krunk.Int("seq", 7)) }},
	}
	var all []Allocs
	for _, x := range calls {
		all = append(all, Allocs{x.name, testing.AllocsPerRun(100, x.call)})
	}
	if now := c.Stats().HistoryLost; missed > 0 || now > lost {
		return nil, fmt.Errorf("benchmarks: %d reports and %d records of the calls to be counted were dropped", missed, now-lost)
	}
	for !c.Report(errReset).IsZero() {
	}
	all = append(all,
		Allocs{"report, ring full", testing.AllocsPerRun(100, func() { net.Report(errReset) })},
		Allocs{"kept log, ring full", testing.AllocsPerRun(100, func() { krunkCrumb(net, 7) })})
	return all, nil
}

// restingKrunk returns a client of which no goroutine runs, with room in its ring.
func restingKrunk() (*krunk.Client, hold, error) {
	h := make(hold)
	c, err := startKrunk(h)
	if err != nil {
		return nil, nil, err
	}
	taken, before := uint64(0), uint64(0)
	for range 100 {
		for range 50 { // a small part of the ring
			c.Report(errReset)
			taken++
		}
		c.Flush(20 * time.Millisecond) // cannot succeed: it waits for the recorder
		now := c.Stats().Events
		if now == before && now < taken {
			return c, h, nil
		}
		before = now
	}
	return nil, nil, errors.New("benchmarks: the recorder did not come to rest: the outbox took all events")
}
