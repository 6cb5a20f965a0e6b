package blackbox

import (
	"bytes"
	"testing"
)

// What is wiped is zero but for two headers, the reader passes over it, and the ring goes on, wherever in it that happens.
func TestWipeRing(t *testing.T) {
	for begin := range 40 {
		mem := Words(MinRing)
		r := NewRing(mem, 7)
		rd := NewReader(r)
		put := func(n int) {
			s, ok := r.Reserve(Fatal, n)
			if !ok {
				t.Fatalf("no room for %d bytes", n)
			}
			copy(s.Body, bytes.Repeat([]byte("x"), n))
			r.Commit(&s)
		}
		pass := func() (n int) {
			for rec, ok := rd.Next(); ok; rec, ok = rd.Next() {
				rd.Blank(rec)
				n++
			}
			rd.Release(rd.Pos())
			return n
		}
		for range begin {
			put(1000)
			pass()
		}
		put(500)
		late, _ := r.Reserve(Fatal, 100) // somebody is still writing
		if n := pass(); n != 1 {
			t.Fatalf("passed %d records, want the one that is there", n)
		}
		r.Wipe()
		if n := bytes.Count(mem, []byte("x")); n != 0 {
			t.Fatalf("begin %d: %d bytes are left", begin, n)
		}
		if _, ok := r.Reserve(Fatal, 1); ok {
			t.Error("there is room in a ring that is wiped")
		}
		copy(late.Body, bytes.Repeat([]byte("x"), 100))
		r.Commit(&late)
		if n := pass(); n != 1 || bytes.Count(mem, []byte("x")) != 0 {
			t.Fatalf("begin %d: passed %d records, %d bytes are left", begin, n, bytes.Count(mem, []byte("x")))
		}
		r.Wipe()
		r.Wipe()
		if n := pass(); n != 0 || rd.Pos() != r.Head() {
			t.Fatalf("begin %d: passed %d records, to %d of %d", begin, n, rd.Pos(), r.Head())
		}
		for range 40 {
			put(1000)
			if rec, ok := rd.Next(); !ok || len(rec.Body) != 1000 {
				t.Fatalf("begin %d: a record behind it is not read", begin)
			}
			rd.Release(rd.Pos())
		}
	}
}
