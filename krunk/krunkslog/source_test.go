package krunkslog_test

import (
	"context"
	"log"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk/internal/bridgetest"
	"github.com/krunk-go/krunk/krunk/krunkslog"
)

// here returns the line that it is called from.
func here() int {
	_, _, line, _ := runtime.Caller(1)
	return line
}

func TestSourceOfLogRecords(t *testing.T) {
	c, srv := bridgetest.Start(t)
	l := slog.New(krunkslog.New(c.Channel("game"), nil))
	want := int64(here() + 1)
	l.Info("m")
	got := logged(t, c, srv)
	if f, _ := got.Attr("code.file.path").(string); !strings.HasSuffix(f, "krunk/krunkslog/source_test.go") {
		t.Errorf("code.file.path %q, want this file", f)
	}
	if got.Attr("code.line.number") != want {
		t.Errorf("code.line.number %v, want %d", got.Attr("code.line.number"), want)
	}
	if f := got.Attr("code.function.name"); f != "github.com/krunk-go/krunk/krunk/krunkslog_test.TestSourceOfLogRecords" {
		t.Errorf("code.function.name %v, want this function", f)
	}
}

func TestNoSource(t *testing.T) {
	c, srv := bridgetest.Start(t)
	slog.New(krunkslog.New(c.Channel("game"), &krunkslog.Options{NoSource: true})).Info("m")
	l := logged(t, c, srv)
	for name := range l.Attributes {
		if strings.HasPrefix(name, "code.") {
			t.Errorf("the record has %s", name)
		}
	}
}

// helper is a wrapper of the game's own; the call of slog stands in it.
func helper(l *slog.Logger) int {
	l.Error("from a helper")
	return here() - 1
}

// useDefault makes l the default of log/slog and log for the test.
func useDefault(t *testing.T, l *slog.Logger) {
	old, flags := slog.Default(), log.Flags()
	slog.SetDefault(l)
	t.Cleanup(func() {
		slog.SetDefault(old)
		log.SetOutput(os.Stderr)
		log.SetFlags(flags)
	})
}

// The stack of an event belongs to the line that called slog, whatever way the call took.
func TestTopFrameIsTheCallOfSlog(t *testing.T) {
	const test = "TestTopFrameIsTheCallOfSlog.func"
	for _, tt := range []struct {
		name string
		call func(t *testing.T, l *slog.Logger) int // returns the line of the call
		top  string
	}{
		{"logger", func(_ *testing.T, l *slog.Logger) int { l.Error("m"); return here() }, test + "1"},
		{"context", func(_ *testing.T, l *slog.Logger) int { l.ErrorContext(context.Background(), "m"); return here() }, test + "2"},
		{"attrs", func(_ *testing.T, l *slog.Logger) int {
			l.LogAttrs(context.Background(), 10, "m", slog.Int("a", 1))
			return here() - 1
		}, test + "3"},
		{"with", func(_ *testing.T, l *slog.Logger) int { l.With("a", 1).WithGroup("g").Error("m"); return here() }, test + "4"},
		{"default", func(t *testing.T, l *slog.Logger) int { useDefault(t, l); slog.Error("m"); return here() }, test + "5"},
		{"helper", func(_ *testing.T, l *slog.Logger) int { return helper(l) }, "helper"},
		{"log.Logger over slog", func(_ *testing.T, l *slog.Logger) int {
			slog.NewLogLogger(l.Handler(), slog.LevelError).Print("m")
			return here() - 1
		}, test + "7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := bridgetest.Start(t)
			line := tt.call(t, slog.New(krunkslog.New(c.Channel("game"), nil)))
			c.Flush(time.Minute)
			events := srv.Events()
			if len(events) != 1 {
				t.Fatalf("%d events, want 1", len(events))
			}
			top := events[0].Top()
			if top.Function != tt.top || top.Line != line || !strings.HasSuffix(top.Filename, "krunkslog/source_test.go") {
				t.Errorf("top frame %s in %s:%d, want %s, line %d", top.Function, top.Filename, top.Line, tt.top, line)
			}
		})
	}
}

func TestGroupingBySite(t *testing.T) {
	c, srv := bridgetest.Start(t)
	l := slog.New(krunkslog.New(c.Channel("game"), nil))
	for i := range 2 {
		l.Error("lost", "n", i)
	}
	l.Error("lost", "n", 2)
	c.Flush(time.Minute)
	var prints []string
	for _, ev := range srv.Events() {
		prints = append(prints, strings.Join(ev.Fingerprint, "|"))
	}
	if len(prints) != 3 || prints[0] != prints[1] || prints[1] == prints[2] {
		t.Errorf("fingerprints %q: want the first two the same, the third another", prints)
	}
}

// The whole stack arrives also where the compiler inlined the logger's method into the line that logs.
func TestStackBelowAnInlinedCall(t *testing.T) {
	c, srv := bridgetest.Start(t)
	l := slog.New(krunkslog.New(c.Channel("game"), nil))
	l.LogAttrs(context.Background(), slog.LevelError, "m")
	l.Error("m")
	c.Flush(time.Minute)
	for _, ev := range srv.Events() {
		if n := len(ev.Exceptions[len(ev.Exceptions)-1].Frames); n < 2 {
			t.Errorf("%d frames, want the test's and the one that called it", n)
		}
	}
}
