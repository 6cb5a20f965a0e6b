package blackbox

import (
	"bytes"
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
	o := NewOutbox(Words(16 << 10))
	var want []Entry // by Seq
	for step := range 4000 {
		switch i := rng.IntN(max(len(want), 1)); {
		case rng.IntN(5) > 2 || len(want) == 0:
			body := make([]byte, rng.IntN(3000))
			for i := range body {
				body[i] = byte(rng.Uint32())
			}
			m := Meta{Kind: Kind(1 + rng.IntN(3)), Category: uint8(step), Count: rng.Uint32(), Cut: uint32(len(body) / 2)}
			m.ID[step%16] = byte(step)
			if o.Put(m, body) {
				want = append(want, Entry{Meta: m, Seq: o.Last(), Body: body})
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
		if got := ScanOutbox(image(o), o.Key()); !slices.EqualFunc(got, want, equal) {
			t.Fatalf("step %d: found %d entries, want these %d", step, len(got), len(want))
		}
	}
	if len(ScanOutbox(image(o), o.Key()^1<<40)) != 0 {
		t.Error("found entries with another key")
	}
}

// Every bit of a header and of a body counts.
func TestScanOutboxRefusesDamage(t *testing.T) {
	o := NewOutbox(Words(4 << 10))
	o.Put(Meta{Kind: Event, Category: 3, Count: 1, Cut: 5, ID: [16]byte{1, 2, 3}}, []byte("0123456789abcde"))
	o.Put(Meta{Kind: Log}, nil)
	for bit := range 8 * (entryHeader + 15) {
		b := image(o)
		b[bit/8] ^= 1 << (bit % 8)
		if got := ScanOutbox(b, o.Key()); len(got) != 1 || got[0].Seq != 2 {
			t.Errorf("bit %d of byte %d changed: found %d entries, want the other one", bit%8, bit/8, len(got))
		}
	}
	// Moved to another place, an entry is none.
	b := image(o)
	copy(b[1024:], b[:64])
	if got := ScanOutbox(b, o.Key()); len(got) != 2 {
		t.Errorf("found %d entries, want 2: a copy does not count", len(got))
	}
	for n := range 4 << 10 {
		ScanOutbox(b[:n], o.Key()) // a block that was cut
	}
}

// Of two entries that claim the same bytes the newer one counts.
func TestScanOutboxOverlap(t *testing.T) {
	for _, outer := range []uint64{1, 9} {
		mem := Words(1 << 10)
		a := &Outbox{buf: mem, key: 7}
		a.write(&stored{seq: outer, at: 0, size: 200}, &Meta{Kind: Event}, make([]byte, 200))
		inner := stored{seq: 5, at: 64, size: 10}
		a.write(&inner, &Meta{Kind: Event}, make([]byte, 10))
		a.seal(&stored{seq: outer, at: 0, size: 200})
		if got := ScanOutbox(mem, 7); len(got) != 1 || got[0].Seq != max(outer, 5) {
			t.Errorf("found %d entries, want Seq %d alone", len(got), max(outer, 5))
		}
	}
}

// An entry is published by the last store of Put: whoever sees its word sees all of it. Under the race detector that is a
// proof, without it a try.
func TestOutboxPublishesLast(t *testing.T) {
	mem := Words(2 << 20)
	o := NewOutbox(mem)
	body := make([]byte, 1<<20)
	seen, done := make(chan int), make(chan struct{})
	go func() {
		defer close(done)
		for seq := range uint64(30) {
			for word(mem, 0).Load() != o.key^((seq+1)<<8|entryLive) {
				runtime.Gosched()
			}
			seen <- len(ScanOutbox(mem, o.key))
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
	o := NewOutbox(Words(1 << 10))
	o.Put(Meta{Kind: Event}, []byte("one"))
	o.Put(Meta{Kind: Log}, []byte("two"))
	f.Add(image(o), o.Key())
	f.Fuzz(func(t *testing.T, in []byte, key uint64) {
		mem := Words(len(in) &^ 7)
		copy(mem, in)
		for _, e := range ScanOutbox(mem, key) {
			if len(e.Body) > len(mem) || int(e.Cut) > len(e.Body) {
				t.Errorf("an entry of %d bytes, cut at %d, in %d", len(e.Body), e.Cut, len(mem))
			}
		}
	})
}
