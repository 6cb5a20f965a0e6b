package blackbox

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
)

func put(t *testing.T, r *Ring, k Kind, body string) {
	t.Helper()
	s, ok := r.Reserve(k, len(body))
	if !ok {
		t.Fatalf("no room for %q", body)
	}
	copy(s.Body, body)
	r.Commit(&s)
}

func TestRingOrder(t *testing.T) {
	r := NewRing(Words(MinRing), ringKey)
	rd := NewReader(r)
	rng := rand.New(rand.NewPCG(1, 2))
	next, read := uint64(0), uint64(0)
	for range 20000 {
		body := make([]byte, 8+rng.IntN(300))
		binary.LittleEndian.PutUint64(body, next)
		if s, ok := r.Reserve(Fatal, len(body)); ok {
			copy(s.Body, body)
			r.Commit(&s)
			next++
			continue
		}
		for rec, ok := rd.Next(); ok; rec, ok = rd.Next() {
			if got := binary.LittleEndian.Uint64(rec.Body); got != read {
				t.Fatalf("got record %d, want %d", got, read)
			}
			read++
		}
		rd.Release(rd.Pos())
	}
	if next < 1000 {
		t.Fatalf("only %d records went through", next)
	}
}

func TestRingWatermarks(t *testing.T) {
	for _, tt := range []struct {
		kind Kind
		want int
	}{{History, 8}, {Log, 12}, {Event, 14}, {Fatal, 16}} {
		r := NewRing(Words(MinRing), ringKey)
		n := 0
		for {
			s, ok := r.Reserve(tt.kind, MinRing/16-header)
			if !ok {
				break
			}
			r.Commit(&s)
			n++
		}
		if n != tt.want {
			t.Errorf("kind %d: %d sixteenths of the ring, want %d", tt.kind, n, tt.want)
		}
	}
}

func TestRingUnpublishedWakes(t *testing.T) {
	r := NewRing(Words(MinRing), ringKey)
	rd := NewReader(r)
	slow, _ := r.Reserve(History, 8)
	fast, _ := r.Reserve(Event, 8)
	r.Commit(&fast)
	if _, ok := rd.Next(); ok {
		t.Fatal("read past an unpublished record")
	}
	if !r.Commit(&slow) {
		t.Error("the producer that the reader waits for does not wake it")
	}
	for want := range 2 {
		if _, ok := rd.Next(); !ok {
			t.Errorf("record %d is missing", want)
		}
	}
}

func TestRingHistoryWakesByEighths(t *testing.T) {
	r := NewRing(Words(MinRing), ringKey)
	wakes := 0
	for range 8 * 16 {
		s, ok := r.Reserve(Fatal, MinRing/128-header)
		if !ok {
			break
		}
		s.kind = History
		if r.Commit(&s) {
			wakes++
		}
	}
	if wakes != 8 {
		t.Errorf("filling the ring with history woke the reader %d times, want 8", wakes)
	}
}

// A body that looks like a header, and what an earlier lap left behind, must not be read as a record.
func TestRingForgedHeader(t *testing.T) {
	r := NewRing(Words(MinRing), ringKey)
	rd := NewReader(r)
	forged := make([]byte, 1000)
	for i := 0; i+8 <= len(forged); i += 8 {
		binary.LittleEndian.PutUint64(forged[i:], uint64(MinRing+i)<<8|1)
	}
	for range 100 {
		s, ok := r.Reserve(Fatal, len(forged))
		if !ok {
			rd.Release(rd.Pos())
			continue
		}
		copy(s.Body, forged)
		if rec, ok := rd.Next(); ok {
			t.Fatalf("read %v before it was published", rec.Pos)
		}
		r.Commit(&s)
		if rec, ok := rd.Next(); !ok || !bytes.Equal(rec.Body, forged) {
			t.Fatal("the published record is not whole")
		}
	}
}

func TestScan(t *testing.T) {
	mem := Words(MinRing)
	r := NewRing(mem, ringKey)
	rd := NewReader(r)
	for i := range 400 {
		put(t, r, History, string(rune('a'+i%26))+"-record")
		rd.Next()
		rd.Release(rd.Pos())
	}
	half, _ := r.Reserve(History, 100) // reserved, never published
	copy(half.Body, "torn")
	got := Scan(mem, r.Key())
	if len(got) < 300 {
		t.Fatalf("found %d records, want what fits into the ring", len(got))
	}
	for i, rec := range got {
		n := 400 - len(got) + i
		if want := string(rune('a'+n%26)) + "-record"; string(rec.Body) != want {
			t.Fatalf("record %d is %q, want %q", i, rec.Body, want)
		}
	}
	got[len(got)-1].Body[0] ^= 1
	if again := Scan(mem, r.Key()); len(again) != len(got)-1 {
		t.Errorf("a record with a flipped bit was taken: %d, want %d", len(again), len(got)-1)
	}
	if none := Scan(mem, r.Key()+1); len(none) != 0 {
		t.Errorf("found %d records under another key", len(none))
	}
}

// Records that lie within each other, each of which claims most of the rest of the block, do not make the scan quadratic.
func TestScanIsBounded(t *testing.T) {
	mem := Words(1 << 20)
	size := uint64(len(mem))
	for at := uint64(0); at < size; at += align {
		word(mem, at).Store((size+at)<<8 | uint64(History) + 1)
		binary.LittleEndian.PutUint32(mem[at+12:], uint32(size-at-header))
	}
	if found, n := scan(mem, 0); len(found) > 1 || n > 17<<20 {
		t.Errorf("found %d records in a block of nonsense and summed %d bytes", len(found), n)
	}
}

func FuzzScan(f *testing.F) {
	mem := Words(MinRing)
	r := NewRing(mem, ringKey)
	s, _ := r.Reserve(Event, 40)
	r.Commit(&s)
	f.Add(append([]byte(nil), mem...), r.Key())
	f.Add([]byte("short"), uint64(0))
	f.Fuzz(func(t *testing.T, b []byte, key uint64) {
		for _, rec := range Scan(b, key) {
			if len(rec.Body) > len(b) {
				t.Error("a body longer than the block")
			}
		}
	})
}

// 64 producers and a reader that stands still for a while: every record is read whole and in the order of its producer, or
// was refused.
func TestRingConcurrent(t *testing.T) {
	r := NewRing(Words(64<<10), ringKey)
	const producers, each = 64, 500
	var refused [producers]int
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			for i := range each {
				n := 16 + (p*i)%200
				s, ok := r.Reserve(Event, n)
				if !ok {
					refused[p]++
					runtime.Gosched()
					continue
				}
				binary.LittleEndian.PutUint32(s.Body, uint32(p))
				binary.LittleEndian.PutUint32(s.Body[4:], uint32(i))
				for j := 8; j < n; j++ {
					s.Body[j] = byte(p)
				}
				r.Commit(&s)
			}
		})
	}
	rd := NewReader(r)
	got, last := 0, [producers]int{}
	read := func() {
		for rec, ok := rd.Next(); ok; rec, ok = rd.Next() {
			p, i := binary.LittleEndian.Uint32(rec.Body), int(binary.LittleEndian.Uint32(rec.Body[4:]))
			if last[p] > i {
				t.Errorf("producer %d: record %d after %d", p, i, last[p])
			}
			last[p] = i
			for _, c := range rec.Body[8:] {
				if c != byte(p) {
					t.Errorf("producer %d: record %d is torn", p, i)
				}
			}
			got++
		}
		rd.Release(rd.Pos())
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for working := true; working; {
		select {
		case <-done:
			working = false
		default:
			runtime.Gosched()
		}
		read()
	}
	read()
	for _, n := range refused {
		got += n
	}
	if got != producers*each {
		t.Errorf("read or refused %d records, want %d", got, producers*each)
	}
}

func TestRingAllocations(t *testing.T) {
	r := NewRing(Words(MinRing), ringKey)
	if n := testing.AllocsPerRun(1000, func() {
		if s, ok := r.Reserve(Event, 100); ok {
			r.Commit(&s)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// ringKey stands for a random number: a small one would make headers of zeros.
const ringKey = 0x5bd1e9955bd1e995

// What was reserved and not published is no record. Six keys of 2^64 make one of memory that nobody wrote, at position 0 alone.
func TestUnpublishedIsNoRecord(t *testing.T) {
	for key := range uint64(256) {
		r := NewRing(Words(MinRing), key)
		if _, ok := r.Reserve(Event, 16); !ok {
			t.Fatal("no room in an empty ring")
		}
		if rec, ok := NewReader(r).Next(); ok && (key == 0 || key > skip+1) {
			t.Errorf("key %d: read %+v", key, rec)
		}
	}
}
