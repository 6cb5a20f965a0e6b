package sentryrules

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestJSONRefuses(t *testing.T) {
	for _, src := range []string{
		"", " ", "{", "[", `"`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,}`, `[1,]`, `[1 2]`, `{1:2}`, `{"a" 1}`, "01", "-", "1.", "1e", "1e+", "+1", ".5",
		"NaN", "Infinity", "1e999", "nul", "tru", "True", `"\x"`, `"\u12"`, `"\ud800"`, `"\ud800\u0041"`, `"\udc00"`, "\"\x01\"", "\"\xff\"",
		"\"\xed\xa0\x80\"", `"\`, "1 2", "{}x", strings.Repeat("[", 200) + strings.Repeat("]", 200),
	} {
		if n, _, err := parseJSON([]byte(src)); err == nil {
			t.Errorf("%q: got %+v, want an error", src, n)
		} else if err.off < 0 || err.off > len(src) || err.what == "" {
			t.Errorf("%q: got error %+v", src, err)
		}
	}
}

func TestJSONDuplicates(t *testing.T) {
	_, dups, err := parseJSON([]byte(`{"a":1,"b":{"a":1,"a":2},"a":3}`))
	if err != nil || len(dups) != 2 || dups[0].off != 18 || dups[1].off != 25 {
		t.Errorf("got %+v, %v; want two keys", dups, err)
	}
}

// FuzzJSON: what the parser takes, encoding/json takes too and reads alike.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5,-0,1e3,"x\n\u00e9\ud83d\ude00",true,null]}`, `{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc","level":"error","tags":{"a":"b"}}`, `""`, "[[]]", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		n, dups, err := parseJSON([]byte(src))
		if err != nil || len(dups) > 0 {
			return
		}
		d := json.NewDecoder(strings.NewReader(src))
		d.UseNumber()
		var want any
		if err := d.Decode(&want); err != nil {
			t.Fatalf("took %q, encoding/json says %v", src, err)
		}
		if got := plainly(n); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %#v, want %#v", src, got, want)
		}
		_, _, _ = n.Any(), n.depth(), n.When()
	})
}

// plainly is the tree in the types of encoding/json.
func plainly(n *Node) any {
	switch n.kind {
	case boolean:
		return n.Bool()
	case number:
		return json.Number(n.str)
	case text:
		return n.str
	case array:
		out := []any{}
		for _, e := range n.Elems {
			out = append(out, plainly(e))
		}
		return out
	case object:
		out := map[string]any{}
		for _, m := range n.Members {
			out[m.Name] = plainly(m.Val)
		}
		return out
	}
	return nil
}
