package benchmarks

import (
	"context"
	"io"
	"time"

	"github.com/getsentry/sentry-go"
	"github.com/rs/zerolog"

	"github.com/krunk-go/krunk/krunk"
)

const (
	gateBatch = 1 << 14
	gateCalls = 1 << 24
)

// GateCases measure a record that nobody wants. sentry-go's logger has no level; the nearest thing is a BeforeSendLog that
// refuses, or no client at all.
func GateCases() []Case {
	return []Case{
		{"krunk", gateCalls, openBelow},
		{"krunk/attrs=1", gateCalls, openBelowAttr},
		{"krunk/attrs=2", gateCalls, openBelowAttrs},
		{"krunk/nil", gateCalls, openNil},
		{"beat", gateCalls / 8, openBeat(0)},
		{"beat/slow", gateCalls / 8, openBeat(time.Hour)},
		{"zerolog", gateCalls, openDisabled},
		{"zerolog/attrs=1", gateCalls, openDisabledAttr},
		{"zerolog/attrs=2", gateCalls, openDisabledAttrs},
		{"sentry-go/noop/attrs=2", 1 << 21, openNoop},
		{"sentry-go/refused/attrs=2", 1 << 15, openRefused},
	}
}

// quiet returns a channel whose thresholds are those of the defaults, under which a trace is not wanted.
func quiet() (*krunk.Client, *krunk.Channel, error) {
	c, err := krunk.Start(krunk.Config{Release: release})
	if err != nil {
		return nil, nil, err
	}
	return c, c.Channel("net"), nil
}

func openBelow() (*Session, error) {
	c, net, err := quiet()
	if err != nil {
		return nil, err
	}
	s := &Session{Size: gateBatch, Close: func() error { return nothingLost(c) }}
	s.Batch = func(n int) {
		for range n {
			net.Trace("packet lost")
		}
	}
	return s, nil
}

func openBelowAttr() (*Session, error) {
	c, net, err := quiet()
	if err != nil {
		return nil, err
	}
	s := &Session{Size: gateBatch, Close: func() error { return nothingLost(c) }}
	s.Batch = func(n int) {
		for i := range n {
			net.Trace("packet lost", krunk.Int("seq", i))
		}
	}
	return s, nil
}

func openBelowAttrs() (*Session, error) {
	c, net, err := quiet()
	if err != nil {
		return nil, err
	}
	s := &Session{Size: gateBatch, Close: func() error { return nothingLost(c) }}
	s.Batch = func(n int) {
		for i := range n {
			net.Trace("packet lost", krunk.Int("seq", i), krunk.Duration("rtt", 31*time.Millisecond))
		}
	}
	return s, nil
}

// openBeat measures the begin of a frame, which reads the clock.
func openBeat(slow time.Duration) func() (*Session, error) {
	return func() (*Session, error) {
		c, err := krunk.Start(krunk.Config{Release: release, Frames: krunk.Frames{Slow: slow}})
		if err != nil {
			return nil, err
		}
		s := &Session{Size: gateBatch, Close: func() error { return nothingLost(c) }}
		s.Batch = func(n int) {
			for range n {
				c.Beat()
			}
		}
		return s, nil
	}
}

func openNil() (*Session, error) {
	var none *krunk.Client
	net := none.Channel("net")
	s := &Session{Size: gateBatch}
	s.Batch = func(n int) {
		for range n {
			net.Error("packet lost")
		}
	}
	return s, nil
}

func openDisabled() (*Session, error) {
	log := zerolog.New(io.Discard).Level(zerolog.DebugLevel).With().Timestamp().Logger()
	s := &Session{Size: gateBatch}
	s.Batch = func(n int) {
		for range n {
			log.Trace().Msg("packet lost")
		}
	}
	return s, nil
}

func openDisabledAttr() (*Session, error) {
	log := zerolog.New(io.Discard).Level(zerolog.DebugLevel).With().Timestamp().Logger()
	s := &Session{Size: gateBatch}
	s.Batch = func(n int) {
		for i := range n {
			log.Trace().Int("seq", i).Msg("packet lost")
		}
	}
	return s, nil
}

func openDisabledAttrs() (*Session, error) {
	log := zerolog.New(io.Discard).Level(zerolog.DebugLevel).With().Timestamp().Logger()
	s := &Session{Size: gateBatch}
	s.Batch = func(n int) {
		for i := range n {
			log.Trace().Int("seq", i).Dur("rtt", 31*time.Millisecond).Msg("packet lost")
		}
	}
	return s, nil
}

func openNoop() (*Session, error) {
	return traceSession(sentry.NewHub(nil, sentry.NewScope())), nil
}

func openRefused() (*Session, error) {
	hub, err := newHub(func(o *sentry.ClientOptions) {
		o.Transport = discard{}
		o.BeforeSendLog = func(*sentry.Log) *sentry.Log { return nil }
	})
	if err != nil {
		return nil, err
	}
	return traceSession(hub), nil
}

func traceSession(hub *sentry.Hub) *Session {
	log := sentry.NewLogger(sentry.SetHubOnContext(context.Background(), hub))
	s := &Session{Size: gateBatch, Close: func() error { hub.Client().Close(); return nil }}
	s.Batch = func(n int) {
		for i := range n {
			log.Trace().Int("seq", i).Float64("rtt", 31).Emit("packet lost")
		}
	}
	return s
}
