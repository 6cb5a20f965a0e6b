package protocol

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// An event of a hang says how long it was, or that the program died of it, and everything else in it stays.
func TestAppendHang(t *testing.T) {
	const payload = `{"event_id":"a","level":"error","exception":{"values":[{"type":"AppHang","value":"no \"level\":\"error\"","mechanism":{"type":"AppHang","handled":true,"synthetic":true}}]},` +
		`"contexts":{"level":{"level":"error","handled":true},"krunk":{"frame":7}},"breadcrumbs":{"values":[{"level":"error"}]}}`
	for _, tt := range []struct {
		name    string
		ms      uint32
		dead    bool
		changes []string // from, to
	}{
		{"over, nobody knows when", 0, false, nil},
		{"over", 7312, false, []string{`"frame":7`, `"frame":7,"hang_ms":7312`}},
		{"died", 0, true, []string{`"event_id":"a","level":"error"`, `"event_id":"a","level":"fatal"`, `"handled":true,"synthetic"`, `"handled":false,"synthetic"`}},
	} {
		item := AppendItem([]byte("before"), "event", []byte(payload))[len("before"):]
		got := AppendHang([]byte("before"), item, tt.ms, tt.dead)
		want := strings.NewReplacer(tt.changes...).Replace(payload)
		line, rest, _ := bytes.Cut(bytes.TrimPrefix(got, []byte("before")), []byte("\n"))
		var head struct{ Length int }
		if err := json.Unmarshal(line, &head); err != nil || head.Length != len(rest)-1 {
			t.Errorf("%s: line %s of %d bytes", tt.name, line, len(rest)-1)
		}
		var a, b any
		if json.Unmarshal(rest, &a) != nil || json.Unmarshal([]byte(want), &b) != nil {
			t.Fatalf("%s: got %s", tt.name, rest)
		}
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		if string(x) != string(y) {
			t.Errorf("%s: got\n%s, want\n%s", tt.name, x, y)
		}
	}
	for _, bad := range []string{"", "x", "{}\n", `{"length":4}` + "\nnull\n", `{"length":2}` + "\n{]\n", `{"length":9}` + "\n{\"contexts\":7\n",
		`{"length":9}` + "\n", `{"length":9}` + "\n\n", `{"length":9}` + "\n{\"timestamp\":\"\n", `{"length":9}` + "\n{\"timestamp\":\"", `{"length":9}` + "\n{\"contexts\":\"", `{"length":9}`} {
		AppendHang(nil, []byte(bad), 1, true) // of a run file: it must not panic
		AppendMoved(nil, []byte(bad), 1)
	}
}

// However deep objects lie in each other, it takes a moment.
func TestAppendMovedDeep(t *testing.T) {
	deep := strings.Repeat(`{"breadcrumbs":`, 100_000) + `{"timestamp":7}` + strings.Repeat("}", 100_000)
	item := AppendItem(nil, "event", []byte(deep))
	begin := time.Now()
	if got := AppendMoved(nil, item, 1e9); !bytes.Equal(got, item) {
		t.Errorf("%d bytes became %d others", len(item), len(got))
	}
	t.Log(time.Since(begin))
}

// Items of a run file are input from outside.
func FuzzItemOfTheDead(f *testing.F) {
	for _, s := range []string{`{"timestamp":1.5,"breadcrumbs":{"values":[{"timestamp":"2026-01-02T03:04:05.000006Z"}]}}`, `{"exception":{"values":[{"mechanism":{}}]},"contexts":{"krunk":{}}}`, `{"items":[{"timestamp":"`} {
		f.Add(AppendItem(nil, "event", []byte(s)))
	}
	f.Add([]byte(`{"length":1}` + "\n"))
	f.Fuzz(func(t *testing.T, item []byte) {
		AppendHang(nil, item, 1, true)
		AppendMoved(nil, item, 1e9)
	})
}
