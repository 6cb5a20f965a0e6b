package benchmarks

import (
	"testing"
	"time"
)

// Case is a call that is measured as its caller feels it: the time in which the call runs on the calling goroutine, and
// nothing of what it leaves to others.
type Case struct {
	Name  string
	Calls int // calls in one round of cmd/figures
	Open  func() (*Session, error)
}

// Session is a Case that is set up. All functions are called by one goroutine.
type Session struct {
	// Size is how many calls go into a batch. It is so small that nothing of the batch is dropped, for a dropped record is
	// cheaper than a kept one.
	Size int
	// Batch makes n calls in a row; its time is measured.
	Batch func(n int)
	// Rest lets background work catch up between batches; its time is not measured. nil: there is none.
	Rest func() error
	// Close ends the session and returns an error if the calls did not do what they are measured for. nil: nothing to do.
	Close func() error
}

// Benchmark runs c for b. The value reported as ns/op is the sum of the batches over b.N; the clock is read twice for a batch.
func (c Case) Benchmark(b *testing.B) {
	s, err := c.Open()
	if err != nil {
		b.Fatal(err)
	}
	_, err = s.run(min(s.Size, 16)) // warm
	b.ReportAllocs()
	b.ResetTimer()
	var spent time.Duration
	if err == nil {
		spent, err = s.run(b.N)
	}
	b.StopTimer()
	if s.Close != nil {
		if e := s.Close(); err == nil {
			err = e
		}
	}
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N), "ns/op")
}

// run makes n calls on a goroutine of its own, so that the depth of the stack below Batch is known: runtime.goexit, the
// function literal and measure.
func (s *Session) run(n int) (spent time.Duration, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		spent, err = s.measure(n)
	}()
	<-done
	return spent, err
}

//go:noinline
func (s *Session) measure(n int) (spent time.Duration, err error) {
	for n > 0 {
		size := min(n, s.Size)
		start := time.Now()
		s.Batch(size)
		spent += time.Since(start)
		if err := s.rest(); err != nil {
			return 0, err
		}
		n -= size
	}
	return spent, nil
}

func (s *Session) rest() error {
	if s.Rest == nil {
		return nil
	}
	return s.Rest()
}
