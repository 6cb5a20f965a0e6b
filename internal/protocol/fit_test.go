package protocol

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/internal/text"
)

// mountain is far too long in every part.
func mountain() *Event {
	ev := full()
	for range 200 {
		ev.Breadcrumbs = append(ev.Breadcrumbs, crumb("2026-09-21T14:13:20Z", Breadcrumb{Message: strings.Repeat("m", 500)}))
	}
	top := &ev.Exception.Values[1]
	for range 240 {
		top.Stacktrace.Frames = append(top.Stacktrace.Frames, Frame{Function: strings.Repeat("f", 200), Module: strings.Repeat("m", 200)})
	}
	var chain []Exception
	for range 20 {
		chain = append(chain, Exception{Type: "*inner", Value: strings.Repeat("v", 4000)})
	}
	ev.Exception.Values = append(chain, ev.Exception.Values...)
	ev.Contexts = append(ev.Contexts, Context{"game", Raw(`{"a":"` + strings.Repeat("g", 8000) + `"}`)})
	for i := range 32 {
		ev.Tags = append(ev.Tags, Tag{Key: strings.Repeat("t", i+1), Value: strings.Repeat("\x01", 200)})
	}
	return ev
}

func TestEventWithin(t *testing.T) {
	tests := []struct {
		max  int
		want string // the note, and so what was given up
		kept string
		gone string
	}{
		{MaxEvent, ``, `"game":`, `krunk_trimmed`},
		{300_000, `{"thread_frames":1,"threads":1,"breadcrumbs":101}`, `"breadcrumbs":{"values`, `"*fs.PathError","value":""`},
		{152_000, `{"thread_frames":1,"threads":1,"breadcrumbs":202,"frames":192}`, `"game":`, `"breadcrumbs":{"values`},
		{145_000, `{"thread_frames":1,"threads":1,"breadcrumbs":202,"frames":192,"contexts":1}`, `"krunk_shortened":["a"]`, `"breadcrumbs":{"values`},
		{90_000, `{"thread_frames":1,"threads":1,"breadcrumbs":202,"frames":192,"contexts":1,"messages":20}`, `"game":{"a":"gg`, `"breadcrumbs":{"values`},
		{70_000, `{"thread_frames":1,"threads":1,"breadcrumbs":202,"frames":192,"contexts":1,"messages":20,"exceptions":17}`, `"game":{"a":"gg`, `"breadcrumbs":{"values`},
		{32_000, `{"thread_frames":1,"threads":1,"breadcrumbs":202,"frames":232,"contexts":3,"messages":20,"exceptions":21,"rest":true}`, `"support_code":"K7PQ2MZX"`, `*inner`},
		{MinFit, `,"contexts":6,"messages":20,"exceptions":21,"rest":true}`, `"type":"runtime.boundsError"`, `"frames":[`},
	}
	for _, tt := range tests {
		t.Run(string(strconv.AppendInt(nil, int64(tt.max), 10)), func(t *testing.T) {
			var e Encoder
			out, err := e.EventWithin([]byte("kept"), mountain(), tt.max)
			body := strings.TrimPrefix(string(out), "kept")
			if err != nil || len(body) > tt.max || !json.Valid([]byte(body)) {
				t.Fatalf("got %d bytes, %v", len(body), err)
			}
			note := body
			if i := strings.Index(body, `"krunk_trimmed":{`); i >= 0 {
				note = body[i : i+strings.IndexByte(body[i:], '}')+1]
			}
			t.Logf("%d bytes, %s", len(body), note[:min(len(note), 200)])
			if !strings.Contains(body, tt.want) || !strings.Contains(body, tt.kept) || tt.gone != "" && strings.Contains(body, tt.gone) {
				t.Errorf("want %s and %s without %s in\n%.600s", tt.want, tt.kept, tt.gone, note)
			}
		})
	}
}

// The frames that are left are the first ten callers and the forty calls at the crash.
func TestEventWithinKeepsBothEndsOfTheStack(t *testing.T) {
	st := &Stacktrace{}
	for i := range 100 {
		st.Frames = append(st.Frames, Frame{Lineno: i + 1})
	}
	f := fitter{ev: &Event{Exception: &Exceptions{Values: []Exception{{Stacktrace: st}}}}}
	f.dropFrames()
	if got := []int{len(st.Frames), st.Frames[0].Lineno, st.Frames[9].Lineno, st.Frames[10].Lineno, st.Frames[49].Lineno}; got[0] != 50 || got[1] != 1 || got[2] != 10 || got[3] != 61 || got[4] != 100 {
		t.Errorf("got %v, want [50 1 10 61 100]", got)
	}
}

// Frames of the goroutines beside the one that crashed go first, their outer ones before the inner ones, then these goroutines, and only
// then breadcrumbs.
func TestEventWithinGivesUpThreadsFirst(t *testing.T) {
	crash := func() *Event {
		ev := full()
		for i := range 30 {
			s := &Stacktrace{}
			for j := range 100 {
				s.Frames = append(s.Frames, Frame{Function: "f", Module: strings.Repeat("m", 60), Lineno: 1 + j})
			}
			ev.Threads.Values = append(ev.Threads.Values, Thread{ID: uint64(20 + i), Name: strings.Repeat("n", 60), State: "select", Stacktrace: s})
		}
		return ev
	}
	for _, tt := range []struct {
		max                    int
		note                   string
		threads, frames, first int
	}{
		{500_000, ``, 32, 100, 1},
		{100_000, `{"thread_frames":2700}`, 32, 10, 91},
		{20_000, `{"thread_frames":3001}`, 32, 0, 0},
		{MinFit, `{"thread_frames":3001,"threads":31}`, 1, 0, 0},
	} {
		var e Encoder
		ev := crash()
		out, err := e.EventWithin(nil, ev, tt.max)
		if err != nil || len(out) > tt.max {
			t.Fatalf("%d: got %d bytes, %v", tt.max, len(out), err)
		}
		var back Event
		if err := json.Unmarshal(out, &struct {
			Threads   **Threads    `json:"threads"`
			Exception **Exceptions `json:"exception"`
		}{&back.Threads, &back.Exception}); err != nil {
			t.Fatal(err)
		}
		threads := back.Threads.Values
		frames, first := 0, 0
		if s := threads[len(threads)-1].Stacktrace; s != nil {
			frames, first = len(s.Frames), s.Frames[0].Lineno
		}
		if len(threads) != tt.threads || frames != tt.frames || first != tt.first || !threads[0].Crashed {
			t.Errorf("%d: %d threads, the last one with %d frames from line %d on; want %d, %d from %d", tt.max, len(threads), frames, first, tt.threads, tt.frames, tt.first)
		}
		if got := len(back.Exception.Values[1].Stacktrace.Frames); got != 2 || len(ev.Breadcrumbs) != 2 {
			t.Errorf("%d: %d frames of the crash and %d breadcrumbs are left, want all 2 and 2", tt.max, got, len(ev.Breadcrumbs))
		}
		if !strings.Contains(string(out), tt.note) || tt.note == "" && strings.Contains(string(out), "krunk_trimmed") {
			t.Errorf("%d: no note %s in %.600s", tt.max, tt.note, out)
		}
	}
}

// The newest breadcrumbs and the outermost error stay.
func TestEventWithinKeepsTheEnds(t *testing.T) {
	ev := full()
	ev.Breadcrumbs = []Raw{Raw("1"), Raw("2"), Raw("3")}
	f := fitter{ev: ev}
	f.halveCrumbs()
	if got := ev.Breadcrumbs; len(got) != 1 || string(got[0]) != "3" || cap(got) != 3 {
		t.Errorf("got %v with room for %d, want the newest in its old memory", got, cap(got))
	}
	f.keepErrors(1)
	if got := ev.Exception.Values; len(got) != 1 || got[0].Type != "runtime.boundsError" {
		t.Errorf("got %v, want the outermost", got)
	}
}

// Whatever is in an event, 4096 bytes hold what is left of it, and its lists and the names of the SDK stay the owner's.
func TestEventWithinMinFit(t *testing.T) {
	for _, c := range []string{"\x01", "\xff", "é", "\"", "\u2028", "x"} {
		long := strings.Repeat(c, 1<<16)
		raw := Raw(text.AppendString(nil, long))
		yes, n := true, -1<<31
		sdk := SDK{Name: long, Version: long, Settings: &SDKSettings{InferIP: long}}
		tags := []Tag{{Key: "support_code", Value: long}, {Key: "a", Value: long}}
		ev := &Event{
			EventID: long, Timestamp: -1.7976931348623157e+308, Platform: long, Level: long, Logger: long, Release: long, Dist: long, Environment: long,
			SDK: &sdk, User: &User{ID: long}, Tags: tags, Fingerprint: []string{long},
			Contexts: []Context{{"trace", raw}, {"krunk", raw}, {"runtime", raw}, {"os", raw}, {long, raw}},
			LogEntry: &LogEntry{Message: long},
			Exception: &Exceptions{Values: []Exception{{}, {Type: long, Value: long, Module: long, ThreadID: 1<<64 - 1,
				Mechanism:  &Mechanism{Type: long, Source: long, Handled: &yes, ExceptionID: &n, ParentID: &n},
				Stacktrace: &Stacktrace{Frames: []Frame{{Function: long}}}}}},
			Threads:     &Threads{Values: []Thread{{Name: long}}},
			Breadcrumbs: []Raw{crumb("", Breadcrumb{Message: long, Data: raw})},
		}
		var e Encoder
		out, err := e.EventWithin(nil, ev, MinFit)
		if err != nil || len(out) > MinFit || !json.Valid(out) {
			t.Errorf("%q: got %d bytes, %v", c, len(out), err)
		}
		for _, part := range []string{`"type":`, `"value":`, `"handled":true`, `"message":`, `"support_code":`, `"rest":true`} {
			if !strings.Contains(string(out), part) {
				t.Errorf("%q: no %s in %s", c, part, out)
			}
		}
		if sdk.Name != long || sdk.Settings.InferIP != long {
			t.Errorf("%q: the owner's SDK was changed", c)
		}
		if &ev.Tags[0] != &tags[0] {
			t.Errorf("%q: the list of tags was replaced", c)
		}
	}
}

func TestEventWithinTooSmall(t *testing.T) {
	var e Encoder
	for _, max := range []int{-1, 0, 100} {
		ev := full()
		ev.LogEntry.Message = strings.Repeat("\x01", 1<<20)
		out, err := e.EventWithin([]byte("kept"), ev, max)
		if err == nil || string(out) != "kept" || cap(out) > 64<<10 {
			t.Errorf("%d: got %q with room for %d, %v, want an error and dst", max, out, cap(out), err)
		}
	}
}

func TestEventWithinCapsAtOneMiB(t *testing.T) {
	ev := &Event{}
	for range 300 {
		ev.Breadcrumbs = append(ev.Breadcrumbs, crumb("", Breadcrumb{Message: strings.Repeat("x", 8000)}))
	}
	var e Encoder
	out, err := e.EventWithin(nil, ev, 1<<30)
	if err != nil || len(out) > 1<<20 {
		t.Errorf("got %d bytes, %v", len(out), err)
	}
}

// An event of 200 MB is cut before it is encoded: what it takes depends on the limit alone.
func TestEventWithinDoesNotEncodeFirst(t *testing.T) {
	long := Raw(`"` + strings.Repeat("1", 1<<20) + `"`)
	ev := &Event{}
	for range 200 {
		ev.Breadcrumbs = append(ev.Breadcrumbs, long)
	}
	var e Encoder
	out, err := e.EventWithin(nil, ev, MinFit)
	if err != nil || cap(out) > 64<<10 {
		t.Errorf("got a buffer of %d bytes, %v", cap(out), err)
	}
}

// The guard never takes an event for larger than it is.
func TestLeastIsALowerBound(t *testing.T) {
	for i := range 2000 {
		s := source{b: []byte(strings.Repeat(string(rune('a'+i%26))+"\x05\x81"+string(rune(i)), 60+i%200))}
		ev := s.event()
		ev.tidy()
		if got, want := ev.least(), uint64(len(whole(nil, ev))); got > want {
			t.Fatalf("got %d, want at most %d: %+v", got, want, ev)
		}
	}
}
