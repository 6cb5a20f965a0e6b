package benchmarks

import (
	"context"
	"io"
	"time"

	"github.com/getsentry/sentry-go"
	"github.com/rs/zerolog"

	"github.com/krunk-go/krunk/transport"
)

// A batch of kept records has to fit into the half of the ring that history may fill: 128 KiB hold 1,100 of them.
const logBatch = 512

// LogCases measure a record that is wanted: in Krunk it goes into the black box with clock, level, channel, template and two
// typed attributes, on one processor as in ReportCases ("krunk/busy": on all); zerolog formats the same as JSON for io.Discard; sentry-go builds a log item and drops it in its transport.
func LogCases() []Case {
	return []Case{
		{"krunk", 1 << 18, onOneProcessor(openKept)},
		{"krunk/busy", 1 << 18, openKept},
		{"zerolog", 1 << 18, openZerolog},
		{"sentry-go", 1 << 14, openSentryLog},
	}
}

func openKept() (*Session, error) {
	c, err := startKrunk(transport.Func(accept))
	if err != nil {
		return nil, err
	}
	net := c.Channel("net")
	s := &Session{Size: logBatch, Rest: flushed(c), Close: func() error { return nothingLost(c) }}
	s.Batch = func(n int) {
		for i := range n {
			krunkCrumb(net, i)
		}
	}
	s.warm(warmCalls)
	return s, s.Rest()
}

func openZerolog() (*Session, error) {
	log := zerolog.New(io.Discard).With().Timestamp().Logger()
	s := &Session{Size: logBatch}
	s.Batch = func(n int) {
		for i := range n {
			log.Info().Int("seq", i).Dur("rtt", 31*time.Millisecond).Msg("packet lost")
		}
	}
	return s, nil
}

func openSentryLog() (*Session, error) {
	hub, err := discardingHub()
	if err != nil {
		return nil, err
	}
	ctx := sentry.SetHubOnContext(context.Background(), hub)
	log := sentry.NewLogger(ctx)
	s := &Session{Size: logBatch, Close: func() error { hub.Client().Close(); return nil }}
	s.Batch = func(n int) {
		for i := range n {
			log.Info().Int("seq", i).Float64("rtt", 31).Emit("packet lost")
		}
	}
	return s, nil
}
