package krunkzap_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/internal/bridgetest"
	"github.com/krunk-go/krunk/krunk/krunkzap"
)

type point struct{ X, Y int }

func (p point) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddInt("x", p.X)
	enc.AddInt("y", p.Y)
	return nil
}

type quiet struct{ text string }

func (q *quiet) String() string { return q.text }

type rude struct{}

func (rude) String() string                               { panic("rude") }
func (rude) MarshalLogObject(zapcore.ObjectEncoder) error { panic("rude") }
func (rude) MarshalLogArray(zapcore.ArrayEncoder) error   { return errors.New("cannot") }

func TestFields(t *testing.T) {
	when := time.Date(2026, 11, 27, 1, 2, 3, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		fields []zap.Field
		want   string
	}{
		{"numbers", []zap.Field{zap.Int("a", -1), zap.Uint8("b", 200), zap.Float64("c", 1.5), zap.Float32("d", 0.5), zap.Int8("e", -8)}, "a=-1 b=200 c=1.5 d=0.5 e=-8"},
		{"big", []zap.Field{zap.Uint64("a", math.MaxUint64), zap.Float64("b", math.NaN())}, "a=18446744073709551615 b=NaN"},
		{"texts", []zap.Field{zap.String("a", "x"), zap.ByteString("b", []byte("y")), zap.Binary("c", []byte("z")), zap.Bool("d", true)}, "a=x b=y c=z d=true"},
		{"times", []zap.Field{zap.Time("a", when), zap.Duration("b", 1500*time.Microsecond), zap.Time("c", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))}, "a=2026-11-27T01:02:03.000000000Z b=1.5 c=9999-01-01T00:00:00Z"},
		{"complex", []zap.Field{zap.Complex128("a", 1+2i), zap.Complex64("b", 3i)}, "a=(1+2i) b=(0+3i)"},
		{"lists", []zap.Field{zap.Ints("a", []int{1, 2}), zap.Any("b", map[string]int{"k": 1}), zap.Reflect("c", point{1, 2})}, `a=[1,2] b={"k":1} c={"X":1,"Y":2}`},
		{"objects", []zap.Field{zap.Object("at", point{3, 4}), zap.Inline(point{5, 6})}, `at={"x":3,"y":4} x=5 y=6`},
		{"namespace", []zap.Field{zap.Int("a", 1), zap.Namespace("net"), zap.Int("b", 2), zap.Namespace("http"), zap.Int("c", 3)}, "a=1 net.b=2 net.http.c=3"},
		{"private", []zap.Field{zap.Namespace("anna-pc.local"), zap.Int("y", 1), zap.Int("10.0.0.7", 2), zap.Inline(point{3, 4})}, "~.local.x=3 ~.local.y=4 ~.local.~=2"},
		{"skip", []zap.Field{zap.Skip(), zap.Error(nil)}, ""},
		{"stringer", []zap.Field{zap.Stringer("a", time.Second)}, "a=1s"},
		{"panics", []zap.Field{zap.Stringer("a", rude{}), zap.Object("b", rude{})}, "a=[krunk: encoding the field panicked] b=[krunk: encoding the field panicked]"},
		{"nil", []zap.Field{zap.Any("a", nil), zap.Stringp("b", nil), zap.Stringer("c", (*quiet)(nil))}, "a=<nil> b=<nil> c=<nil>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := bridgetest.Start(t)
			zap.New(krunkzap.New(c.Channel("net"), nil)).Info("got", tt.fields...)
			c.Flush(time.Minute)
			logs := srv.Logs()
			if len(logs) != 1 {
				t.Fatalf("%d log records arrived, want 1", len(logs))
			}
			if got := bridgetest.Own(&logs[0]); got != tt.want {
				t.Errorf("attributes %s, want %s", got, tt.want)
			}
		})
	}
}

func TestWith(t *testing.T) {
	c, srv := bridgetest.Start(t)
	l := zap.New(krunkzap.New(c.Channel("net"), nil)).Named("lobby").With(zap.String("peer", "10.0"), zap.Namespace("match"), zap.Int("round", 2))
	l.Info("got", zap.Int("seq", 17))
	l.With(zap.Int("more", 1)).Sugar().Infow("got", "seq", 18)
	c.Flush(time.Minute)
	want := []string{"logger=lobby match.round=2 match.seq=17 peer=10.0", "logger=lobby match.more=1 match.round=2 match.seq=18 peer=10.0"}
	for i, l := range srv.Logs() {
		if got := bridgetest.Own(&l); i >= len(want) || got != want[i] {
			t.Errorf("record %d: attributes %s, want %v", i, got, want)
		}
	}
}

// What is private in a logger's name is cut, also in front of a name that another logger in it has.
func TestNames(t *testing.T) {
	c, srv := bridgetest.Start(t)
	l := zap.New(krunkzap.New(c.Channel("net"), nil))
	names := []string{"lobby", "net.http", "net.local.cache", "anna-pc.local", "a.b.c.d.e"}
	for _, name := range names {
		l.Named(name).Named("lobby").Info("got")
	}
	l.Named("a").Named("10.0.0.7").Named("anna-pc.fritz.box").Named("lobby").Info("got")
	l.Named("anna-pc.local").Info("got")
	c.Flush(time.Minute)
	want := []string{"lobby.lobby", "net.http.lobby", "~.local.cache.lobby", "~.local.lobby", "a.b.c.d.e.lobby", "~.fritz.box.lobby", "~.local"}
	for i, l := range srv.Logs() {
		if got := bridgetest.Own(&l); i >= len(want) || got != "logger="+want[i] {
			t.Errorf("record %d: attributes %s, want %v", i, got, want)
		}
	}
}

func TestLevels(t *testing.T) {
	for level, want := range map[zapcore.Level]krunk.Level{
		-5: krunk.LevelTrace, zapcore.DebugLevel: krunk.LevelDebug, zapcore.InfoLevel: krunk.LevelInfo, zapcore.WarnLevel: krunk.LevelWarn,
		zapcore.ErrorLevel: krunk.LevelError, zapcore.DPanicLevel: 10, zapcore.PanicLevel: 11, zapcore.FatalLevel: krunk.LevelFatal, 100: krunk.LevelFatal,
	} {
		if got := krunkzap.Level(level); got != want {
			t.Errorf("level %d: got %d, want %d", level, got, want)
		}
	}
	c, err := krunk.Start(krunk.Config{Channels: map[string]krunk.Thresholds{"net": {Trail: "warn", Send: "off"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(0)
	core := krunkzap.New(c.Channel("net"), nil)
	if core.Enabled(zapcore.InfoLevel) || !core.Enabled(zapcore.WarnLevel) {
		t.Error("the channel's thresholds do not decide what is enabled")
	}
	if krunkzap.New(nil, nil).Enabled(zapcore.FatalLevel) {
		t.Error("a core over no channel is enabled")
	}
	zap.New(krunkzap.New(nil, nil)).With(zap.Int("a", 1)).Error("nowhere")
}

func place(l *zap.Logger) {
	l.Error("connection lost", zap.Error(fmt.Errorf("dial: %w", io.ErrUnexpectedEOF)))
}
func sugar(l *zap.SugaredLogger) { l.Errorw("connection lost", "error", io.ErrUnexpectedEOF) }
func helper(l *zap.Logger) {
	l.WithOptions(zap.AddCallerSkip(1)).Error("connection lost", zap.Error(io.EOF))
}
func throughHelper(l *zap.Logger) { helper(l) }

// An error is an event with the chain of the error, and its stack begins where the game logged.
func TestErrorsAreEvents(t *testing.T) {
	for _, tt := range []struct {
		name string
		log  func(*zap.Logger)
		with []zap.Option
		top  string
	}{
		{"plain", place, nil, "place"},
		{"caller", place, []zap.Option{zap.AddCaller()}, "place"},
		{"caller skipped", throughHelper, []zap.Option{zap.AddCaller()}, "throughHelper"},
		{"sugar", func(l *zap.Logger) { sugar(l.Sugar()) }, []zap.Option{zap.AddCaller()}, "sugar"},
		{"tee", place, []zap.Option{zap.WrapCore(func(c zapcore.Core) zapcore.Core {
			return zapcore.NewTee(c, zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(io.Discard), zapcore.DebugLevel))
		})}, "place"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := bridgetest.Start(t)
			tt.log(zap.New(krunkzap.New(c.Channel("net"), nil), tt.with...))
			c.Flush(time.Minute)
			events := srv.Events()
			if len(events) != 1 {
				t.Fatalf("%d events arrived, want 1", len(events))
			}
			e := events[0]
			if got := e.Top().Function; got != tt.top {
				t.Errorf("top frame %s, want %s", got, tt.top)
			}
			if e.Title() != "net: connection lost" || len(e.Exceptions) < 2 {
				t.Errorf("title %q with %d exceptions, want the message over the error's chain", e.Title(), len(e.Exceptions))
			}
		})
	}
}

// The old output stays as it was.
func TestBeside(t *testing.T) {
	c, srv := bridgetest.Start(t)
	var old bytes.Buffer
	config := zap.NewProductionEncoderConfig()
	config.TimeKey = ""
	core := zapcore.NewCore(zapcore.NewJSONEncoder(config), zapcore.AddSync(&old), zapcore.InfoLevel)
	l := zap.New(core, krunkzap.Beside(c.Channel("net"), nil))
	l.Debug("only Krunk")
	l.Info("both", zap.Int("seq", 17))
	c.Flush(time.Minute)
	if want := "{\"level\":\"info\",\"msg\":\"both\",\"seq\":17}\n"; old.String() != want {
		t.Errorf("old output %q, want %q", old.String(), want)
	}
	if n := len(srv.Logs()); n != 2 {
		t.Errorf("%d log records arrived, want 2", n)
	}
}

// A fatal record ends the program: it is delivered first.
func TestFatalFlushes(t *testing.T) {
	c, srv := bridgetest.Start(t)
	l := zap.New(krunkzap.New(c.Channel("net"), &krunkzap.Options{Flush: c.Flush, FlushWait: time.Minute}), zap.WithFatalHook(zapcore.WriteThenPanic))
	func() {
		defer func() { recover() }()
		l.Fatal("the world is gone")
	}()
	if events := srv.Events(); len(events) != 1 || events[0].Level != "fatal" {
		t.Errorf("%d events had arrived when the program would have ended, want a fatal one", len(events))
	}
	if err := krunkzap.New(c.Channel("net"), &krunkzap.Options{Flush: func(time.Duration) bool { return false }}).Sync(); err == nil {
		t.Error("Sync says nothing of what was not delivered")
	}
}

func TestCallsDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	c, err := krunk.Start(krunk.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(time.Second) })
	c.Flush(time.Second)
	l := zap.New(krunkzap.New(c.Channel("net"), nil))
	idle := zap.New(nothing{})
	for _, tt := range []struct {
		name string
		log  func(*zap.Logger)
	}{
		{"none", func(l *zap.Logger) { l.Info("packet lost") }},
		{"two", func(l *zap.Logger) { l.Info("packet lost", zap.Int("seq", 17), zap.String("peer", "10.0")) }},
		{"eight", func(l *zap.Logger) {
			l.Info("packet lost", zap.Int("a", 1), zap.Int("b", 2), zap.Int("c", 3), zap.Bool("d", true), zap.String("e", "x"), zap.Float64("f", 1.5),
				zap.Duration("g", time.Second), zap.Uint64("h", 8))
		}},
		{"below the threshold", func(l *zap.Logger) { l.Log(-3, "packet lost", zap.Int("seq", 17)) }},
		{"error", func(l *zap.Logger) { l.Error("packet lost", zap.Int("seq", 17)) }},
	} {
		want := testing.AllocsPerRun(200, func() { tt.log(idle) })
		if got := testing.AllocsPerRun(200, func() { tt.log(l) }); got > want {
			t.Errorf("%s: %v allocations, want the %v of zap alone", tt.name, got, want)
		}
	}
}

// nothing is a core that takes every record: what a call costs in zap itself.
type nothing struct{}

func (nothing) Enabled(zapcore.Level) bool                 { return true }
func (n nothing) With([]zapcore.Field) zapcore.Core        { return n }
func (nothing) Write(zapcore.Entry, []zapcore.Field) error { return nil }
func (nothing) Sync() error                                { return nil }
func (n nothing) Check(e zapcore.Entry, to *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	return to.AddCore(e, n)
}

func Example() {
	client, err := krunk.Start(krunk.Config{Release: "moonfall@1.4.2"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close(time.Second)
	logger := zap.NewExample(krunkzap.Beside(client.Channel("game"), &krunkzap.Options{Flush: client.Flush}))
	logger.Warn("packet lost", zap.Int("seq", 17))
	// Output: {"level":"warn","msg":"packet lost","seq":17}
}
