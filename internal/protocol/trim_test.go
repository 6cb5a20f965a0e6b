package protocol

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEventTrimTexts(t *testing.T) {
	long := strings.Repeat("é", 10_000)
	ev := &Event{
		Logger: long, Release: long, Dist: long, Environment: long, Fingerprint: []string{long},
		User:     &User{ID: long, Username: long, Email: long},
		LogEntry: &LogEntry{Message: long},
		Exception: &Exceptions{Values: []Exception{{Type: long, Value: long, Module: long, Mechanism: &Mechanism{Type: long, Source: long},
			Stacktrace: &Stacktrace{Frames: []Frame{{Function: long, Module: long, Filename: long, AbsPath: long}}}}}},
		Threads: &Threads{Values: []Thread{{Name: long, State: long, Stacktrace: &Stacktrace{Frames: []Frame{{Function: long}}}}}},
	}
	n := ev.Trim()
	x, f := &ev.Exception.Values[0], &ev.Exception.Values[0].Stacktrace.Frames[0]
	fields := []struct {
		name, got string
		max       int
	}{
		{"logger", ev.Logger, 64}, {"release", ev.Release, 200}, {"dist", ev.Dist, 64}, {"environment", ev.Environment, 64},
		{"fingerprint", ev.Fingerprint[0], 200}, {"user.id", ev.User.ID, 128}, {"user.username", ev.User.Username, 128}, {"user.email", ev.User.Email, 75},
		{"message", ev.LogEntry.Message, 8192},
		{"type", x.Type, 256}, {"value", x.Value, 8192}, {"module", x.Module, 256}, {"mechanism", x.Mechanism.Type, 256}, {"source", x.Mechanism.Source, 256},
		{"function", f.Function, 256}, {"frame module", f.Module, 256}, {"filename", f.Filename, 256}, {"abs_path", f.AbsPath, 256},
		{"thread", ev.Threads.Values[0].Name, 1024}, {"state", ev.Threads.Values[0].State, 256},
		{"thread's function", ev.Threads.Values[0].Stacktrace.Frames[0].Function, 256},
	}
	for _, tt := range fields {
		if len(tt.got) > tt.max || len(tt.got) < tt.max-1 || !strings.HasSuffix(tt.got, "...") || !utf8.ValidString(tt.got) {
			t.Errorf("%s: got %d bytes, want %d with dots at the end", tt.name, len(tt.got), tt.max)
		}
	}
	if n != len(fields) {
		t.Errorf("got %d things cut, want %d", n, len(fields))
	}
	if again := ev.Trim(); again != 0 {
		t.Errorf("second Trim: got %d things cut, want 0", again)
	}
}

func TestEventTrimLimitsAreInclusive(t *testing.T) {
	ev := &Event{
		Logger: strings.Repeat("l", 64), Release: strings.Repeat("r", 200), Dist: strings.Repeat("d", 64), Environment: strings.Repeat("e", 64),
		User:      &User{ID: strings.Repeat("i", 128), Email: strings.Repeat("m", 75)},
		Contexts:  []Context{{"c", Raw(`"` + strings.Repeat("c", 8190) + `"`)}},
		LogEntry:  &LogEntry{Message: strings.Repeat("f", 8192)},
		Exception: &Exceptions{Values: []Exception{{Stacktrace: &Stacktrace{Frames: make([]Frame, 250)}}}},
	}
	if got := ev.Trim(); got != 0 {
		t.Errorf("got %d things cut, want 0", got)
	}
}

func TestEventTrimLogger(t *testing.T) {
	ev := &Event{Logger: "a\nb\rc"}
	if ev.Trim(); ev.Logger != "a b c" {
		t.Errorf("got %q, want %q", ev.Logger, "a b c")
	}
}

func TestEventTrimRaws(t *testing.T) {
	big := Raw(`"` + strings.Repeat("x", 9000) + `"`)
	ev := &Event{Contexts: []Context{{"a", big}}}
	if got := ev.Trim(); got != 1 {
		t.Errorf("got %d things cut, want 1", got)
	}
	if got, want := string(ev.Contexts[0].Fields), `{"krunk_trimmed":"9002 bytes are over 8192"}`; got != want {
		t.Errorf("context: got %s, want %s", got, want)
	}
}

// The callers' end and the crash are both there, as the server would have kept them.
func TestEventTrimFrames(t *testing.T) {
	for _, n := range []int{0, 1, 249, 250, 251, 300, 1000} {
		s := &Stacktrace{}
		for i := range n {
			s.Frames = append(s.Frames, Frame{Lineno: i + 1})
		}
		other := &Stacktrace{Frames: make([]Frame, n)}
		ev := &Event{Exception: &Exceptions{Values: []Exception{{Stacktrace: s}}}, Threads: &Threads{Values: []Thread{{Stacktrace: other}}}}
		if got, want := ev.Trim(), 2*min(max(n-250, 0), 1); got != want || len(other.Frames) != min(n, 250) {
			t.Errorf("%d frames: got %d things cut, want %d", n, got, want)
		}
		if got, want := len(s.Frames), min(n, 250); got != want {
			t.Fatalf("%d frames: got %d, want %d", n, got, want)
		}
		for i, f := range s.Frames {
			want := i + 1
			if i >= 50 {
				want = n - len(s.Frames) + i + 1
			}
			if f.Lineno != want {
				t.Fatalf("%d frames: frame %d: got line %d, want %d", n, i, f.Lineno, want)
			}
		}
	}
}
