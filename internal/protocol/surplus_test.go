package protocol

import (
	"encoding/json"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// crowd is an event with a thousand of everything, all over the same long text: small itself, 260 MB if every piece of it were
// cut by copying.
func crowd() *Event {
	long := strings.Repeat("x", 9000)
	frames := make([]Frame, 300)
	for i := range frames {
		frames[i] = Frame{Function: long, Module: long, Filename: long, AbsPath: long, Lineno: i}
	}
	ev := full()
	for i := range 1000 {
		ev.Breadcrumbs = append(ev.Breadcrumbs, crumb("", Breadcrumb{Message: long, Category: long, Data: Raw(`{"a":1}`)}))
		ev.Exception.Values = append(ev.Exception.Values, Exception{
			Type: long, Value: strconv.Itoa(i) + long[:8000], Stacktrace: &Stacktrace{Frames: append([]Frame(nil), frames[:100]...)},
		})
		ev.Threads.Values = append(ev.Threads.Values, Thread{Name: long, State: long, Stacktrace: &Stacktrace{Frames: append([]Frame(nil), frames[:100]...)}})
		ev.Fingerprint = append(ev.Fingerprint, long)
		if i < MaxTags {
			ev.Tags = append(ev.Tags, Tag{Key: "tag" + strconv.Itoa(i), Value: long[:MaxTag]})
		}
	}
	return ev
}

// What EventWithin allocates follows MaxEvent and not the event.
func TestEventWithinOfACrowd(t *testing.T) {
	for _, max := range []int{MaxEvent, 64 << 10, MinFit} {
		ev := crowd()
		var e Encoder
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		out, err := e.EventWithin(nil, ev, max)
		runtime.ReadMemStats(&after)
		if err != nil || len(out) > max || !json.Valid(out) {
			t.Fatalf("%d: got %d bytes, %v", max, len(out), err)
		}
		got, most := after.TotalAlloc-before.TotalAlloc, uint64(8*MaxEvent)
		t.Logf("%d: allocated %d KiB", max, got>>10)
		if got > most {
			t.Errorf("%d: allocated %d KiB, want at most %d", max, got>>10, most>>10)
		}
		if !strings.Contains(string(out), `"support_code":`) || !strings.Contains(string(out), `"value":"999`) {
			t.Errorf("%d: the support code or the outermost error is gone: %.300s", max, out)
		}
	}
}
