package krunklogr_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"k8s.io/klog/v2"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/internal/bridgetest"
	"github.com/krunk-go/krunk/krunk/krunklogr"
)

var _ logr.CallDepthLogSink = (*krunklogr.Sink)(nil)

type secret struct{ Name, Password string }

func (s secret) MarshalLog() any { return map[string]string{"name": s.Name} }

type rude struct{}

func (rude) MarshalLog() any { panic("rude") }

type named struct{ n int }

func (n named) String() string { return fmt.Sprintf("named-%d", n.n) }

func TestPairs(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pairs []any
		want  string
	}{
		{"plain", []any{"n", 17, "s", "x", "b", true, "f", 1.5, "d", 1500 * time.Microsecond}, "b=true d=1.5 f=1.5 n=17 s=x"},
		{"error", []any{"err", io.EOF}, "err=EOF"},
		{"marshaler", []any{"who", secret{"anna", "x"}}, `who={"name":"anna"}`},
		{"stringer", []any{"who", named{3}, "month", time.March}, "month=3 who=named-3"},
		{"panics", []any{"who", rude{}}, "who=[krunk: a krunklogr_test.rude panicked]"},
		{"odd", []any{"a", 1, "b"}, "a=1 b=[krunk: no value]"},
		{"no text", []any{17, 1, nil, 2}, ""},
		{"nil", []any{"a", nil}, "a=<nil>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := bridgetest.Start(t)
			logr.New(krunklogr.New(c.Channel("net"), nil)).Info("got", tt.pairs...)
			c.Flush(time.Minute)
			logs := srv.Logs()
			if len(logs) != 1 {
				t.Fatalf("%d log records arrived, want 1", len(logs))
			}
			got := bridgetest.Own(&logs[0])
			if tt.want == "" && strings.Count(got, "=") == 2 {
				return
			}
			if got != tt.want {
				t.Errorf("attributes %s, want %s", got, tt.want)
			}
		})
	}
}

func TestLevels(t *testing.T) {
	for v, want := range map[int]krunk.Level{0: krunk.LevelInfo, 2: -2, 4: krunk.LevelDebug, 8: krunk.LevelTrace, -3: krunk.LevelInfo} {
		if got := krunklogr.Level(v); got != want {
			t.Errorf("V(%d): got %d, want %d", v, got, want)
		}
	}
	c, err := krunk.Start(krunk.Config{Channels: map[string]krunk.Thresholds{"net": {Trail: "debug"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(0)
	l := logr.New(krunklogr.New(c.Channel("net"), nil))
	if !l.V(4).Enabled() || l.V(5).Enabled() {
		t.Error("the channel's thresholds do not decide what is enabled")
	}
	logr.New(krunklogr.New(nil, nil)).WithName("a").WithValues("b", 1).Error(nil, "nowhere")
}

func TestNamesAndValues(t *testing.T) {
	c, srv := bridgetest.Start(t)
	l := logr.New(krunklogr.New(c.Channel("net"), nil)).WithValues("peer", "10.0").WithName("lobby").WithName("chat").WithValues("room", 3)
	l.V(2).Info("got", "seq", 17)
	c.Flush(time.Minute)
	logs := srv.Logs()
	if len(logs) != 1 {
		t.Fatalf("%d log records arrived, want 1", len(logs))
	}
	if got, want := bridgetest.Own(&logs[0]), "logger=lobby/chat peer=10.0 room=3 seq=17"; got != want {
		t.Errorf("attributes %s, want %s", got, want)
	}
}

func place(l logr.Logger) {
	l.Error(fmt.Errorf("dial: %w", io.ErrUnexpectedEOF), "connection lost", "seq", 17)
}
func helper(l logr.Logger)        { l.WithCallDepth(1).Error(io.EOF, "connection lost") }
func throughHelper(l logr.Logger) { helper(l) }

// An error is an event with the chain of the error, and its stack begins where the game logged.
func TestErrorsAreEvents(t *testing.T) {
	for _, tt := range []struct {
		name, top string
		log       func(logr.Logger)
	}{
		{"plain", "place", place},
		{"helper", "throughHelper", throughHelper},
		{"klog", "klogPlace", klogPlace},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := bridgetest.Start(t)
			tt.log(logr.New(krunklogr.New(c.Channel("net"), &krunklogr.Options{Next: funcr.New(func(string, string) {}, funcr.Options{}).GetSink()})))
			c.Flush(time.Minute)
			events := srv.Events()
			if len(events) != 1 {
				t.Fatalf("%d events arrived, want 1", len(events))
			}
			if got := events[0].Top().Function; got != tt.top {
				t.Errorf("top frame %s, want %s", got, tt.top)
			}
			if len(events[0].Exceptions) < 2 {
				t.Errorf("%d exceptions, want the message over the error", len(events[0].Exceptions))
			}
		})
	}
}

func klogPlace(l logr.Logger) {
	klog.SetLogger(l)
	defer klog.ClearLogger()
	klog.ErrorS(io.ErrUnexpectedEOF, "connection lost", "seq", 17)
}

// The old output stays, with its own idea of the place that logged.
func TestNext(t *testing.T) {
	c, srv := bridgetest.Start(t)
	var old []string
	next := funcr.New(func(prefix, args string) { old = append(old, prefix+args) }, funcr.Options{Verbosity: 1, LogCaller: funcr.All})
	l := logr.New(krunklogr.New(c.Channel("net"), &krunklogr.Options{Next: next.GetSink()})).WithName("lobby").WithValues("peer", "10.0")
	l.V(4).Info("only Krunk")
	l.Info("both", "seq", 17)
	helper(l)
	c.Flush(time.Minute)
	if len(old) != 2 || !strings.Contains(old[0], `"msg"="both" "peer"="10.0" "seq"=17`) || strings.Count(strings.Join(old, " "), "sink_test.go") != 2 {
		t.Errorf("old output %q, want both and its place in this file", old)
	}
	if n := len(srv.Logs()); n != 3 {
		t.Errorf("%d log records arrived, want 3", n)
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
	sink := krunklogr.New(c.Channel("net"), nil)
	sink.Init(logr.RuntimeInfo{CallDepth: 1})
	gone := errors.New("gone")
	four := []any{"seq", 17, "peer", "10.0", "ok", true, "rtt", 1.5}
	for name, f := range map[string]func(){
		"none":                func() { sink.Info(0, "packet lost") },
		"four":                func() { sink.Info(0, "packet lost", four...) },
		"error":               func() { sink.Error(gone, "packet lost", four...) },
		"below the threshold": func() { sink.Info(9, "packet lost", four...) },
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
	old := funcr.New(func(prefix, args string) { fmt.Println(prefix, args) }, funcr.Options{})
	logger := logr.New(krunklogr.New(client.Channel("game"), &krunklogr.Options{Next: old.GetSink()}))
	logger.Info("packet lost", "seq", 17)
	// Output: "level"=0 "msg"="packet lost" "seq"=17
}
