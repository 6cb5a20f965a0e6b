//go:build ((amd64 || arm64 || 386) && !(nintendosdk || playstation5 || microsoftgdk || krunk_lean)) || krunk_gojson

package protocol

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

type panics struct{ v any }

func (p panics) MarshalJSON() ([]byte, error) { panic(p.v) }

func TestPanicBecomesError(t *testing.T) {
	tests := []struct {
		name string
		v    any
		want string
	}{
		{"error", errors.New("boom"), "boom"},
		{"text", "bang", "bang"},
		{"other", 7, "panicked"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var e Encoder
			out, err := e.run([]byte("kept"), panics{tt.v})
			if err == nil || !strings.Contains(err.Error(), tt.want) || string(out) != "kept" {
				t.Fatalf("got %q, %v", out, err)
			}
			both(t, &e, full()) // it works on
		})
	}
}

func TestErrorLeavesDst(t *testing.T) {
	var e Encoder
	out, err := e.run([]byte("kept"), make(chan int))
	if err == nil || string(out) != "kept" {
		t.Fatalf("got %q, %v", out, err)
	}
}

// Random events and logs are the same bytes from both encoders.
func TestEncodersAgree(t *testing.T) {
	var e Encoder
	rnd := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 2048)
	for range 3000 {
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		s := source{b: b[:rnd.IntN(len(b))]}
		both(t, &e, s.event())
		wantLogs(t, s.logs())
	}
}

// So are events that were not tidied first: what is nil, empty and neither.
func TestEncodersAgreeOnNothing(t *testing.T) {
	frames := []*Stacktrace{nil, {}, {Frames: []Frame{}}, {Frames: []Frame{{}}}}
	exceptions := []*Exceptions{nil, {}, {Values: []Exception{}}}
	for _, f := range frames {
		exceptions = append(exceptions, &Exceptions{Values: []Exception{{Stacktrace: f, Mechanism: &Mechanism{}}, {}}})
	}
	threads := []*Threads{nil, {}, {Values: []Thread{}}, {Values: []Thread{{}}}}
	for _, f := range frames {
		threads = append(threads, &Threads{Values: []Thread{{Stacktrace: f, State: "select"}, {}}})
	}
	rest := []Event{
		{}, {Fingerprint: []string{}}, {Fingerprint: []string{""}},
		{SDK: &SDK{}, User: &User{}, LogEntry: &LogEntry{}}, {SDK: &SDK{Settings: &SDKSettings{}}},
	}
	var e Encoder
	for i := range 1000 {
		ev := rest[i%len(rest)]
		ev.Exception = exceptions[i%len(exceptions)]
		ev.Threads = threads[i/2%len(threads)]
		got, err := e.encode(nil, &ev)
		if want := leanEvent(nil, &ev); err != nil || string(got) != string(want) {
			t.Fatalf("%v\n got %s\nwant %s", err, got, want)
		}
	}
}
