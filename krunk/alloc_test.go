package krunk_test

import (
	"errors"
	"strings"
	"testing"
	"time"

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
	c.Flush(time.Second)
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
	// The recorder goes on encoding, which frees the ring, until the outbox is full too: only a long row of refusals says that
	// it has come to rest.
	err := errors.New("fill")
	for refused := 0; refused < 50_000; refused++ {
		if !c.Report(err).IsZero() {
			refused = 0
		}
	}
	return c
}

func TestCallShapesDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	kept := quiet(t, krunk.Config{Channels: map[string]krunk.Thresholds{
		"logs": {Trail: "debug", Send: "info"}, "off": {Trail: "off", Send: "off", Issue: "off"},
	}})
	full := stalled(t)
	closed := quiet(t, krunk.Config{})
	closed.Close(time.Second)
	var none *krunk.Client
	err, rtt, now := errors.New("boom"), 3*time.Millisecond, time.Now()
	for _, client := range []struct {
		name string
		*krunk.Client
	}{{"kept", kept}, {"full", full}, {"closed", closed}, {"nil", none}} {
		net, logs, off := client.Channel("net"), client.Channel("logs"), client.Channel("off")
		with := net.With(krunk.String("peer", "10"))
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
			{"enabled", func() { net.Enabled(krunk.LevelInfo) }},
			{"beat", func() { client.Beat() }},
			{"scope tag", func() { client.SetTag("scene", "boss") }},
			{"scope user", func() { client.SetUser(krunk.User{ID: "17"}) }},
			{"scope context", func() { client.SetContext("gpu", krunk.String("name", "x"), krunk.Int("vram", 8)) }},
		} {
			// All goroutines of the process are counted, so what counts is the least of some tries.
			n := 1.0
			for try := 0; n != 0 && try < 6; try++ {
				kept.Flush(time.Second)
				n = testing.AllocsPerRun(200, call.f)
			}
			want := 0.0
			if strings.HasPrefix(call.name, "scope ") && client.name == "full" {
				want = 3 // what finds no room in the ring is kept beside it
			}
			if n > want {
				t.Errorf("%s client, %s: %v allocations, want %v", client.name, call.name, n, want)
			}
		}
	}
}
