package krunkzerolog_test

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/internal/bridgetest"
	"github.com/krunk-go/krunk/krunk/krunkzerolog"
)

// beside is zerolog as a program has it, but for where it writes.
func beside(channel *krunk.Channel) zerolog.Logger {
	return zerolog.New(zerolog.MultiLevelWriter(io.Discard, krunkzerolog.NewWriter(channel, nil))).With().Timestamp().Logger()
}

func TestCallsBack(t *testing.T) {
	bridgetest.CallsBack(t, func(channel *krunk.Channel) bridgetest.Say {
		l := beside(channel)
		return func(err error) { l.Error().Err(err).Msg("said") }
	})
}

// What zerolog itself makes of a writer for log/slog keeps slog's contract.
func TestSlogtest(t *testing.T) {
	bridgetest.Slogtest(t, func(channel *krunk.Channel) slog.Handler {
		return zerolog.NewSlogHandler(zerolog.New(krunkzerolog.NewWriter(channel, nil)))
	}, "multi-With", "empty-group-record", "nested-empty-group-record")
}

func BenchmarkBeside(b *testing.B) {
	bridgetest.Beside(b, func(channel *krunk.Channel) (alone, both func(int)) {
		log := func(l zerolog.Logger) func(int) {
			return func(i int) { l.Info().Int("seq", i).Dur("rtt", 31*time.Millisecond).Msg("packet lost") }
		}
		return log(zerolog.New(io.Discard).With().Timestamp().Logger()), log(beside(channel))
	})
}
