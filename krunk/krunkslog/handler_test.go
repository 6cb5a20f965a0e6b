package krunkslog_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/internal/bridgetest"
	"github.com/krunk-go/krunk/krunk/krunkslog"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// logged returns the only log record that arrived.
func logged(t *testing.T, c *krunk.Client, srv *sentrytest.Server) sentrytest.Log {
	t.Helper()
	if !c.Flush(time.Minute) {
		t.Fatal("Flush timed out")
	}
	logs := srv.Logs()
	if len(logs) != 1 {
		t.Fatalf("%d log records arrived, want 1", len(logs))
	}
	return logs[0]
}

func TestSlogtest(t *testing.T) {
	bridgetest.Slogtest(t, func(channel *krunk.Channel) slog.Handler { return krunkslog.New(channel, nil) })
}

// secret hides its value, as LogValuers do.
type secret string

func (secret) LogValue() slog.Value { return slog.StringValue("(hidden)") }

// place resolves to a group.
type place struct{ x, y int }

func (p place) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("x", p.x), slog.Any("ticket", secret("s")), slog.Int("y", p.y))
}

// broken panics when it is asked.
type broken struct{}

func (broken) LogValue() slog.Value { panic("no value today") }

// endless resolves to itself.
type endless struct{}

func (e endless) LogValue() slog.Value { return slog.AnyValue(e) }

func TestAttributes(t *testing.T) {
	at := time.Date(2009, 11, 10, 23, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		call func(l *slog.Logger)
		want string
	}{
		{"kinds", func(l *slog.Logger) {
			l.Info("m", "s", "text", "i", -1, "u", uint64(7), "f", 1.5, "b", true, "d", 3*time.Millisecond, "t", at, "e", io.EOF, "any", []int{1, 2})
		}, "any=[1,2] b=true d=3 e=EOF f=1.5 i=-1 s=text t=2009-11-10T23:00:00.000000000Z u=7"},
		{"group", func(l *slog.Logger) {
			l.Info("m", slog.Group("pos", slog.Int("x", 1), slog.Group("vel", slog.Int("x", 2)), slog.Group("none")), slog.Int("z", 3))
		}, "pos.vel.x=2 pos.x=1 z=3"},
		{"group without a name", func(l *slog.Logger) { l.Info("m", slog.Group("", slog.Int("x", 1))) }, "x=1"},
		{"with", func(l *slog.Logger) { l.With("peer", "10.0").With("a", 1).Info("m", "b", 2) }, "a=1 b=2 peer=10.0"},
		{"with group", func(l *slog.Logger) {
			l.With("a", 1).WithGroup("g").With("b", 2).WithGroup("h").Info("m", "c", 3, slog.Group("i", "d", 4))
		}, "a=1 g.b=2 g.h.c=3 g.h.i.d=4"},
		{"with group of nothing", func(l *slog.Logger) { l.With("a", 1).WithGroup("g").WithGroup("h").Info("m") }, "a=1"},
		{"with a group", func(l *slog.Logger) { l.With(slog.Group("g", "a", 1)).Info("m") }, "g.a=1"},
		{"with nothing", func(l *slog.Logger) { l.With().WithGroup("").Info("m") }, ""},
		{"empty", func(l *slog.Logger) { l.Info("m", slog.Attr{}, slog.Int("a", 1)) }, "a=1"},
		{"later wins", func(l *slog.Logger) { l.With("a", 1).Info("m", "a", 2) }, "a=2"},
		{"more than sixteen", func(l *slog.Logger) {
			var args []any
			for i := range 20 {
				args = append(args, string(rune('a'+i)), i)
			}
			l.Info("m", args...)
		}, "a=0 b=1 c=2 d=3 e=4 f=5 g=6 h=7 i=8 j=9 k=10 l=11 m=12 n=13 o=14 p=15 q=16 r=17 s=18 t=19"},
		{"valuer", func(l *slog.Logger) { l.Info("m", "ticket", secret("s3cret")) }, "ticket=(hidden)"},
		{"valuer of a group", func(l *slog.Logger) { l.Info("m", "at", place{1, 2}) }, "at.ticket=(hidden) at.x=1 at.y=2"},
		{"valuer in with", func(l *slog.Logger) { l.With("ticket", secret("s")).Info("m") }, "ticket=(hidden)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := bridgetest.Start(t)
			tt.call(slog.New(krunkslog.New(c.Channel("game"), nil)))
			l := logged(t, c, srv)
			if got := bridgetest.Own(&l); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// A value that panics or never ends costs its own place, and the record goes out.
func TestHostileValuers(t *testing.T) {
	for _, tt := range []struct {
		name  string
		value any
		want  string
	}{{"panics", broken{}, "LogValue panicked"}, {"endless", endless{}, "LogValue called too many times"}} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := bridgetest.Start(t)
			slog.New(krunkslog.New(c.Channel("game"), nil)).Info("m", "bad", tt.value, "good", 1)
			l := logged(t, c, srv)
			if got, _ := l.Attr("bad").(string); !strings.Contains(got, tt.want) || l.Attr("good") != int64(1) {
				t.Errorf("attributes %s, want a note that says %q, and good=1", bridgetest.Own(&l), tt.want)
			}
		})
	}
}

func TestCustomLevels(t *testing.T) {
	for _, tt := range []struct {
		level    slog.Level
		name     string
		severity int
		event    string // its level; "": none is raised
	}{
		{-8, "trace", 1, ""}, {-4, "debug", 5, ""}, {2, "info", 11, ""}, {4, "warn", 13, ""}, {10, "error", 19, "error"}, {12, "fatal", 21, "fatal"},
	} {
		t.Run(tt.level.String(), func(t *testing.T) {
			c, srv := bridgetest.Start(t)
			slog.New(krunkslog.New(c.Channel("game"), nil)).Log(context.Background(), tt.level, "m")
			l := logged(t, c, srv)
			if l.Level != tt.name || l.Severity != tt.severity {
				t.Errorf("got %s with severity %d, want %s with %d", l.Level, l.Severity, tt.name, tt.severity)
			}
			got := ""
			for _, ev := range srv.Events() {
				got += ev.Level
			}
			if got != tt.event {
				t.Errorf("raised events of level %q, want %q", got, tt.event)
			}
		})
	}
}

// A record keeps the time that it was made at, which may be long before it is handled.
func TestTimeOfTheRecord(t *testing.T) {
	c, srv := bridgetest.Start(t)
	at := time.Now().Add(-42 * time.Minute).Truncate(time.Millisecond)
	if err := krunkslog.New(c.Channel("game"), nil).Handle(context.Background(), slog.NewRecord(at, 0, "m", 0)); err != nil {
		t.Fatal(err)
	}
	if l := logged(t, c, srv); l.Time.Sub(at).Abs() > time.Minute {
		t.Errorf("time %v, want about %v", l.Time, at)
	}
}

func TestNilChannel(t *testing.T) {
	h := krunkslog.New(nil, nil)
	if h.Enabled(context.Background(), 100) {
		t.Error("a handler without a channel wants records")
	}
	slog.New(h).With("a", 1).WithGroup("g").Error("m", "b", 2)
	if err := h.Handle(context.Background(), slog.Record{Level: slog.LevelError}); err != nil {
		t.Errorf("got error %v", err)
	}
	var out strings.Builder
	next := slog.NewTextHandler(&out, nil)
	slog.New(krunkslog.New(nil, &krunkslog.Options{Next: next})).Error("m")
	if !strings.Contains(out.String(), "msg=m") {
		t.Errorf("the next handler wrote %q, want the record", out.String())
	}
}

var errNext = errors.New("disk full")

// failing passes records on and then fails.
type failing struct{ slog.Handler }

func (f failing) Handle(ctx context.Context, r slog.Record) error {
	return errors.Join(f.Handler.Handle(ctx, r), errNext)
}

func TestNextGetsTheSameRecords(t *testing.T) {
	c, srv := bridgetest.Start(t)
	use := func(l *slog.Logger) {
		l.Debug("too low for the next one")
		l.With("a", 1).WithGroup("g").Info("one", "b", 2, "c", place{3, 4})
		l.With(slog.Group("h", "d", 5)).Error("two", "e", io.EOF)
	}
	noTime := &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	var got, want strings.Builder
	use(slog.New(slog.NewTextHandler(&want, noTime)))
	use(slog.New(krunkslog.New(c.Channel("game"), &krunkslog.Options{Next: slog.NewTextHandler(&got, noTime)})))
	if got.String() != want.String() {
		t.Errorf("the next handler wrote\n%s\nwant\n%s", got.String(), want.String())
	}
	c.Flush(time.Minute)
	if n := len(srv.Logs()); n != 3 {
		t.Errorf("%d log records arrived, want 3", n)
	}
}

func TestErrorOfNextIsReturned(t *testing.T) {
	c, srv := bridgetest.Start(t)
	h := krunkslog.New(c.Channel("game"), &krunkslog.Options{Next: failing{slog.NewTextHandler(io.Discard, nil)}})
	r := slog.NewRecord(time.Now(), slog.LevelInfo, "m", 0)
	if err := h.Handle(context.Background(), r); !errors.Is(err, errNext) {
		t.Errorf("got error %v, want that of the next handler", err)
	}
	logged(t, c, srv) // the channel got the record all the same
}

// What only the next handler wants does not reach the channel, and the other way round.
func TestEnabled(t *testing.T) {
	client, err := krunk.Start(krunk.Config{Channels: map[string]krunk.Thresholds{"game": {Trail: "warn", Send: "off", Issue: "off"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(time.Minute)
	var out strings.Builder
	h := krunkslog.New(client.Channel("game"), &krunkslog.Options{
		Next: slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelError}),
	})
	for _, tt := range []struct {
		level slog.Level
		want  bool
	}{{slog.LevelInfo, false}, {slog.LevelWarn, true}, {slog.LevelError, true}} {
		if got := h.Enabled(context.Background(), tt.level); got != tt.want {
			t.Errorf("%v: enabled %v, want %v", tt.level, got, tt.want)
		}
	}
	slog.New(h).Warn("for the channel alone")
	if out.Len() != 0 {
		t.Errorf("the next handler wrote %q, which it had said it does not want", out.String())
	}
	client.Flush(time.Minute)
	if n := client.Stats().History; n != 1 {
		t.Errorf("%d records in history, want 1", n)
	}
}

type weapon string

type slot int

// What slog keeps as any value arrives typed where its kind is basic.
func TestKindsOfAny(t *testing.T) {
	c, srv := bridgetest.Start(t)
	l := slog.New(krunkslog.New(c.Channel("game"), nil))
	l.Info("m", "weapon", weapon("axe"), "slot", slot(3), "i32", int32(-1), "u8", uint8(8), "f32", float32(0.5), "nil", nil,
		"value", slog.AnyValue(slog.IntValue(4)), "list", []weapon{"a"}, "level", slog.LevelWarn)
	got := logged(t, c, srv)
	if bridgetest.Own(&got) != kindsOfAny {
		t.Errorf("got %s\nwant %s", bridgetest.Own(&got), kindsOfAny)
	}
	for key, kind := range map[string]string{"weapon": "string", "slot": "integer", "i32": "integer", "f32": "double", "value": "integer"} {
		if got.Attributes[key].Type != kind {
			t.Errorf("%s is %s, want %s", key, got.Attributes[key].Type, kind)
		}
	}
}

// An error among the attributes is told with its chain, below the message.
func TestErrorsKeepTheirChain(t *testing.T) {
	c, srv := bridgetest.Start(t)
	l := slog.New(krunkslog.New(c.Channel("save"), nil))
	l.Error("cannot save", "slot", 3, "err", fmt.Errorf("write: %w", fs.ErrPermission))
	l.With("n", 1, "err", fmt.Errorf("with: %w", fs.ErrExist)).WithGroup("x").Error("said before")
	l.With("err", fs.ErrExist).Error("its own", "err", fs.ErrClosed)
	l.WithGroup("io").Error("cannot load", slog.Group("g", "err", &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}))
	c.Flush(time.Minute)
	var got []string
	for _, ev := range srv.Events() {
		for _, e := range ev.Exceptions {
			got = append(got, e.Type+": "+e.Value)
		}
	}
	want := "error: permission denied, error: write: permission denied, save: cannot save, " +
		"error: file already exists, error: with: file already exists, save: said before, " +
		"error: file already closed, save: its own, " +
		"error: file does not exist, *fs.PathError: open x: file does not exist, save: cannot load"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("got %s\nwant %s", s, want)
	}
}

// within is a group that is its own member.
type within struct{}

func (w within) LogValue() slog.Value { return slog.GroupValue(slog.Any("in", w), slog.Int("n", 1)) }

// mute panics when it is asked for its text.
type mute struct{}

func (mute) String() string { panic("no text") }

func TestValuesThatMisbehave(t *testing.T) {
	c, srv := bridgetest.Start(t)
	l := slog.New(krunkslog.New(c.Channel("game"), nil))
	l.Info("m", "e", within{}, "b", broken{}, "s", slog.AnyValue(struct{ S fmt.Stringer }{mute{}}), "err", (*fs.PathError)(nil), "", []int{1})
	got := logged(t, c, srv)
	own := bridgetest.Own(&got)
	if want := "e.in.in.in.in.in.in.in.in.in.in=[krunk: groups in each other are too many]"; !strings.Contains(own, want) || !strings.Contains(own, "e.in.n=1 ") {
		t.Errorf("got %s\nwant %s", own, want)
	}
	for _, key := range []string{"b", "s", "err"} {
		if got.Attr(key) == nil {
			t.Errorf("%s is lost in %s", key, own)
		}
	}
}

// What is private in the name of a group, or in a key, is cut before they become one name.
func TestGroupsWithPrivateNames(t *testing.T) {
	c, srv := bridgetest.Start(t)
	l := slog.New(krunkslog.New(c.Channel("game"), nil))
	l.WithGroup("anna-pc.local").With("a", 1).Info("m", "y", 2, "10.0.0.7", 3, slog.Group("192.168.0.1", "z", 4), slog.Group("fine", "x.y", 5))
	got := logged(t, c, srv)
	if own, want := bridgetest.Own(&got), "~.local.a=1 ~.local.fine.x.y=5 ~.local.y=2 ~.local.~=3 ~.local.~.z=4"; own != want {
		t.Errorf("got %s\nwant %s", own, want)
	}
}
