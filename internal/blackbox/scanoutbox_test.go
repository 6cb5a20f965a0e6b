package blackbox

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"
)

// image returns what is in the block of an outbox now, as somebody finds it after a crash.
func image(o *Outbox) []byte {
	b := Words(len(o.buf))
	copy(b, o.buf)
	return b
}

func equal(a, b Entry) bool {
	return reflect.DeepEqual(a.Meta, b.Meta) && a.Seq == b.Seq && a.Refusals == b.Refusals && bytes.Equal(a.Body, b.Body)
}

// After each of many steps the block tells what waits, and nothing else.
func TestScanOutboxTellsWhatWaits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	o := NewOutbox(Words(16<<10), 7)
	var want []Entry // by Seq
	var last Meta    // of the newest one, done or not
	for step := range 4000 {
		switch i := rng.IntN(max(len(want), 1)); {
		case rng.IntN(5) > 2 || len(want) == 0:
			body := make([]byte, rng.IntN(3000))
			for i := range body {
				body[i] = byte(rng.Uint32())
			}
			m := Meta{
				Kind: Kind(1 + rng.IntN(3)), Category: uint8(step), Count: rng.Uint32(), Cut: uint32(len(body) / 2),
				Encoding: uint8(rng.Uint32()), Start: rng.Int64(), Upto: rng.Uint64(),
			}
			m.ID[step%16] = byte(step)
			if o.Put(m, body) {
				want, last = append(want, Entry{Meta: m, Seq: o.Last(), Body: body}), m
			}
		case rng.IntN(3) == 0:
			o.Refused(want[i].Seq)
			o.Accepted()
			n, _ := o.Refused(want[i].Seq)
			want[i].Refusals = uint32(n)
		default:
			o.Done(want[i].Seq)
			want = slices.Delete(want, i, i+1)
		}
		got := ScanOutbox(image(o), o.key)
		if !slices.EqualFunc(got.Entries, want, equal) {
			t.Fatalf("step %d: found %d entries, want these %d", step, len(got.Entries), len(want))
		}
		if upto := max(got.Events, got.Logs); got.Last != o.Last() || upto < last.Upto {
			t.Fatalf("step %d: the newest is %d and read up to %d, want %d and %d at least", step, got.Last, upto, o.Last(), last.Upto)
		}
	}
	if got := ScanOutbox(image(o), o.key^1<<40); !reflect.DeepEqual(got, Found{}) {
		t.Errorf("found %+v with another key", got)
	}
}

// Every bit of a header and of a body counts.
func TestScanOutboxRefusesDamage(t *testing.T) {
	o := NewOutbox(Words(4<<10), 7)
	o.Put(Meta{Kind: Event, Category: 3, Count: 1, Cut: 5, ID: [16]byte{1, 2, 3}, Encoding: 1, Start: 1 << 60, Upto: 99}, []byte("0123456789abcde"))
	o.Put(Meta{Kind: Log, Upto: 98}, nil)
	for bit := range 8 * (entryHeader + 15) {
		b := image(o)
		b[bit/8] ^= 1 << (bit % 8)
		got := ScanOutbox(b, o.key)
		if len(got.Entries) != 1 || got.Entries[0].Seq != 2 || got.Last != 2 || got.Events != 0 && bit/8 > 0 || got.Logs != 98 {
			t.Errorf("bit %d of byte %d changed: found %+v, want the other one", bit%8, bit/8, got)
		}
	}
	o.Done(1) // what is done still says something, whole or not at all
	for bit := range 8 * (entryHeader + 15) {
		b := image(o)
		b[bit/8] ^= 1 << (bit % 8)
		if got := ScanOutbox(b, o.key); len(got.Entries) != 1 || got.Events != 0 {
			t.Errorf("bit %d of byte %d of a done one changed: found %+v, want the other one", bit%8, bit/8, got)
		}
	}
	// Moved to another place, an entry is none.
	b := image(o)
	copy(b[1024:], b[:64])
	if got := ScanOutbox(b, o.key); len(got.Entries) != 1 {
		t.Errorf("found %d entries, want 1: a copy does not count", len(got.Entries))
	}
}

// A block that ends too early has those that are whole.
func TestScanOutboxRefusesCuts(t *testing.T) {
	o := NewOutbox(Words(1<<10), 7)
	o.Put(Meta{Kind: Event, Upto: 5}, []byte("one"))
	o.Put(Meta{Kind: Event, Upto: 6}, []byte("seventeen letters"))
	for n := range len(o.buf) {
		want := 0
		for i, end := range []int{entryHeader + 3, int(room(3)) + entryHeader + 17} {
			if n >= end {
				want = i + 1
			}
		}
		if got := ScanOutbox(image(o)[:n], 7); len(got.Entries) != want || got.Last != uint64(want) || got.Events != []uint64{0, 5, 6}[want] {
			t.Errorf("%d bytes: found %+v, want %d entries", n, got, want)
		}
	}
}

// Headers within headers, each of which claims the whole rest of the block, do not make the scan quadratic.
func TestScanOutboxIsBounded(t *testing.T) {
	mem := Words(1 << 20)
	for at := uint64(0); at < 1<<20; at += 8 { // each word is a header's first, and the length of the one two words before
		word(mem, at).Store(1<<18 | entryLive)
	}
	found := 0
	if n := scanOutbox(mem, 0, entryLive, func(Entry) { found++ }); found > 0 || n > 17<<20 {
		t.Errorf("found %d entries in a block of nonsense and summed %d bytes", found, n)
	}
}

// A game that starts beside dead runs pays for their outboxes with garbage: a tenth of what lies there, in a few blocks.
func TestOpenOutboxAllocates(t *testing.T) {
	o := NewOutbox(Words(1<<20), 0x9e3779b97f4a7c15)
	n := 0
	for o.Put(Meta{Kind: Event, ID: [16]byte{1}}, make([]byte, 1500)) {
		n++
	}
	if allocs := testing.AllocsPerRun(5, func() { OpenOutbox(o.buf, o.key) }); allocs > 20 || n < 500 {
		t.Errorf("%v allocations for %d entries, want at most 20", allocs, n)
	}
}

// However many entries somebody has written there, no more are taken than an outbox holds: all of them are walked over for each that is sent.
func TestOpenOutboxIsBounded(t *testing.T) {
	const key = 0x9e3779b97f4a7c15
	o := NewOutbox(Words(2<<20), key)
	all := len(o.buf) / entryHeader
	for i := range all {
		s := stored{seq: uint64(i + 1), at: uint64(i * entryHeader), kind: Event}
		o.write(&s, &Meta{Kind: Event, Upto: uint64(i)}, nil, nil)
	}
	got, found := OpenOutbox(o.buf, key)
	if n, _, _ := got.Usage(); n != mostEntries || len(found.Entries) != mostEntries || found.Last != uint64(all) || found.Events != uint64(all-1) {
		t.Errorf("%d entries of %d are taken, up to %d; want %d, and what all of them say", n, all, found.Last, mostEntries)
	}
	if got.Put(Meta{Kind: Fatal}, nil) {
		t.Error("one more than there may be has room")
	}
}

// What goes on with a block has what waits there, sends it in the same order, frees its room, and puts others behind it.
func TestOpenOutbox(t *testing.T) {
	o := NewOutbox(Words(16<<10), 7)
	for i := range 12 {
		o.Put(Meta{Kind: Kind(1 + i%3), Upto: uint64(i)}, make([]byte, 100*i))
	}
	for _, seq := range []uint64{2, 5, 6, 12} {
		o.Done(seq)
	}
	o.Refused(3)
	o.Accepted()
	o.Refused(3)
	again, found := OpenOutbox(image(o), 7)
	if found.Events != 11 || found.Logs != 9 || found.Last != 12 {
		t.Errorf("read up to %d and %d, the newest is %d, want 11, 9 and 12", found.Events, found.Logs, found.Last)
	}
	n, used, _ := o.Usage()
	if n2, used2, peak := again.Usage(); n2 != n || used2 != used || peak != used {
		t.Errorf("%d entries in %d bytes, peak %d, want %d in %d", n2, used2, peak, n, used)
	}
	if !again.Put(Meta{Kind: Fatal}, []byte("new")) || again.Last() != 13 {
		t.Fatalf("the next one is %d, want 13", again.Last())
	}
	got := ""
	for e, ok := again.Next(0, nil); ok; e, ok = again.Next(0, nil) {
		got += fmt.Sprint(e.Seq, ":", e.Refusals, " ")
		again.Done(e.Seq)
	}
	if want := "3:1 9:0 13:0 8:0 11:0 1:0 4:0 7:0 10:0 "; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	if n, used, _ := again.Usage(); n != 0 || used != 0 || len(ScanOutbox(again.buf, 7).Entries) != 0 {
		t.Errorf("%d entries in %d bytes are left", n, used)
	}
}

// Of two entries that claim the same bytes the newer one counts.
func TestScanOutboxOverlap(t *testing.T) {
	for _, outer := range []uint64{1, 9} {
		mem := Words(1 << 10)
		a := &Outbox{buf: mem, key: 7, sums: &summed}
		a.write(&stored{seq: outer, at: 0, size: 200}, &Meta{Kind: Event}, make([]byte, 200), nil)
		inner := stored{seq: 5, at: entryHeader, size: 10}
		a.write(&inner, &Meta{Kind: Event}, make([]byte, 10), nil)
		a.seal(&stored{seq: outer, at: 0, size: 200})
		if got := ScanOutbox(mem, 7).Entries; len(got) != 1 || got[0].Seq != max(outer, 5) {
			t.Errorf("found %d entries, want Seq %d alone", len(got), max(outer, 5))
		}
	}
}

// An entry is published by the last store of Put: whoever sees its word sees all of it. Under the race detector that is a
// proof, without it a try.
func TestOutboxPublishesLast(t *testing.T) {
	mem := Words(2 << 20)
	o := NewOutbox(mem, 7)
	body := make([]byte, 1<<20)
	seen, done := make(chan int), make(chan struct{})
	go func() {
		defer close(done)
		for seq := range uint64(30) {
			for word(mem, 0).Load() != o.key^((seq+1)<<8|entryLive) {
				runtime.Gosched()
			}
			seen <- len(ScanOutbox(mem, o.key).Entries)
		}
	}()
	for i := range 30 {
		body[i] = byte(i)
		o.Put(Meta{Kind: Event}, body)
		if n := <-seen; n != 1 {
			t.Fatalf("entry %d is published and found %d times", i, n)
		}
		o.Done(o.Last())
	}
	<-done
}

func FuzzScanOutbox(f *testing.F) {
	o := NewOutbox(Words(1<<10), 1<<63|7)
	o.Put(Meta{Kind: Event}, []byte("one"))
	o.Put(Meta{Kind: Log, Upto: 1 << 20}, []byte("two"))
	f.Add(image(o), o.key)
	o.Done(1)
	f.Add(image(o), o.key)
	f.Fuzz(func(t *testing.T, in []byte, key uint64) {
		mem := Words(len(in) &^ 7)
		copy(mem, in)
		o, found := OpenOutbox(mem, key)
		for _, e := range found.Entries {
			if len(e.Body) > len(mem) || int(e.Cut) > len(e.Body) {
				t.Errorf("an entry of %d bytes, cut at %d, in %d", len(e.Body), e.Cut, len(mem))
			}
		}
		o.Put(Meta{Kind: Fatal}, []byte("new"))
		for e, ok := o.Next(0, nil); ok; e, ok = o.Next(0, nil) {
			o.Done(e.Seq)
		}
		if n, used, _ := o.Usage(); n != 0 || used != 0 {
			t.Errorf("%d entries in %d bytes are left", n, used)
		}
	})
}
