package main

import (
	"bytes"
	"flag"
	"io"
	"testing"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

func TestDropEnded(t *testing.T) {
	at := time.Date(2026, 10, 10, 14, 0, 0, 0, time.UTC)
	const text = `{"rules":[{"id":"a","until":"2026-10-10T14:00:00Z"},{"id":"b"},{"id":"c","until":"2026-10-10T16:00:01+02:00"},{"id":"d","until":"2020-01-01T00:00:00Z"}]}`
	d := textOf([]byte(text))
	gone, err := d.dropEnded(at)
	want := "{\"rules\":[\n    {\"id\":\"b\"},\n    {\"id\":\"c\",\"until\":\"2026-10-10T16:00:01+02:00\"}\n  ]}"
	if err != nil || len(gone) != 2 || gone[0] != "a" || gone[1] != "d" || string(d.B) != want {
		t.Errorf("got %v, %v, %s", gone, err, d.B)
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
		old, _, err := policy.ParseStrict(doc)
		if err != nil || old.Version().N == 1<<53-1 || !old.Enabled() {
			return
		}
		now := &moment{time.Date(2026, 10, 10, 13, 0, 0, 0, time.UTC)}
		flags := flag.NewFlagSet("", flag.ContinueOnError)
		r := revisionFlags(flags, "test", "why")
		r.now = now
		d := textOf(bytes.Clone(doc))
		if err := r.revise(&streams{err: io.Discard}, d, old, following(old.Version())); err != nil {
			t.Fatalf("%q: %v", doc, err)
		}
		p, err := sampling.Parse(d.B)
		if err != nil {
			if len(d.B) > sampling.MaxDocument || old.Expires().Year() > 2500 {
				return
			}
			t.Fatalf("%q: %q: %v", doc, d.B, err)
		}
		if p.Version() != following(old.Version()) || p.Note() != "why" || !p.Issued().Equal(now.t) {
			t.Fatalf("%q: got version %v, note %q, issued %v", doc, p.Version(), p.Note(), p.Issued())
		}
		for _, c := range policy.Diff(old, p) {
			if c.Path != "expires" && c.New != "" {
				t.Fatalf("%q: changes %+v", doc, c)
			}
		}
	})
}
