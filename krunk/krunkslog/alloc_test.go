package krunkslog_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/allocs"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/krunkslog"
)

// idle takes every record and does nothing with it: what a call costs in log/slog itself.
type idle struct{}

func (idle) Enabled(context.Context, slog.Level) bool  { return true }
func (idle) Handle(context.Context, slog.Record) error { return nil }
func (h idle) WithAttrs([]slog.Attr) slog.Handler      { return h }
func (h idle) WithGroup(string) slog.Handler           { return h }

// quiet returns a handler over a client that keeps everything and sends nothing.
func quiet(t *testing.T) *krunkslog.Handler {
	t.Helper()
	c, err := krunk.Start(krunk.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(time.Second) })
	c.Flush(time.Minute)
	return krunkslog.New(c.Channel("game"), nil)
}

func attrs(n int) []slog.Attr {
	all := []slog.Attr{
		slog.Int("a", 1), slog.String("b", "text"), slog.Duration("c", time.Second), slog.Bool("d", true),
		slog.Float64("e", 1.5), slog.Uint64("f", 1<<40), slog.Time("g", time.Unix(1e9, 0)), slog.Int64("h", -1),
	}
	for len(all) < n {
		all = append(all, slog.Int(fmt.Sprint("k", len(all)), len(all)))
	}
	return all[:n]
}

// slog itself allocates for the sixth attribute of a record and more; the handler adds nothing to that.
func TestCallsDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	ctx := context.Background()
	h := quiet(t)
	l, base, with := slog.New(h), slog.New(idle{}), slog.New(h).With("peer", "10.0")
	two, eight := attrs(2), attrs(8)
	for _, tt := range []struct {
		name string
		f    func(l *slog.Logger)
		own  float64 // what slog allocates, at most
	}{
		{"Info 0", func(l *slog.Logger) { l.Info("packet lost") }, 0},
		{"Info 2", func(l *slog.Logger) { l.Info("packet lost", "seq", 17, "peer", "10.0") }, 0},
		{"Info 8", func(l *slog.Logger) {
			l.Info("packet lost", "a", 1, "b", 2, "c", 3, "d", 4, "e", true, "f", "x", "g", "y", "h", false)
		}, 1},
		{"LogAttrs 0", func(l *slog.Logger) { l.LogAttrs(ctx, slog.LevelInfo, "packet lost") }, 0},
		{"LogAttrs 2", func(l *slog.Logger) { l.LogAttrs(ctx, slog.LevelInfo, "packet lost", two...) }, 0},
		{"LogAttrs 8", func(l *slog.Logger) { l.LogAttrs(ctx, slog.LevelInfo, "packet lost", eight...) }, 1},
		{"Error 2", func(l *slog.Logger) { l.LogAttrs(ctx, slog.LevelError, "packet lost", two...) }, 0},
	} {
		own := allocs.Least(200, func() { tt.f(base) })
		if own > tt.own {
			t.Errorf("%s: slog alone makes %v allocations, want at most %v", tt.name, own, tt.own)
		}
		for _, logger := range []*slog.Logger{l, with} {
			if got := allocs.Least(200, func() { tt.f(logger) }); got != own {
				t.Errorf("%s: %v allocations, want the %v of slog", tt.name, got, own)
			}
		}
	}
	if got := allocs.Least(200, func() { l.LogAttrs(ctx, -8, "packet lost", two...) }); got != 0 {
		t.Errorf("below the threshold: %v allocations, want 0", got)
	}
}

func TestGroupsDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	h := quiet(t)
	group := slog.NewRecord(time.Now(), slog.LevelInfo, "packet lost", 0)
	group.AddAttrs(slog.GroupAttrs("peer", slog.Int("port", 7), slog.String("name", "a"), slog.GroupAttrs("at", slog.Int("x", 1))))
	flat := slog.NewRecord(time.Now(), slog.LevelInfo, "packet lost", 0)
	flat.AddAttrs(attrs(8)...)
	for name, f := range map[string]func(){
		"a group":       func() { h.Handle(context.Background(), group) },
		"an open group": func() { h.Handle(context.Background(), flat) },
	} {
		if h := h.WithGroup("net"); name == "an open group" {
			f = func() { h.Handle(context.Background(), flat) }
		}
		if got := allocs.Least(200, f); got != 0 {
			t.Errorf("%s: %v allocations, want 0", name, got)
		}
	}
}

func TestHandleDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	h := quiet(t)
	for _, n := range []int{0, 2, 8, 16} {
		r := slog.NewRecord(time.Now(), slog.LevelInfo, "packet lost", 0)
		r.AddAttrs(attrs(n)...)
		if got := allocs.Least(200, func() { h.Handle(context.Background(), r) }); got != 0 {
			t.Errorf("%d attributes: %v allocations, want 0", n, got)
		}
	}
}
