package protocol

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
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
	for _, bad := range []string{"", "x", "{}\n", `{"length":4}` + "\nnull\n", `{"length":2}` + "\n{]\n", `{"length":9}` + "\n{\"contexts\":7\n"} {
		AppendHang(nil, []byte(bad), 1, true) // of a run file: it must not panic
	}
}
