package policy

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/gate"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

func seeds(f *testing.F) {
	f.Helper()
	b, err := os.ReadFile("testdata/study.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	n := 1
	for _, r := range table {
		if len(r.doc) < 4096 {
			f.Add([]byte(r.doc))
			n++
		}
	}
	if n < 50 {
		f.Fatalf("only %d seeds", n)
	}
}

func FuzzParse(f *testing.F) {
	seeds(f)
	f.Add([]byte(`{"krunk":1,"version":1,"note":"\ud83d\ude00\u00e4\n","channels":{"a":{"clients":1e1}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		p, err := sampling.Parse(b)
		strict, _, serr := ParseStrict(b)
		plan.Peek(b, new(plan.Head))
		switch {
		case !bytes.Equal(b, before):
			t.Fatal("the input was changed")
		case (p == nil) != (err != nil), (strict == nil) != (serr != nil):
			t.Fatal("a policy and an error, or neither")
		case serr == nil && err != nil:
			t.Fatalf("strict accepts what a client rejects: %v", err)
		case err == nil && !json.Valid(b):
			t.Fatal("not JSON to encoding/json")
		case err != nil:
			_, _ = err.Error(), serr.Error()
			return
		}
		for _, name := range append(Channels(p), "net.http") {
			d, err := Explain(p, sampling.Identity{ID: "a", Player: "b", Release: "x@1.2.3"}, name, Under{Now: time.Unix(1e9, 0)})
			if err != nil || d.PPM > gate.Million || d.Bucket >= gate.Million || d.Issue < d.Send && d.Send != LevelOff || d.Trail > min(d.Send, d.Issue) && d.Trail != LevelOff && d.In {
				t.Fatalf("%+v, %v", d, err)
			}
		}
		if d := Diff(p, p); len(d) != 0 {
			t.Fatalf("a policy differs from itself: %v", d)
		}
	})
}
