package bridgetest

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
)

// batch records find room in the black box: nothing is dropped, and nothing is read while the logger is measured.
const batch = 512

// Beside measures a record that is kept, with two values: by a logger that writes to io.Discard, alone and with a bridge beside it, in turns
// on one processor. It reports the time of each in ns/op, and both over the first as x.
func Beside(b *testing.B, loggers func(*krunk.Channel) (alone, both func(i int))) {
	c, err := krunk.Start(krunk.Config{
		DSN: "https://key@sentry.invalid/42", Release: "moonfall@1.4.2",
		Transport: transport.Func(func(transport.Context, *transport.Request) (transport.Response, error) {
			return transport.Response{Status: 200}, nil
		}),
	})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close(time.Minute)
	alone, both := loggers(c.Channel("net"))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var first, second []float64
	run := func(f func(int)) float64 {
		start := time.Now()
		for i := range batch {
			f(i)
		}
		spent := time.Since(start)
		if !c.Flush(time.Minute) {
			b.Fatal("Flush timed out")
		}
		return float64(spent.Nanoseconds()) / batch
	}
	for range 20 { // caches, pools and the recorder's buffers
		run(alone)
		run(both)
	}
	kept := c.Stats().History
	for b.Loop() {
		first = append(first, run(alone))
		second = append(second, run(both))
	}
	s := c.Stats()
	if n := uint64(batch * len(second)); s.HistoryLost > 0 || s.History < kept+n {
		b.Errorf("%d records were kept and %d lost, want %d kept", s.History-kept, s.HistoryLost, n)
	}
	b.ReportMetric(quick(first), "alone-ns/op")
	b.ReportMetric(quick(second), "both-ns/op")
	b.ReportMetric(quick(second)/quick(first), "x")
	b.ReportMetric(0, "ns/op")
}

// quick returns what a fiftieth of the runs stay below: what else the machine does only adds to a time.
func quick(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/50]
}
