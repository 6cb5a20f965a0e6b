package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"github.com/getsentry/sentry-go"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/http1"
	"github.com/krunk-go/krunk/transport/nethttp"
)

// numbersOf is memory seen as numbers.
func numbersOf(b []byte) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/8)
}

// reporter is a candidate in a game. capture makes the call with that number at the place of the stack that it has; end sends
// what is left, waits for at most ten seconds, and returns how many calls are known to be lost.
type reporter struct {
	capture func(int)
	end     func() (int, error)
}

const endTime = 10 * time.Second

func openReporter(who, dsn string, load Load) (reporter, error) {
	switch who {
	case "none":
		return noReporter(), nil
	case "krunk":
		return krunkReporter(dsn, nethttp.Default(), load)
	case "krunk+http1":
		return krunkReporter(dsn, http1.Default(), load)
	case "sentry-go":
		return sentryReporter(dsn, load)
	}
	return reporter{}, fmt.Errorf("benchmarks: nobody is called %q; write none, krunk, krunk+http1 or sentry-go", who)
}

// noReporter costs an indirect call; the first one looks how deep the stack is.
func noReporter() reporter {
	deepest := 0
	return reporter{
		capture: func(int) {
			if deepest == 0 {
				var pcs [64]uintptr
				deepest = runtime.Callers(1, pcs[:])
			}
		},
		end: func() (int, error) { return 0, wantDepth(deepest, depth+1) },
	}
}

// krunkReporter has tags and breadcrumbs as any game; its records stay in history, too, as they do by default.
func krunkReporter(dsn string, t transport.Transport, load Load) (r reporter, err error) {
	c, err := krunk.Start(krunk.Config{
		DSN: dsn, Transport: t, Release: release, MaxRepeats: -1,
		Channels: map[string]krunk.Thresholds{"net": {Send: "info"}, "past": {}},
	})
	if err != nil {
		return r, err
	}
	for _, k := range tagKeys {
		c.SetTag(k, "value of "+k)
	}
	net, past := c.Channel("net"), c.Channel("past")
	for i := range deliveredCrumbs {
		krunkCrumb(past, i)
	}
	r.capture = func(int) { net.Report(errReset) }
	category := "error"
	if load.Records {
		r.capture = func(i int) { krunkCrumb(net, i) }
		category = "log_item"
	}
	r.end = func() (lost int, err error) {
		c.Close(endTime)
		for _, l := range c.Stats().Losses {
			if l.Category == category {
				lost += int(l.Quantity)
			}
		}
		return lost, nil
	}
	return r, nil
}

func sentryReporter(dsn string, load Load) (r reporter, err error) {
	hub, err := newHub(func(o *sentry.ClientOptions) { o.Dsn = dsn })
	if err != nil {
		return r, err
	}
	hub.ConfigureScope(func(s *sentry.Scope) {
		for _, k := range tagKeys {
			s.SetTag(k, "value of "+k)
		}
	})
	for i := range deliveredCrumbs {
		hub.AddBreadcrumb(crumb(i), nil)
	}
	r.capture = func(int) { hub.CaptureException(errReset) }
	if load.Records {
		log := sentry.NewLogger(sentry.SetHubOnContext(context.Background(), hub))
		r.capture = func(i int) { log.Info().Int("seq", i).Float64("rtt", 31).Emit("packet lost") }
	}
	r.end = func() (int, error) {
		if !hub.Flush(endTime) {
			return 0, errors.New("benchmarks: sentry-go's flush ran out of time")
		}
		return 0, nil
	}
	return r, nil
}
