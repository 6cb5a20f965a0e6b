package protocol

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"
)

// monsters are events of which one part is out of all proportion. Most would be hundreds of megabytes when encoded; they share
// the memory of their texts.
func monsters() map[string]func(*Event) {
	const many = 50_000
	long := strings.Repeat("\x01\xff\u2028<", 1<<18)
	raw := Raw(AppendString(nil, long))
	deep := Raw(strings.Repeat("[", 4<<20))
	blank := Raw("[" + strings.Repeat(" ", 4<<20) + "]")
	return map[string]func(*Event){
		"texts": func(ev *Event) {
			ev.Logger, ev.Release, ev.Environment, ev.Dist = long, long, long, long
			*ev.User, *ev.LogEntry = User{long, long, long}, LogEntry{long, long}
		},
		"crumbs": func(ev *Event) {
			ev.Breadcrumbs.Values = make([]Breadcrumb, many)
			for i := range ev.Breadcrumbs.Values {
				ev.Breadcrumbs.Values[i] = Breadcrumb{Timestamp: 1e-300, Category: long, Level: "info", Message: long, Data: raw}
			}
		},
		"small crumbs": func(ev *Event) {
			ev.Breadcrumbs.Values = make([]Breadcrumb, many)
			for i := range ev.Breadcrumbs.Values {
				ev.Breadcrumbs.Values[i].Message = "\x01\x01\x01\x01\x01\x01"
			}
		},
		"errors": func(ev *Event) {
			ev.Exception.Values = make([]Exception, many)
			for i := range ev.Exception.Values {
				ev.Exception.Values[i] = Exception{Type: long, Value: long, Module: long, Mechanism: &Mechanism{Type: long, Source: long}}
			}
		},
		"frames": func(ev *Event) {
			for i := range ev.Exception.Values {
				frames := make([]Frame, many)
				for j := range frames {
					frames[j] = Frame{Function: long, Module: long, Filename: long, AbsPath: long, InstructionAddr: long}
				}
				ev.Exception.Values[i].Stacktrace = &Stacktrace{Frames: frames}
			}
		},
		"threads": func(ev *Event) {
			ev.Threads.Values = make([]Thread, many)
			for i := range ev.Threads.Values {
				ev.Threads.Values[i].Name = long
			}
		},
		"fingerprint": func(ev *Event) {
			ev.Fingerprint = make([]string, many)
			for i := range ev.Fingerprint {
				ev.Fingerprint[i] = long
			}
		},
		"tags": func(ev *Event) {
			for i := range many {
				ev.Tags[string(AppendInt(nil, int64(i)))+" "] = long
			}
		},
		"contexts": func(ev *Event) {
			for i := range many {
				ev.Contexts[string(AppendInt(nil, int64(i)))] = raw
			}
		},
		"invalid raws": func(ev *Event) { ev.Contexts["a"], ev.Contexts["trace"], ev.Breadcrumbs.Values[0].Data = deep, deep, deep },
		"blank raws":   func(ev *Event) { ev.Contexts["a"], ev.Contexts["trace"], ev.Breadcrumbs.Values[0].Data = blank, blank, blank },
	}
}

// Whatever the event and the limit, EventWithin finds something that fits, says what is gone, and takes memory by the limit:
// a handful of buffers, each at most six times the limit, for that is what an escape makes of a byte.
func TestEventWithinMonsters(t *testing.T) {
	const budget = 48 << 20
	all := monsters()
	all["all"] = func(ev *Event) {
		for _, f := range monsters() {
			f(ev)
		}
	}
	for name, f := range all {
		for _, max := range []int{MinFit, MinFit + 1, 20_000, 100_000, 400_000, MaxEvent} {
			ev := full()
			f(ev)
			var e Encoder
			e.Warm()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			out, err := e.EventWithin(nil, ev, max)
			runtime.ReadMemStats(&after)
			if err != nil || len(out) > max || !json.Valid(out) {
				t.Errorf("%s in %d: got %d bytes, %v", name, max, len(out), err)
			}
			for _, part := range []string{`"krunk_trimmed":{`, `"event_id":"5b0d7e0c1f4a4c2e9a61d1f0c3b7a9e2"`, `"platform":"go"`, `"level":"fatal"`} {
				if !strings.Contains(string(out), part) {
					t.Errorf("%s in %d: no %s in %.300s", name, max, part, out)
				}
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > budget {
				t.Errorf("%s in %d: got %d bytes allocated, want at most %d", name, max, got, budget)
			}
		}
	}
}
