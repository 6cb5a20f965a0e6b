package krunk_test

import (
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/allocs"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/internal/bridgetest"
)

// csv reads lines of "message,key=value,...". An error has the key err.
type csv struct {
	attrs []krunk.Attr
	done  *atomic.Int32
}

func (r *csv) Read(line string) (string, []krunk.Attr) {
	message, rest, _ := strings.Cut(line, ",")
	for rest != "" {
		var one string
		one, rest, _ = strings.Cut(rest, ",")
		key, value, _ := strings.Cut(one, "=")
		if n, err := strconv.Atoi(value); err == nil {
			r.attrs = append(r.attrs, krunk.Int(key, n))
		} else if key == "err" {
			r.attrs = append(r.attrs, krunk.Any(key, errors.New(value)))
		} else {
			r.attrs = append(r.attrs, krunk.String(key, value))
		}
	}
	return message, r.attrs
}

func (r *csv) Done() { r.done.Add(1) }

func TestLines(t *testing.T) {
	c, srv := bridgetest.Start(t)
	var read, done atomic.Int32
	open := func() krunk.LineReader { read.Add(1); return &csv{done: &done} }
	l := c.Channel("net").With(krunk.String("region", "eu")).Lines("csv", open)
	if id := l.Emit(krunk.LevelWarn, []byte("packet lost,seq=17,err=EOF")); id != (krunk.EventID{}) {
		t.Error("a warning has the id of an event")
	}
	if id := l.Emit(krunk.LevelError, []byte("connection lost,seq=18,err=EOF")); id == (krunk.EventID{}) {
		t.Error("an error has no id")
	}
	l.Emit(krunk.LevelInfo, []byte("long,v="+strings.Repeat("x", 3000)))
	c.Flush(time.Minute)
	if read.Load() != 3 || done.Load() != 3 {
		t.Errorf("%d readers were opened and %d are done, want 3", read.Load(), done.Load())
	}
	logs, events := srv.Logs(), srv.Events()
	if len(logs) != 3 || len(events) != 1 {
		t.Fatalf("%d log records and %d events, want 3 and 1", len(logs), len(events))
	}
	for i, want := range []string{"err=EOF region=eu seq=17", "err=EOF region=eu seq=18", "region=eu v=xxx"} {
		if got := bridgetest.Own(&logs[i]); !strings.HasPrefix(got, want) {
			t.Errorf("record %d: %.100s, want %s", i, got, want)
		}
	}
	e := events[0]
	if len(e.Exceptions) != 2 || e.Exceptions[0].Value != "EOF" || e.Top().Function != "TestLines" {
		t.Errorf("exceptions %+v, want that of the attribute, and the test on top", e.Exceptions)
	}
}

func TestLinesOfNothing(t *testing.T) {
	var none *krunk.Channel
	l := none.Lines("csv", nil)
	if id := l.Emit(krunk.LevelError, []byte("x")); id != (krunk.EventID{}) {
		t.Error("a line to no channel is an event")
	}
}

// clumsy is a reader that panics.
type clumsy struct{ csv }

func (clumsy) Read(string) (string, []krunk.Attr) { panic("no line") }

// A line that its reader cannot read is all message, whoever reads it.
func TestLinesThatCannotBeRead(t *testing.T) {
	c, srv := bridgetest.Start(t)
	l := c.Channel("net").Lines("csv", func() krunk.LineReader { return &clumsy{csv{done: new(atomic.Int32)}} })
	for _, level := range []krunk.Level{krunk.LevelInfo, krunk.LevelError} {
		l.Emit(level, []byte("packet lost,seq=17"))
	}
	c.Flush(time.Minute)
	logs := srv.Logs()
	for i := range logs {
		if got := logs[i].Body; got != "packet lost,seq=17" {
			t.Errorf("record %d says %q", i, got)
		}
	}
	if len(logs) != 2 || len(srv.Events()) != 1 {
		t.Errorf("%d log records and %d events, want 2 and 1", len(logs), len(srv.Events()))
	}
}

// What finds no room is counted.
func TestLinesWithoutRoom(t *testing.T) {
	c := stalled(t)
	l := c.Channel("lib").Lines("csv", func() krunk.LineReader { return &csv{done: new(atomic.Int32)} })
	before := c.Stats().HistoryLost
	for range 10 {
		l.Emit(krunk.LevelInfo, []byte("packet lost,seq=17"))
	}
	if n := c.Stats().HistoryLost - before; n != 10 {
		t.Errorf("%d of 10 lines were counted as lost, want all", n)
	}
}

func TestLinesDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	c := quiet(t, krunk.Config{})
	line := []byte("packet lost,seq=17")
	l := c.Channel("net").Lines("csv", func() krunk.LineReader { return &csv{done: new(atomic.Int32)} })
	if n := allocs.Least(200, func() { l.Emit(krunk.LevelInfo, line) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// A line belongs to its channel also where the recorder reads it.
func TestLinesBelongToTheirChannel(t *testing.T) {
	c, srv := bridgetest.Start(t)
	l := c.Channel("net").Lines("csv", func() krunk.LineReader { return &csv{done: new(atomic.Int32)} })
	l.Emit(krunk.LevelInfo, []byte("packet lost,seq=17"))
	c.Channel("game").Error("the end")
	c.Flush(time.Minute)
	logs, events := srv.Logs(), srv.Events()
	if len(logs) != 2 || logs[0].Attr("krunk.channel") != "net" {
		t.Errorf("log records %+v, want one of net first", logs)
	}
	if crumbs := events[0].Breadcrumbs; len(crumbs) != 1 || crumbs[0].Category != "net" {
		t.Errorf("breadcrumbs %+v, want one of net", crumbs)
	}
}

// talker is a reader that logs by the Lines which it reads.
type talker struct {
	lines func() *krunk.Lines
	level krunk.Level
	read  *atomic.Int32
}

func (t *talker) Read(line string) (string, []krunk.Attr) {
	t.read.Add(1)
	t.lines().Emit(t.level, []byte("read: "+line[:min(len(line), 20)]))
	return line, nil
}

func (*talker) Done() {}

// A reader that logs by its own Lines comes to an end, in the middle of a line and where the recorder reads what it has logged.
func TestLineReaderThatLogs(t *testing.T) {
	for _, tt := range []struct {
		name          string
		outer, within krunk.Level // of the line, and of what its reader logs
		most          int32       // lines that are read, of the first
	}{
		{"history, read by the recorder", krunk.LevelDebug, krunk.LevelDebug, 1100},
		{"events, read at once", krunk.LevelError, krunk.LevelError, 10},
		{"events of history", krunk.LevelDebug, krunk.LevelError, 1100},
		{"history of events", krunk.LevelError, krunk.LevelDebug, 1100},
	} {
		c, _ := bridgetest.Start(t)
		var l *krunk.Lines
		var read atomic.Int32
		l = c.Channel("net").Lines("talk", func() krunk.LineReader {
			return &talker{func() *krunk.Lines { return l }, tt.within, &read}
		})
		rest := func() int32 {
			for range 2000 {
				before := read.Load()
				if c.Flush(time.Minute); read.Load() == before {
					return before
				}
			}
			t.Fatalf("%s: it goes on for ever", tt.name)
			return 0
		}
		l.Emit(tt.outer, []byte("one"))
		first := rest()
		if first > tt.most {
			t.Errorf("%s: %d lines were read for one", tt.name, first)
		}
		for range 3 {
			l.Emit(tt.outer, []byte("more"))
		}
		if more := rest() - first; more > 3 {
			t.Errorf("%s: %d lines were read for three more", tt.name, more)
		}
	}
}
