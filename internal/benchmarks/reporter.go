package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"
	"unsafe"

	"github.com/getsentry/sentry-go"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
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
	flush   func(time.Duration) bool // of Krunk alone
	end     func() (int, error)
}

const endTime = 10 * time.Second

func openReporter(who, dsn string, load Load) (reporter, error) {
	name, with, _ := strings.Cut(who, "+")
	switch {
	case who == "none":
		return noReporter(), nil
	case name == "krunk":
		return krunkReporter(dsn, "+"+with+"+", load)
	case who == "sentry-go":
		return sentryReporter(dsn, load)
	}
	return reporter{}, fmt.Errorf("benchmarks: nobody is called %q; write none, krunk, krunk+http1 (and +deflate, +100), or sentry-go", who)
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

// krunkReporter has tags and breadcrumbs as any game; its records stay in history, too, as they do by default. with names what it has
// instead: "+http1+" that transport, "+deflate+" compression, "+100+" as many breadcrumbs.
func krunkReporter(dsn, with string, load Load) (r reporter, err error) {
	var t transport.Transport = nethttp.Default()
	if strings.Contains(with, "+http1+") {
		t = http1.Default()
	}
	var pack transport.Compressor
	if strings.Contains(with, "+deflate+") {
		pack = deflate.Items()
	}
	crumbs := deliveredCrumbs
	if strings.Contains(with, "+100+") {
		crumbs = 100
	}
	c, err := krunk.Start(krunk.Config{
		DSN: dsn, Transport: t, Compress: pack, Release: release, MaxRepeats: -1, NoSessions: true,
		Channels: map[string]krunk.Thresholds{"net": {Send: "info"}, "past": {}},
	})
	if err != nil {
		return r, err
	}
	for _, k := range tagKeys {
		c.SetTag(k, "value of "+k)
	}
	net, past := c.Channel("net"), c.Channel("past")
	for i := range crumbs {
		krunkCrumb(past, i)
	}
	r.flush = c.Flush
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
