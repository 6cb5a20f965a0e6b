package krunkslog_test

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/internal/bridgetest"
	"github.com/krunk-go/krunk/krunk/krunkslog"
)

func discarding() slog.Handler { return slog.NewJSONHandler(io.Discard, nil) }

func beside(channel *krunk.Channel) slog.Handler {
	return krunkslog.New(channel, &krunkslog.Options{Next: discarding()})
}

func TestCallsBack(t *testing.T) {
	bridgetest.CallsBack(t, func(channel *krunk.Channel) bridgetest.Say {
		l := slog.New(beside(channel))
		return func(err error) { l.Error("said", "error", err) }
	})
}

// lazy writes to whatever handler there is when it is asked.
type lazy struct{ to *slog.Handler }

func (l lazy) Enabled(context.Context, slog.Level) bool        { return true }
func (l lazy) Handle(ctx context.Context, r slog.Record) error { return (*l.to).Handle(ctx, r) }
func (l lazy) WithAttrs([]slog.Attr) slog.Handler              { return l }
func (l lazy) WithGroup(string) slog.Handler                   { return l }

func TestCycle(t *testing.T) {
	c, srv := bridgetest.Start(t)
	var h slog.Handler
	h = krunkslog.New(c.Channel("net"), &krunkslog.Options{Next: lazy{&h}})
	for range 3 {
		slog.New(h).Info("packet lost")
	}
	c.Flush(time.Minute)
	told := 0
	for _, l := range srv.Logs() {
		if l.Level == "warn" {
			told++
		}
	}
	if n := len(srv.Logs()); told != 1 || n < 4 || n > 20 {
		t.Errorf("%d records arrived, %d of which told of the cycle; want few and one", n, told)
	}
}

func BenchmarkBeside(b *testing.B) {
	bridgetest.Beside(b, func(channel *krunk.Channel) (alone, both func(int)) {
		log := func(l *slog.Logger) func(int) {
			return func(i int) {
				l.LogAttrs(context.Background(), slog.LevelInfo, "packet lost", slog.Int("seq", i), slog.Duration("rtt", 31*time.Millisecond))
			}
		}
		return log(slog.New(discarding())), log(slog.New(beside(channel)))
	})
}
