package blackbox

import (
	"encoding/binary"
	"testing"
)

// fillTo reserves and publishes records until the ring's head is n bytes before its end, and reads them.
func fillTo(t *testing.T, r *Ring, rd *Reader, n uint64) {
	t.Helper()
	for r.Head() < uint64(r.Size())-n {
		s, ok := r.Reserve(Fatal, int(min(uint64(r.Size())-n-r.Head(), 1024))-header)
		if !ok {
			t.Fatal("no room")
		}
		r.Commit(&s)
		rd.Next()
		rd.Release(rd.Pos())
	}
}

// A reservation that is given up is passed over by the reader and by Scan, and costs nothing else.
func TestAbandon(t *testing.T) {
	mem := Words(MinRing)
	r := NewRing(mem, ringKey)
	rd := NewReader(r)
	put(t, r, Event, "first")
	given, _ := r.Reserve(Fatal, 100)
	copy(given.Body, "half a record")
	put(t, r, Event, "second")
	if rec, ok := rd.Next(); !ok || string(rec.Body) != "first" {
		t.Fatalf("got %q, want the first record", rec.Body)
	}
	if _, ok := rd.Next(); ok {
		t.Fatal("read past a reservation that is under way")
	}
	if !r.Abandon(given) {
		t.Error("the reader waits for what was abandoned and is not woken")
	}
	if rec, ok := rd.Next(); !ok || string(rec.Body) != "second" {
		t.Errorf("got %q, %v; want the record behind the abandoned one", rec.Body, ok)
	}
	last, _ := r.Reserve(History, 10)
	r.Abandon(last)
	if _, ok := rd.Next(); ok || rd.Pos() != r.Head() {
		t.Errorf("the reader stands at %d of %d, want the end", rd.Pos(), r.Head())
	}
	if got := Scan(mem, r.Key()); len(got) != 2 || string(got[0].Body) != "first" || string(got[1].Body) != "second" {
		t.Errorf("Scan found %d records, want the two that were committed", len(got))
	}
}

// The reader that stopped at a pad, whose producer was taken off before it published, is woken when the record behind the
// pad is there, also by history.
func TestPadWakes(t *testing.T) {
	for _, give := range []bool{false, true} {
		r := NewRing(Words(MinRing), ringKey)
		rd := NewReader(r)
		fillTo(t, r, rd, 64)
		s, ok := r.Reserve(History, 200) // does not fit into the 64 bytes
		if !ok || s.from == s.pos {
			t.Fatalf("reserved %v from %d to %d, want a pad", ok, s.from, s.pos)
		}
		// What the reader saw when it looked between the reservation and the pad.
		r.word(s.from).Store(0)
		if _, ok := rd.Next(); ok || rd.Pos() != s.from {
			t.Fatalf("the reader stands at %d, want the pad at %d", rd.Pos(), s.from)
		}
		r.publish(s.from, pad)
		if woken := give && r.Abandon(s) || !give && r.Commit(&s); !woken {
			t.Errorf("abandoned %v: the reader sleeps at the pad and is not woken", give)
		}
		if _, ok := rd.Next(); ok == give {
			t.Errorf("abandoned %v: read %v", give, ok)
		}
	}
}

// The eighth of the ring that only the pad crosses counts too.
func TestPadCrossesAnEighth(t *testing.T) {
	r := NewRing(Words(MinRing), ringKey)
	rd := NewReader(r)
	fillTo(t, r, rd, 64)
	s, _ := r.Reserve(History, 200)
	if !r.Commit(&s) {
		t.Error("history that begins a new lap behind a pad wakes nobody")
	}
}

// A length in the block that is a lie, as in a file that somebody else can write, ends the reading of what is there and no more.
func TestReaderTrustsNoLength(t *testing.T) {
	for _, lie := range []uint32{100, MinRing, 1<<32 - 1} {
		r := NewRing(Words(MinRing), ringKey)
		rd := NewReader(r)
		put(t, r, Event, "first")
		put(t, r, Event, "second")
		binary.LittleEndian.PutUint32(r.buf[12:], lie)
		rec, ok := rd.Next()
		if !ok || len(rec.Body) != 0 || rd.Pos() != r.Head() {
			t.Errorf("length %d: %v, %d bytes, reader at %d of %d", lie, ok, len(rec.Body), rd.Pos(), r.Head())
		}
		put(t, r, Event, "third")
		if rec, ok = rd.Next(); !ok || string(rec.Body) != "third" {
			t.Errorf("length %d: the next record is %q", lie, rec.Body)
		}
	}
}

func BenchmarkRing(b *testing.B) {
	r := NewRing(Words(256<<10), ringKey)
	rd := NewReader(r)
	body := make([]byte, 150)
	for b.Loop() {
		s, ok := r.Reserve(History, len(body))
		if !ok {
			rd.next = r.Head()
			rd.Release(r.Head())
			continue
		}
		copy(s.Body, body)
		r.Commit(&s)
	}
}

// A ring says that it is full from the first small record that it refuses until the reader makes room, for each kind apart. A
// record that was too long for what is left says nothing of others.
func TestFull(t *testing.T) {
	r := NewRing(Words(MinRing), ringKey)
	rd := NewReader(r)
	for {
		s, ok := r.Reserve(Event, r.MaxBody())
		if !ok {
			break
		}
		r.Commit(&s)
	}
	if r.Full(Event) {
		t.Error("full after a long record found no room")
	}
	for {
		s, ok := r.Reserve(Event, 100)
		if !ok {
			break
		}
		r.Commit(&s)
	}
	if !r.Full(Event) || r.Full(Fatal) || r.Full(History) {
		t.Errorf("full for an event, a crash, history: %v, %v, %v; want true, false, false", r.Full(Event), r.Full(Fatal), r.Full(History))
	}
	rd.Next()
	rd.Release(rd.Pos())
	if r.Full(Event) {
		t.Error("full after the reader made room")
	}
}
