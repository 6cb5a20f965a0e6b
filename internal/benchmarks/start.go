package benchmarks

import (
	"math"
	"runtime"

	"github.com/getsentry/sentry-go"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
)

// StartCases measure how long a game's start waits for a client. Closing it is not measured.
func StartCases() []Case {
	return []Case{
		{"krunk/start", 100, openStart},
		{"sentry-go/start", 100, openStartSentry},
	}
}

func openStart() (*Session, error) {
	var c *krunk.Client
	var failed error
	s := &Session{Size: 1}
	s.Batch = func(int) { c, failed = startKrunk(transport.Func(accept)) }
	s.Rest = func() error {
		if failed == nil {
			c.Close(patient)
		}
		return failed
	}
	return s, nil
}

func openStartSentry() (*Session, error) {
	var hub *sentry.Hub
	var failed error
	s := &Session{Size: 1}
	s.Batch = func(int) { hub, failed = newHub(nil) }
	s.Rest = func() error {
		if failed == nil {
			hub.Client().Close()
		}
		return failed
	}
	return s, nil
}

// startAllocs returns the least number of allocations of ten Starts, those of its goroutines until it returns included.
func startAllocs() (least float64, err error) {
	s, err := openStart()
	if err != nil {
		return 0, err
	}
	least = math.Inf(1)
	for range 10 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s.Batch(1)
		runtime.ReadMemStats(&after)
		if err := s.Rest(); err != nil {
			return 0, err
		}
		least = min(least, float64(after.Mallocs-before.Mallocs))
	}
	return least, nil
}
