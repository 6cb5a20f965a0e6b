package main

import (
	"bytes"
	"flag"
	"io"
	"testing"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

func TestDocumentSet(t *testing.T) {
	for _, c := range []struct{ name, doc, key, value, after, want string }{
		{"replace", "{ \"a\" : 1 ,\n\"b\":2}", "a", "17", "", "{ \"a\" : 17 ,\n\"b\":2}"},
		{"replace last", `{"a":1,"b":[1, 2] }`, "b", "[]", "", `{"a":1,"b":[] }`},
		{"replace a string", `{"a":"\u00e4\"","b":2}`, "a", `"x"`, "", `{"a":"x","b":2}`},
		{"behind", `{"a":1, "b":2}`, "c", "3", "a", `{"a":1, "c": 3, "b":2}`},
		{"at the end", "{\"a\":1\n}", "c", "3", "nowhere", "{\"a\":1,\n  \"c\": 3\n}"},
		{"only at the top", `{"a":{"b":1},"b":2}`, "b", "3", "", `{"a":{"b":1},"b":3}`},
		{"escaped key", `{"\u0061":1}`, "a", "3", "", `{"\u0061":3}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := []byte(c.doc)
			d := &document{in}
			if err := d.set(c.key, c.value, c.after); err != nil || string(d.b) != c.want {
				t.Errorf("got %q, %v, want %q", d.b, err, c.want)
			}
			if string(in) != c.doc {
				t.Error("changed its input")
			}
		})
	}
	for _, text := range []string{"", "[]", "{}", `{"a"`, `{"a":}`, "7"} {
		if err := (&document{[]byte(text)}).set("b", "1", ""); err == nil {
			t.Errorf("%q: want an error", text)
		}
	}
}

func TestDropEnded(t *testing.T) {
	at := time.Date(2026, 10, 10, 14, 0, 0, 0, time.UTC)
	const text = `{"rules":[{"id":"a","until":"2026-10-10T14:00:00Z"},{"id":"b"},{"id":"c","until":"2026-10-10T16:00:01+02:00"},{"id":"d","until":"2020-01-01T00:00:00Z"}]}`
	d := &document{[]byte(text)}
	gone, err := d.dropEnded(at)
	want := "{\"rules\":[\n    {\"id\":\"b\"},\n    {\"id\":\"c\",\"until\":\"2026-10-10T16:00:01+02:00\"}\n  ]}"
	if err != nil || len(gone) != 2 || gone[0] != "a" || gone[1] != "d" || string(d.b) != want {
		t.Errorf("got %v, %v, %s", gone, err, d.b)
	}
}

// FuzzRevise checks that every good policy has a next version, which is good too and differs in nothing but what it should.
func FuzzRevise(f *testing.F) {
	src, _ := example(f)
	f.Add(src.doc)
	f.Add([]byte(`{"krunk":1,"version":1}`))
	f.Add([]byte("{\"version\":7,\"krunk\":1,\"rules\":[ ]\n}\n"))
	f.Add([]byte(`{"krunk":1,"version":2,"issued":"2026-01-01T00:00:00Z","rules":[{"id":"x","until":"2026-01-02T00:00:00Z","when":{"not":{"env":["a"]}},"set":{"clients":1}}],"note":"ä\n"}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		old, _, err := sampling.ParseStrict(doc)
		if err != nil || old.Version().N == 1<<53-1 || !old.Enabled() {
			return
		}
		now := &moment{time.Date(2026, 10, 10, 13, 0, 0, 0, time.UTC)}
		flags := flag.NewFlagSet("", flag.ContinueOnError)
		r := revisionFlags(flags, "test", "why")
		r.now = now
		d := &document{bytes.Clone(doc)}
		if err := r.revise(&streams{err: io.Discard}, d, old, following(old.Version())); err != nil {
			t.Fatalf("%q: %v", doc, err)
		}
		p, err := sampling.Parse(d.b)
		if err != nil {
			if len(d.b) > sampling.MaxDocument || old.Expires().Year() > 2500 {
				return
			}
			t.Fatalf("%q: %q: %v", doc, d.b, err)
		}
		if p.Version() != following(old.Version()) || p.Note() != "why" || !p.Issued().Equal(now.t) {
			t.Fatalf("%q: got version %v, note %q, issued %v", doc, p.Version(), p.Note(), p.Issued())
		}
		for _, c := range sampling.Diff(old, p) {
			if c.Path != "expires" && c.New != "" {
				t.Fatalf("%q: changes %+v", doc, c)
			}
		}
	})
}
