package krunk_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/allocs"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
)

// quiet returns a client that records everything and sends nothing, so that what is counted is the caller's.
func quiet(t testing.TB, cfg krunk.Config) *krunk.Client {
	t.Helper()
	c, err := krunk.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(time.Second) })
	c.Flush(time.Minute)
	return c
}

// stalled returns a client whose ring is full: the transport never answers.
func stalled(t testing.TB) *krunk.Client {
	t.Helper()
	c := quiet(t, krunk.Config{
		DSN:        "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1",
		MaxRepeats: -1,
		Transport: transport.Func(func(ctx transport.Context, _ *transport.Request) (transport.Response, error) {
			<-ctx.Done()
			return transport.Response{}, ctx.Err()
		}),
	})
	fill(c, c.Channel("default"), "fill")
	return c
}

// fill fills the ring of a client to which no server answers, and first the outbox, as the recorder goes on encoding until that is full too.
func fill(c *krunk.Client, ch *krunk.Channel, text string) {
	err := errors.New(text)
	for room := true; room; room = !ch.Report(err).IsZero() {
		for !ch.Report(err).IsZero() {
		}
		krunk.CatchUp(c)
	}
}

func TestCallShapesDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	kept := quiet(t, krunk.Config{Channels: map[string]krunk.Thresholds{
		"logs": {Trail: "debug", Send: "info"}, "off": {Trail: "off", Send: "off", Issue: "off"},
	}, Frames: krunk.Frames{Slow: 1}}) // each frame is a slow one
	full := stalled(t)
	closed := quiet(t, krunk.Config{})
	closed.Close(time.Second)
	var none *krunk.Client
	err, rtt, now := errors.New("boom"), 3*time.Millisecond, time.Now()
	wrapped, line := fmt.Errorf("frame: %w", err), []byte("packet lost\n")
	twenty, many := make([]krunk.Attr, 20), make([]krunk.Attr, 200)
	for i := range many {
		many[i] = krunk.String("key", "a value of some length, so that all together are too long for one record")
	}
	for i := range twenty {
		twenty[i] = krunk.Int("key", i)
	}
	twenty[17] = krunk.Err(err)
	for _, client := range []struct {
		name string
		*krunk.Client
	}{{"kept", kept}, {"full", full}, {"closed", closed}, {"nil", none}} {
		net, logs, off := client.Channel("net"), client.Channel("logs"), client.Channel("off")
		with := net.With(krunk.String("peer", "10"))
		writer, failed := net.Writer(krunk.LevelInfo), net.Writer(krunk.LevelError)
		for _, call := range []struct {
			name string
			f    func()
		}{
			{"debug", func() { net.Debug("packet lost") }},
			{"below threshold", func() { net.Trace("packet lost", krunk.Int("seq", 17), krunk.Bool("x", true)) }},
			{"off", func() { off.Error("packet lost", krunk.Int("seq", 17)) }},
			{"info 2", func() { net.Info("packet lost", krunk.Int("seq", 17), krunk.Duration("rtt", rtt)) }},
			{"info 8", func() {
				net.Info("packet lost", krunk.Int("a", 1), krunk.Int64("b", 2), krunk.Uint64("c", 3), krunk.Float64("d", 4.5),
					krunk.Bool("e", true), krunk.Duration("f", rtt), krunk.Time("g", now), krunk.String("h", "text"))
			}},
			{"err", func() { net.Info("packet lost", krunk.Err(err)) }},
			{"with", func() { with.Info("packet lost", krunk.Int("seq", 17)) }},
			{"log record", func() { logs.Info("packet lost", krunk.Int("seq", 17)) }},
			{"custom level", func() { net.Log(2, "packet lost", krunk.Int("seq", 17)) }},
			{"issue", func() { net.Error("packet lost", krunk.Int("seq", 17)) }},
			{"report", func() { net.Report(err) }},
			{"report 2", func() { net.Report(err, krunk.Int("seq", 17), krunk.String("peer", "x")) }},
			{"client report", func() { client.Report(err) }},
			{"report, wrapped", func() { net.Report(wrapped) }},
			{"report 20, one an error", func() { net.Report(err, twenty...) }},
			{"info 20, one an error", func() { net.Info("packet lost", twenty...) }},
			{"info 200", func() { net.Info("packet lost", many...) }},
			{"report 200", func() { net.Report(err, many...) }},
			{"group", func() { net.Report(err, krunk.Group("boss")) }},
			{"panic", func() { net.ReportPanic("boom", krunk.Int("seq", 17)) }},
			{"panic of an error", func() { client.ReportPanic(wrapped) }},
			{"recover", func() { crashOf(client.Client) }},
			{"emit", func() { net.Emit(krunk.Entry{Level: krunk.LevelInfo, Message: "m", PC: 4096, Time: now}) }},
			{"emit, issue", func() { net.Emit(krunk.Entry{Level: krunk.LevelError, Message: "m", Attrs: twenty[:5]}) }},
			{"writer", func() { writer.Write(line) }},
			{"writer, issue", func() { failed.Write(line) }},
			{"enabled", func() { net.Enabled(krunk.LevelInfo) }},
			{"beat", func() { client.Beat() }},
			{"pause", func() { client.Pause(); client.Resume() }},
			{"foreground", func() { client.Foreground(false); client.Foreground(true) }},
			{"scope tag", func() { client.SetTag("scene", "boss") }},
			{"scope trace", func() { client.SetTrace(match) }},
			{"scope user", func() { client.SetUser(krunk.User{ID: "17"}) }},
			{"scope context", func() { client.SetContext("gpu", krunk.String("name", "x"), krunk.Int("vram", 8)) }},
		} {
			kept.Flush(time.Minute)
			n, want := allocs.Least(200, call.f), 0.0
			if strings.HasPrefix(call.name, "scope ") && client.name == "full" {
				want = 3 // what finds no room in the ring is kept beside it
			}
			if n > want {
				t.Errorf("%s client, %s: %v allocations, want %v", client.name, call.name, n, want)
			}
		}
	}
}

func crashOf(c *krunk.Client) {
	defer c.Recover()
	panic("boom")
}

// What is over MaxRepeats costs no memory and is not asked for its text.
func TestSuppressedDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	c := quiet(t, krunk.Config{MaxRepeats: 1, Panics: krunk.Panics{MaxRepeats: 1}})
	net, asked := c.Channel("net"), 0
	for name, f := range map[string]func(){
		"report": func() { c.Report(counting{&asked}, krunk.Int("seq", 17)) }, "panic": func() { c.ReportPanic("boom") },
		"error": func() { net.Error("packet lost", krunk.Err(counting{&asked})) },
	} {
		f()
		before := asked
		if n := allocs.Least(200, f); n != 0 || asked > before+8 { // which calls from four places of its own
			t.Errorf("%s: %v allocations and %d times asked, want neither", name, n, asked-before)
		}
	}
}
