package sampling

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/gate"
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
		p, err := Parse(b)
		strict, _, serr := ParseStrict(b)
		peek(b)
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
		for _, name := range append(p.Channels(), "net.http") {
			d, err := p.Explain(Identity{ID: "a", Player: "b", Release: "x@1.2.3"}, name, Under{Now: time.Unix(1e9, 0)})
			if err != nil || d.PPM > gate.Million || d.Bucket >= gate.Million || d.Issue < d.Send && d.Send != gate.LevelOff || d.Trail > min(d.Send, d.Issue) && d.Trail != gate.LevelOff && d.In {
				t.Fatalf("%+v, %v", d, err)
			}
		}
		if d := Diff(p, p); len(d) != 0 {
			t.Fatalf("a policy differs from itself: %v", d)
		}
	})
}

func FuzzOpenEnvelope(f *testing.F) {
	f.Add([]byte(`{"payload":"eyJrcnVuayI6MX0=","sigs":[{"kid":"a","sig":"AAAA"}]}`))
	f.Add([]byte(`{"sigs":[],"payload":""}`))
	f.Add([]byte(`{"payload":1}`))
	f.Add([]byte(`{"krunk":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		doc, sigs, err := OpenEnvelope(b)
		if len(doc) > len(b) || len(sigs) > maxSignatures || err != nil && doc != nil {
			t.Fatalf("%d bytes, %d signatures, %v", len(doc), len(sigs), err)
		}
	})
}

func FuzzParseSignature(f *testing.F) {
	f.Add("kid=ops-2026; sig=AAAA")
	f.Add("kid=a; sig=AA==, kid=b; sig=AAA=")
	f.Add("kid=;sig=")
	f.Fuzz(func(t *testing.T, s string) {
		sigs, err := ParseSignature(s)
		if (err == nil) != (len(sigs) > 0) || len(sigs) > maxSignatures {
			t.Fatalf("%v, %v", sigs, err)
		}
	})
}

func FuzzBase64(f *testing.F) {
	f.Add("AAAA")
	f.Add("AA==")
	f.Add("A===")
	f.Add("AA=A")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := unbase64(s)
		want, err := base64.StdEncoding.DecodeString(s)
		if bytes.ContainsAny([]byte(s), "\r\n") {
			return // the standard library skips them
		}
		if ok != (err == nil) || ok && !bytes.Equal(got, want) {
			t.Fatalf("%q: got %x, %v, want %x, %v", s, got, ok, want, err)
		}
	})
}

func FuzzRecord(f *testing.F) {
	r := record{saved: time.Unix(1, 2), server: time.Unix(3, 4), at: At{ETag: `"x"`}, floors: map[string]floor{"k": {Version{1, 2}, 3}}, body: []byte("{}\n\n")}
	f.Add(r.encode())
	f.Add([]byte(recordHead + "\n\n"))
	f.Add([]byte("saved 1\nserver 2\nfloor 1.2 3 k\n\n{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, ok := decodeRecord(b)
		if !ok { // a right checksum, so that the rest is reached
			r, ok = decodeRecord([]byte(recordHead + strconv.FormatUint(gate.Sum64(b), 10) + "\n" + string(b)))
		}
		if !ok {
			return
		}
		again, ok := decodeRecord(r.encode())
		if !ok || !bytes.Equal(again.body, r.body) || !again.saved.Equal(r.saved) || again.at != r.at || len(again.floors) != len(r.floors) {
			t.Fatalf("got %+v, want %+v", again, r)
		}
	})
}

func FuzzTime(f *testing.F) {
	f.Add("2026-10-10T14:00:00Z")
	f.Add("2024-02-29T23:59:59.123456789+05:30")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := rfc3339(s)
		want, err := time.Parse(time.RFC3339, s)
		if ok && (err != nil || !got.Equal(want)) {
			t.Fatalf("%q: got %v, want %v, %v", s, got, want, err)
		}
	})
}
