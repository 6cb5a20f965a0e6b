package benchmarks

import (
	"errors"
	"time"

	"github.com/getsentry/sentry-go"

	"github.com/krunk-go/krunk/krunk"
)

// DropCases measure captures that come to nothing: the server stalls and everything is full, or the event is not wanted in
// the first place. For the latter Krunk's channel has its thresholds off, or a policy that samples the record out or
// limits its rate; sentry-go has a sample rate.
func DropCases() []Case {
	return []Case{
		{"full/krunk", 1 << 17, openFull},
		{"full/krunk/log", 1 << 20, openFullLog},
		{"full/sentry-go", 1 << 12, openFullException},
		{"unwanted/krunk", gateCalls, openUnwanted},
		{"sampled/krunk", gateCalls, func() (*Session, error) { return openPolicy(`"issue":"error","records":0`, true) }},
		{"sampled/krunk/log", gateCalls, func() (*Session, error) {
			return openPolicy(`"trail":"off","send":"info","issue":"off","records":0`, false)
		}},
		{"limited/krunk", gateCalls, func() (*Session, error) { return openPolicy(`"issue":"error","rate":"1/h"`, true) }},
		{"sampled/sentry-go", 1 << 13, openSampledOut},
	}
}

// fullKrunk returns a client that has room for nothing: its sender waits for a server, so the outbox is full, so the recorder
// has stopped, so the ring is full.
func fullKrunk() (*krunk.Client, hold, error) {
	h := make(hold)
	c, err := startKrunk(h)
	if err != nil {
		return nil, nil, err
	}
	for range 100 {
		for !c.Report(errReset).IsZero() {
		}
		c.Flush(10 * time.Millisecond) // cannot succeed: it waits for the recorder
		if c.Report(errReset).IsZero() {
			return c, h, nil
		}
	}
	return nil, nil, errors.New("benchmarks: the ring did not get full")
}

func openFull() (*Session, error) {
	c, h, err := fullKrunk()
	if err != nil {
		return nil, err
	}
	kept := 0
	s := &Session{Size: reportBatch}
	s.Batch = func(n int) {
		atPlace(func() {
			for range n {
				if !c.Report(errReset).IsZero() {
					kept++
				}
			}
		})
	}
	s.Close = func() error {
		close(h)
		c.Close(patient)
		if kept > 0 {
			return errors.New("benchmarks: the ring was to be full, and took records")
		}
		return nil
	}
	return s, nil
}

func openFullLog() (*Session, error) {
	c, h, err := fullKrunk()
	if err != nil {
		return nil, err
	}
	net := c.Channel("net")
	s := &Session{Size: logBatch, Close: func() error { close(h); c.Close(patient); return nil }}
	s.Batch = func(n int) {
		for i := range n {
			krunkCrumb(net, i)
		}
	}
	return s, nil
}

// openFullException fills sentry-go's buffer of 100 events and its queue of 1000 envelopes.
func openFullException() (*Session, error) {
	h := make(hold)
	hub, err := newHub(func(o *sentry.ClientOptions) { o.HTTPTransport = h })
	if err != nil {
		return nil, err
	}
	for range 1500 {
		hub.CaptureException(errReset)
	}
	s := &Session{Size: reportBatch, Close: func() error { close(h); hub.Client().Close(); return nil }}
	s.Batch = func(n int) {
		atPlace(func() {
			for range n {
				hub.CaptureException(errReset)
			}
		})
	}
	return s, nil
}

func openUnwanted() (*Session, error) {
	c, err := krunk.Start(krunk.Config{Release: release, Channels: map[string]krunk.Thresholds{"net": {Trail: "off", Issue: "off"}}})
	if err != nil {
		return nil, err
	}
	net := c.Channel("net")
	s := &Session{Size: gateBatch, Close: func() error { return nothingLost(c) }}
	s.Batch = func(n int) { atPlace(func() { reportTimes(net, n) }) }
	return s, nil
}

// openPolicy measures records that pass the thresholds of a policy for the channel and are not wanted after all. What a client
// reports besides, such as a breadcrumb, is switched off.
func openPolicy(settings string, report bool) (*Session, error) {
	c, err := krunk.Start(krunk.Config{Release: release, Channels: map[string]krunk.Thresholds{"net": {Trail: "off"}}})
	if err != nil {
		return nil, err
	}
	if err := c.Sampling().Apply([]byte(`{"krunk":1,"version":1,"channels":{"net":{` + settings + `}}}`)); err != nil {
		return nil, err
	}
	net := c.Channel("net")
	net.Report(errReset) // what the rate allows
	s := &Session{Size: gateBatch, Close: func() error { c.Close(patient); return nil }}
	if report {
		s.Batch = func(n int) { atPlace(func() { reportTimes(net, n) }) }
		return s, nil
	}
	s.Batch = func(n int) {
		for range n {
			net.Info("packet lost")
		}
	}
	return s, nil
}

func openSampledOut() (*Session, error) {
	hub, err := newHub(func(o *sentry.ClientOptions) {
		o.Transport = discard{}
		o.SampleRate = 1e-12
	})
	if err != nil {
		return nil, err
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
