package benchmarks

import (
	"runtime"

	"github.com/krunk-go/krunk/internal/walk"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
)

// warmCalls are made before each batch of calls that are to be measured warm, as a loop without pauses between batches would: the
// recorder has worked in between, and the first call after that takes as long as fifty. What a call costs cold, cmd/frames measures.
const warmCalls = 16

// warm makes n calls of the batch at the end of each rest.
func (s *Session) warm(n int) {
	rest := s.Rest
	s.Rest = func() error {
		if err := rest(); err != nil {
			return err
		}
		s.Batch(n)
		return nil
	}
}

// A batch of reports has to fit into the ring: 7/8 of 256 KiB hold 800 events of 10 frames.
const reportBatch = 256

// ReportCases measure the capture of an error at a stack of 10 frames.
//
// "callers" is what a walk of the stack by runtime.Callers costs, "walk" what Krunk's own costs, by frame pointers where it can.
//
// "krunk" is the caller's own time. The program has one processor (GOMAXPROCS) then, so the recorder, which the first call
// of a batch wakes, cannot run before the batch ends: it neither drains the ring under the caller's hands nor shares its
// caches, and "callers" has nothing beside it either. Between batches it encodes and sends everything.
//
// "krunk/busy" is the same with all processors: the recorder encodes and the sender sends while the batch runs, which
// on a machine with hyper-threads slows the caller down. "krunk/alone" waits after every single call: the recorder sleeps, has to be
// woken each time, and the caches are cold; of its time some 40 ns are the clock's.
//
// "…/frames=N" are the same on higher stacks.
//
// sentry-go has all processors, for its garbage is then collected beside it, and a transport that costs nothing.
func ReportCases() []Case {
	return []Case{
		{"callers", 1 << 17, openCallers(depth)},
		{"callers/frames=63", 1 << 15, openCallers(63)},
		{"callers/frames=250", 1 << 14, openCallers(250)},
		{"walk", 1 << 17, openWalk},
		{"krunk", 1 << 14, onOneProcessor(openReport(0, reportBatch, depth))},
		{"krunk/frames=63", 1 << 13, onOneProcessor(openReport(0, 128, 63))},
		{"krunk/frames=100", 1 << 13, onOneProcessor(openReport(0, 64, 100))},
		{"krunk/frames=250", 1 << 12, onOneProcessor(openReport(0, 32, 250))},
		{"krunk/crumbs=100", 1 << 12, onOneProcessor(openReport(100, reportBatch, depth))},
		{"krunk/busy", 1 << 14, openReport(0, reportBatch, depth)},
		{"krunk/alone", 1 << 12, openReport(0, 1, depth)},
		{"sentry-go", 1 << 13, openException(0)},
		{"sentry-go/crumbs=100", 1 << 13, openException(100)},
	}
}

// onOneProcessor returns open with a session that has one processor until its end.
func onOneProcessor(open func() (*Session, error)) func() (*Session, error) {
	return func() (*Session, error) {
		s, err := open()
		if err != nil {
			return nil, err
		}
		all, end := runtime.GOMAXPROCS(1), s.Close
		s.Close = func() error {
			runtime.GOMAXPROCS(all)
			return end()
		}
		return s, nil
	}
}

// openCallers is the walk of the stack and nothing else. The array is zeroed for each call, as it is for anybody who declares
// one where he needs it.
func openCallers(frames int) func() (*Session, error) {
	return func() (*Session, error) {
		deepest := 0
		s := &Session{Size: 4096}
		walks := func(n int) {
			for range n {
				var pcs [64]uintptr
				deepest = runtime.Callers(2, pcs[:])
			}
		}
		if frames > 64 {
			walks = func(n int) {
				for range n {
					var pcs [256]uintptr
					deepest = runtime.Callers(2, pcs[:])
				}
			}
		}
		place := placeOf(frames)
		s.Batch = func(n int) { place(func() { walks(n) }) }
		s.Close = func() error { return wantDepth(deepest, frames) }
		return s, nil
	}
}

func openWalk() (*Session, error) {
	deepest, walker := 0, walk.New()
	s := &Session{Size: 4096}
	s.Batch = func(n int) {
		atPlace(func() {
			for range n {
				var pcs [64]uintptr
				deepest = walker.Callers(1, pcs[:])
			}
		})
	}
	s.Close = func() error { return wantDepth(deepest, depth) }
	return s, nil
}

func openReport(crumbs, batch, frames int) func() (*Session, error) {
	return func() (*Session, error) {
		c, err := startKrunk(transport.Func(accept))
		if err != nil {
			return nil, err
		}
		net := c.Channel("net")
		for i := range crumbs {
			krunkCrumb(net, i)
		}
		s := &Session{Size: batch, Rest: flushed(c), Close: func() error { return nothingLost(c) }}
		place := placeOf(frames)
		s.Batch = func(n int) { place(func() { reportTimes(net, n) }) }
		if batch > 1 {
			s.warm(warmCalls)
		}
		return s, s.Rest()
	}
}

// reportTimes is inlined into the function that calls it, or is a frame more in Krunk's stack.
func reportTimes(c *krunk.Channel, n int) {
	for range n {
		c.Report(errReset)
	}
}

func openException(crumbs int) func() (*Session, error) {
	return func() (*Session, error) {
		hub, err := discardingHub()
		if err != nil {
			return nil, err
		}
		for i := range crumbs {
			hub.AddBreadcrumb(crumb(i), nil)
		}
		s := &Session{Size: reportBatch, Close: func() error { hub.Client().Close(); return nil }}
		s.Batch = func(n int) {
			atPlace(func() {
				for range n {
					hub.CaptureException(errReset)
				}
			})
		}
		return s, nil
	}
}
