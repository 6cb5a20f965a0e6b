package protocol

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// Times of events, breadcrumbs and log records move, and nothing else does, however it is called.
func TestAppendMoved(t *testing.T) {
	const payload = `{"event_id":"a","timestamp":5.25,"contexts":{"attributes":{"timestamp":5.25,"values":[{"timestamp":1}]}},` +
		`"exception":{"values":[{"type":"T","timestamp":1}]},` +
		`"breadcrumbs":{"values":[{"timestamp":"1970-01-01T00:00:04.000001Z","data":{"timestamp":"1970-01-01T00:00:04.000001Z","values":[]}},{"message":"no time"},{"timestamp":"soon"}]}}`
	by := time.Date(2026, 11, 27, 2, 0, 0, 0, time.UTC).UnixNano()
	got := string(AppendMoved([]byte("kept"), AppendItem(nil, "event", []byte(payload)), by))
	want := strings.NewReplacer(`"a","timestamp":5.25`, `"a","timestamp":1795744805.25`, `[{"timestamp":"1970-01-01T00:00:04.000001Z"`, `[{"timestamp":"2026-11-27T02:00:04.000001Z"`).Replace(payload)
	if want = "kept" + string(AppendItem(nil, "event", []byte(want))); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	logs := []byte(`{"items":[{"timestamp":1.000001,"attributes":{"timestamp":{"value":1,"type":"integer"}}},{"timestamp":2}]}`)
	got = string(AppendMoved(nil, AppendLogItem(nil, 2, logs), int64(time.Hour)))
	moved := []byte(`{"items":[{"timestamp":3601.000001,"attributes":{"timestamp":{"value":1,"type":"integer"}}},{"timestamp":3602}]}`)
	if want := string(AppendLogItem(nil, 2, moved)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A whole event is the same after there and back.
func TestAppendMovedBack(t *testing.T) {
	var e Encoder
	body, err := e.Event(nil, full())
	if err != nil {
		t.Fatal(err)
	}
	item := AppendItem(nil, "event", body)
	there := AppendMoved(nil, item, int64(1000*time.Hour))
	if back := AppendMoved(nil, there, -int64(1000*time.Hour)); !bytes.Equal(back, item) || bytes.Equal(there, item) {
		t.Errorf("got  %s\nwant %s", back, item)
	}
}
