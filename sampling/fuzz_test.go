package sampling

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/plan"
)

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

func FuzzRecord(f *testing.F) {
	r := record{saved: plan.MomentAt(1) + 2, server: plan.MomentAt(3) + 4, begun: plan.MomentAt(2), at: At{ETag: `"x"`}, floors: []floor{{kid: "k", version: Version{1, 2}, sum: 3}}, body: []byte("{}\n\n")}
	f.Add(r.encode())
	f.Add([]byte(recordHead + "\n\n"))
	f.Add([]byte("saved 1\nserver 2\nfloor 1.2 3 k\n\n{}"))
	f.Add([]byte("saved 1\nserver 2\nfloor 1.0 3 k\n\n{}"))
	floors := func(r record) []floor { // one without a number says nothing, and is not written
		return slices.DeleteFunc(r.floors, func(f floor) bool { return f.version.N == 0 })
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, ok := decodeRecord(b)
		if !ok { // a right checksum, so that the rest is reached
			r, ok = decodeRecord([]byte(recordHead + strconv.FormatUint(gate.Sum64(b), 10) + "\n" + string(b)))
		}
		if !ok {
			return
		}
		again, ok := decodeRecord(r.encode())
		if !ok || !bytes.Equal(again.body, r.body) || again.saved != r.saved || !reflect.DeepEqual(again.at, r.at) || fmt.Sprint(floors(again)) != fmt.Sprint(floors(r)) {
			t.Fatalf("got %+v, want %+v", again, r)
		}
	})
}
