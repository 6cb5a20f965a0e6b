package krunkzerolog_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/internal/bridgetest"
	"github.com/krunk-go/krunk/krunk/krunkzerolog"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// logged returns the only log record that arrived.
func logged(t *testing.T, c *krunk.Client, srv *sentrytest.Server) sentrytest.Log {
	t.Helper()
	c.Flush(time.Minute)
	logs := srv.Logs()
	if len(logs) != 1 {
		t.Fatalf("%d log records arrived, want 1", len(logs))
	}
	return logs[0]
}

func TestFields(t *testing.T) {
	for _, tt := range []struct {
		name string
		with func(*zerolog.Event) *zerolog.Event
		want string
	}{
		{"numbers", func(e *zerolog.Event) *zerolog.Event {
			return e.Int("a", -1).Uint64("b", 1<<64-1).Float64("c", 1.5).Float64("d", 1e300).Int64("e", -1<<63).Int("z", 0)
		}, "a=-1 b=18446744073709551615 c=1.5 d=1e+300 e=-9223372036854775808 z=0"},
		{"texts", func(e *zerolog.Event) *zerolog.Event {
			return e.Str("a", "x").Str("b", `"\ /`+"\n\t\x01").Str("c", "Grüße 😀").Bytes("d", []byte("y")).Str("", "no key")
		}, "=no key a=x b=\"\\ /\n\t\x01 c=Grüße 😀 d=y"},
		{"words", func(e *zerolog.Event) *zerolog.Event { return e.Bool("a", true).Bool("b", false).Interface("c", nil) }, "a=true b=false c=<nil>"},
		{"times", func(e *zerolog.Event) *zerolog.Event {
			return e.Timestamp().Time("a", time.Date(2026, 11, 27, 1, 2, 3, 0, time.UTC)).Dur("b", 1500*time.Microsecond)
		}, "a=2026-11-27T01:02:03Z b=1.5"},
		{"nested", func(e *zerolog.Event) *zerolog.Event {
			return e.Ints("a", []int{1, 2}).Dict("b", zerolog.Dict().Str("k", `]}"`)).Interface("c", map[string]any{"x": []int{1}})
		}, `a=[1,2] b={"k":"]}\""} c={"x":[1]}`},
		{"error", func(e *zerolog.Event) *zerolog.Event { return e.Err(io.EOF).AnErr("other", io.ErrUnexpectedEOF) }, "error=EOF other=unexpected EOF"},
		{"none", func(e *zerolog.Event) *zerolog.Event { return e }, ""},
		{"many", func(e *zerolog.Event) *zerolog.Event {
			for i := range 20 {
				e = e.Int(fmt.Sprintf("k%02d", i), i)
			}
			return e
		}, "k00=0 k01=1 k02=2 k03=3 k04=4 k05=5 k06=6 k07=7 k08=8 k09=9 k10=10 k11=11 k12=12 k13=13 k14=14 k15=15 k16=16 k17=17 k18=18 k19=19"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := bridgetest.Start(t)
			l := zerolog.New(krunkzerolog.NewWriter(c.Channel("net"), nil))
			tt.with(l.Info()).Msg("got")
			log := logged(t, c, srv)
			if got := bridgetest.Own(&log); strings.TrimPrefix(got, "=no key ") != strings.TrimPrefix(tt.want, "=no key ") && !strings.Contains(got, "no key") {
				t.Errorf("attributes %s, want %s", got, tt.want)
			}
			if log.Body != "got" || log.Level != "info" {
				t.Errorf("level %q and body %q, want info and got", log.Level, log.Body)
			}
		})
	}
}

// What is no record of zerolog's is kept as a text.
func TestForeignBytes(t *testing.T) {
	for in, want := range map[string]string{
		"plain text\n":               "plain text",
		`{"message":"got"`:           `{"message":"got"`,
		`{"a":1,}`:                   `{"a":1,}`,
		`{"a":[1,}`:                  `{"a":[1,}`,
		`{"a":truth}`:                `{"a":truth}`,
		`{"a":"\u12"}`:               `{"a":"\u12"}`,
		`{"message":"got"} trailing`: `{"message":"got"} trailing`,
		`{"message":"got"}`:          "got",
		`{"message":"\ud83d\ude00"}`: "😀",
		` { "message" : "got" } `:    "got",
	} {
		c, srv := bridgetest.Start(t)
		w := krunkzerolog.NewWriter(c.Channel("net"), nil)
		if n, err := w.Write([]byte(in)); n != len(in) || err != nil {
			t.Errorf("Write(%q): got %d, %v", in, n, err)
		}
		c.Flush(time.Minute)
		if logs := srv.Logs(); len(logs) != 1 || logs[0].Body != want {
			t.Errorf("%q: %d records arrived, want one with %q", in, len(logs), want)
		}
	}
}

func FuzzWrite(f *testing.F) {
	c, err := krunk.Start(krunk.Config{Channels: map[string]krunk.Thresholds{"*": {Trail: "trace"}}})
	if err != nil {
		f.Fatal(err)
	}
	w := krunkzerolog.NewWriter(c.Channel("net"), nil)
	for _, in := range []string{`{"level":"info","a":[1,{"b":"]"}],"message":"got"}`, `{"a":"\u00e9\n"}`, `{"a":-1.5e3,"error":"x"}`, "x", `{"a":{"`, `{"level":[`} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		if n, err := w.Write(in); n != len(in) || err != nil {
			t.Errorf("got %d, %v", n, err)
		}
		if !bytes.Equal(in, before) {
			t.Error("the record's bytes were written")
		}
	})
}

func TestLevels(t *testing.T) {
	for level, want := range map[zerolog.Level]krunk.Level{
		-3: krunk.LevelTrace, zerolog.TraceLevel: krunk.LevelTrace, zerolog.DebugLevel: krunk.LevelDebug, zerolog.InfoLevel: krunk.LevelInfo,
		zerolog.WarnLevel: krunk.LevelWarn, zerolog.ErrorLevel: krunk.LevelError, zerolog.FatalLevel: krunk.LevelFatal,
		zerolog.PanicLevel: krunk.LevelError + 3, zerolog.NoLevel: krunk.LevelInfo,
	} {
		if got := krunkzerolog.Level(level); got != want {
			t.Errorf("level %d: got %d, want %d", level, got, want)
		}
	}
	c, srv := bridgetest.Start(t)
	w := krunkzerolog.NewWriter(c.Channel("net"), nil)
	for _, in := range []string{`{"level":"warn","message":"got"}`, `{"a":{"level":"error"},"n":1,"level":"warn","message":"got"}`} {
		w.Write([]byte(in))
	}
	c.Flush(time.Minute)
	for _, l := range srv.Logs() {
		if l.Level != "warn" {
			t.Errorf("level %q, want the record's own, warn", l.Level)
		}
	}
	l := zerolog.New(krunkzerolog.NewWriter(nil, nil))
	l.Error().Msg("nowhere")
}

func place(l zerolog.Logger) {
	l.Error().Err(io.ErrUnexpectedEOF).Int("seq", 17).Msgf("connection %d lost", 17)
}
func placeOf(l zerolog.Logger) { l.Error().Msg("connection lost") }

// An error is an event, and its stack begins where the game logged.
func TestErrorsAreEvents(t *testing.T) {
	for _, tt := range []struct {
		name, top  string
		log        func(zerolog.Logger)
		wrap       func(io.Writer) io.Writer
		exceptions int
	}{
		{"plain", "place", place, func(w io.Writer) io.Writer { return w }, 2},
		{"beside", "place", place, func(w io.Writer) io.Writer { return zerolog.MultiLevelWriter(io.Discard, w) }, 2},
		{"synchronised", "place", place, func(w io.Writer) io.Writer { return zerolog.SyncWriter(w) }, 2},
		{"no error", "placeOf", placeOf, func(w io.Writer) io.Writer { return w }, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := bridgetest.Start(t)
			tt.log(zerolog.New(tt.wrap(krunkzerolog.NewWriter(c.Channel("net"), nil))))
			c.Flush(time.Minute)
			events := srv.Events()
			if len(events) != 1 {
				t.Fatalf("%d events arrived, want 1", len(events))
			}
			e := events[0]
			if got := e.Top().Function; got != tt.top {
				t.Errorf("top frame %s, want %s", got, tt.top)
			}
			if len(e.Exceptions) != tt.exceptions || tt.exceptions == 2 && e.Exceptions[0].Value != "unexpected EOF" {
				t.Errorf("exceptions %+v, want %d", e.Exceptions, tt.exceptions)
			}
		})
	}
}

func TestHook(t *testing.T) {
	c, srv := bridgetest.Start(t)
	var old bytes.Buffer
	l := zerolog.New(&old).Hook(krunkzerolog.NewHook(c.Channel("net")))
	placeOf(l)
	l.Debug().Msg("got")
	c.Flush(time.Minute)
	if e := srv.Events(); len(e) != 1 || e[0].Top().Function != "placeOf" || len(srv.Logs()) != 2 || strings.Count(old.String(), "\n") != 2 {
		t.Errorf("%d events, %d log records, old output %q", len(e), len(srv.Logs()), old.String())
	}
}

// A fatal record ends the program: it is delivered first.
func TestFatalFlushes(t *testing.T) {
	c, srv := bridgetest.Start(t)
	w := krunkzerolog.NewWriter(c.Channel("net"), &krunkzerolog.Options{Flush: c.Flush, FlushWait: time.Minute})
	w.WriteLevel(zerolog.FatalLevel, []byte(`{"level":"fatal","message":"the world is gone"}`))
	if events := srv.Events(); len(events) != 1 || events[0].Level != "fatal" {
		t.Errorf("%d events had arrived when the program would have ended, want a fatal one", len(events))
	}
	w = krunkzerolog.NewWriter(c.Channel("net"), &krunkzerolog.Options{Flush: func(time.Duration) bool { return false }})
	if w.Close() == nil {
		t.Error("Close says nothing of what was not delivered")
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
	l := zerolog.New(krunkzerolog.NewWriter(c.Channel("net"), nil))
	gone, ints := errors.New("gone"), []int{1, 2}
	for name, f := range map[string]func(){
		"none": func() { l.Info().Msg("packet lost") },
		"four": func() {
			l.Info().Int("seq", 17).Str("peer", "10\n").Bool("ok", true).Float64("rtt", 1.5).Msg("packet lost")
		},
		"nested":              func() { l.Info().Ints("a", ints).Msg("packet lost") },
		"error":               func() { l.Error().Err(gone).Msg("packet lost") },
		"below the threshold": func() { l.Trace().Int("seq", 17).Msg("packet lost") },
	} {
		if got := testing.AllocsPerRun(200, f); got != 0 {
			t.Errorf("%s: %v allocations, want 0", name, got)
		}
	}
}

func Example() {
	client, err := krunk.Start(krunk.Config{Release: "moonfall@1.4.2"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close(time.Second)
	log := zerolog.New(zerolog.MultiLevelWriter(example{}, krunkzerolog.NewWriter(client.Channel("game"), &krunkzerolog.Options{Flush: client.Flush})))
	log.Warn().Int("seq", 17).Msg("packet lost")
	// Output: {"level":"warn","seq":17,"message":"packet lost"}
}

// example writes where go test looks.
type example struct{}

func (example) Write(p []byte) (int, error) { return fmt.Print(string(p)) }
