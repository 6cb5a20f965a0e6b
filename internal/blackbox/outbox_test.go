package blackbox

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestOutboxPriority(t *testing.T) {
	o := NewOutbox(Words(8<<10), 7)
	for i, k := range []Kind{Log, Event, Log, Fatal, Event} {
		if !o.Put(Meta{Kind: k, Count: 1}, fmt.Appendf(nil, "%d", i)) {
			t.Fatal("no room")
		}
	}
	var got []string
	for {
		e, ok := o.Next(0, nil)
		if !ok {
			break
		}
		got = append(got, string(e.Body))
		o.Done(e.Seq)
	}
	if want := "[3 1 4 0 2]"; fmt.Sprint(got) != want {
		t.Errorf("sent in the order %v, want %v", got, want)
	}
}

func TestOutboxRoom(t *testing.T) {
	for _, tt := range []struct {
		kind Kind
		want int
	}{{Log, 4}, {Event, 7}, {Fatal, 8}} {
		o := NewOutbox(Words(8<<10), 7)
		n := 0
		for o.Put(Meta{Kind: tt.kind}, make([]byte, 1024-entryHeader)) {
			n++
		}
		if n != tt.want {
			t.Errorf("kind %d: %d entries of an eighth, want %d", tt.kind, n, tt.want)
		}
	}
}

func TestOutboxWraps(t *testing.T) {
	o := NewOutbox(Words(4<<10), 7)
	for i := range 1000 {
		body := bytes.Repeat([]byte{byte(i)}, 100+i%800)
		if !o.Put(Meta{Kind: Fatal, ID: [16]byte{1}}, body) {
			t.Fatalf("entry %d found no room in an outbox with one entry", i)
		}
		if i == 0 {
			continue
		}
		e, ok := o.Next(0, nil)
		if !ok || e.Body[0] != byte(i-1) || len(e.Body) != 100+(i-1)%800 {
			t.Fatalf("entry %d is not what was put", i-1)
		}
		o.Done(e.Seq)
		if o.Drained(e.Seq+1) || !o.Drained(e.Seq) {
			t.Fatalf("after entry %d: Drained is wrong", e.Seq)
		}
	}
}

func TestOutboxSkipAndOutOfOrder(t *testing.T) {
	o := NewOutbox(Words(4<<10), 7)
	o.Put(Meta{Kind: Fatal, Category: 7}, []byte("waits"))
	o.Put(Meta{Kind: Log}, []byte("goes"))
	e, ok := o.Next(0, func(e *Entry) bool { return e.Category == 7 })
	if !ok || string(e.Body) != "goes" {
		t.Fatalf("got %q", e.Body)
	}
	o.Done(e.Seq)
	if n, _, _ := o.Usage(); n != 1 || o.Drained(2) {
		t.Errorf("%d entries wait, want the skipped one", n)
	}
	e, _ = o.Next(0, nil)
	o.Done(e.Seq)
	if n, b, _ := o.Usage(); n != 0 || b != 0 || !o.Drained(2) {
		t.Errorf("%d entries in %d bytes wait, want none", n, b)
	}
}

// What waits keeps its own room and no more: 20,000 bodies of all sizes pass by a panic that stays.
func TestWaitingEntryPinsNothing(t *testing.T) {
	o := NewOutbox(Words(64<<10), 7)
	o.Put(Meta{Kind: Log}, make([]byte, 5000))
	o.Put(Meta{Kind: Fatal}, []byte("waits"))
	skip := func(e *Entry) bool { return e.Kind == Fatal }
	for i := range 20_000 {
		if !o.Put(Meta{Kind: Log}, make([]byte, 1+i*37%8000)) {
			t.Fatalf("body %d found no room", i)
		}
		e, _ := o.Next(0, skip)
		o.Done(e.Seq)
	}
	if e, ok := o.Next(0, nil); !ok || string(e.Body) != "waits" {
		t.Errorf("what waited is %q", e.Body)
	}
}

// The heap beside the block is bounded, however small the bodies are.
func TestOutboxCountsSmallEntries(t *testing.T) {
	o, n := NewOutbox(Words(64<<10), 7), 0
	for o.Put(Meta{Kind: Fatal}, nil) {
		n++
	}
	if want := 64 << 10 / leastRoom; n != want {
		t.Errorf("%d empty entries, want %d", n, want)
	}
}

func TestMaxBodyAfterTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := NewOutbox(Words(384<<10), 7)
		whole := o.MaxBody()
		for _, tt := range []struct {
			refused int
			after   time.Duration
			want    int
		}{
			{0, 0, whole}, {90 << 10, 0, 45 << 10}, {0, time.Hour - 1, 45 << 10}, {0, 1, 90 << 10}, {0, time.Hour, whole},
			{90 << 10, 0, 45 << 10}, {44 << 10, 0, 22 << 10}, {20 << 10, 0, 16 << 10}, {1 << 10, 0, 16 << 10},
			{90 << 10, 0, 16 << 10}, // one from before
			{0, time.Hour, 32 << 10}, {80 << 10, 0, 32 << 10}, {30 << 10, 0, 16 << 10},
			{0, 24 * 365 * time.Hour, whole},
		} {
			time.Sleep(tt.after)
			if tt.refused > 0 {
				o.TooLarge(tt.refused)
			}
			if got := o.MaxBody(); got != tt.want {
				t.Errorf("after %d bytes and %v: at most %d, want %d", tt.refused, tt.after, got, tt.want)
			}
		}
		small := NewOutbox(Words(32<<10), 7)
		whole = small.MaxBody()
		small.TooLarge(whole)
		if got := small.MaxBody(); got != whole {
			t.Errorf("a small outbox: at most %d, want %d as before", got, whole)
		}
	})
}

// What may wait for hours lies at the end, so that what comes and goes before it leaves one gap and not many.
func TestFatalOnesLieTogether(t *testing.T) {
	o := NewOutbox(Words(8<<10), 7)
	for i := range 6 {
		if !o.Put(Meta{Kind: Event}, make([]byte, 500)) || !o.Put(Meta{Kind: Fatal}, make([]byte, 300)) {
			t.Fatalf("no room for the pair %d", i)
		}
	}
	for seq := uint64(1); seq < 12; seq += 2 {
		o.Done(seq)
	}
	if !o.Put(Meta{Kind: Event}, make([]byte, 4<<10)) {
		t.Error("an entry of half of the block finds no room beside six of less than a third in all")
	}
	if got := len(ScanOutbox(o.buf, o.key).Entries); got != 7 {
		t.Errorf("the scan finds %d entries, want 7", got)
	}
}

// What is beside an event lies in its entry, and whoever goes on with the outbox finds both.
func TestOutboxKeepsAttachments(t *testing.T) {
	mem := Words(4 << 10)
	o := NewOutbox(mem, 7)
	if !o.PutWith(Meta{Kind: Event, ID: [16]byte{1}, Pieces: 2, Cut: 3}, []byte("event"), []byte("two pieces")) || !o.Put(Meta{Kind: Event, Rest: 9}, []byte("alone")) {
		t.Fatal("no room")
	}
	again, found := OpenOutbox(cloned(mem), 7)
	if e := found.Entries; len(e) != 2 || e[0].Rest != 5 || e[0].Pieces != 2 || string(e[0].Body) != "eventtwo pieces" || e[1].Rest != 0 {
		t.Errorf("found %+v", e)
	}
	again.Detach(1)
	if e, ok := again.Next(0, nil); !ok || !e.Alone || e.Shorten {
		t.Errorf("detached: %+v", e)
	}
	again.Shorten(2)
	again.Done(1)
	if e, ok := again.Next(0, nil); !ok || !e.Alone || !e.Shorten {
		t.Errorf("shortened: %+v", e)
	}
	le := binary.LittleEndian
	for _, rest := range []uint32{16, 1 << 31} { // beyond the body
		mem := cloned(mem)
		le.PutUint32(mem[64:], rest)
		s := stored{seq: 1, at: 0, size: 15}
		(&Outbox{buf: mem, key: 7, sums: &summed}).seal(&s)
		if n := len(ScanOutbox(mem, 7).Entries); n != 1 {
			t.Errorf("rest %d: found %d entries, want the other one alone", rest, n)
		}
	}
}

// Whatever touches the memory of the outbox leaves it unlocked where that is taken away in the middle.
func TestOutboxIsUnlockedByAFault(t *testing.T) {
	for name, f := range map[string]func(o *Outbox){
		"Next":   func(o *Outbox) { o.Next(0, nil) },
		"Newest": func(o *Outbox) { o.Newest(Event, 0) },
		"Latest": func(o *Outbox) { o.Latest(1) },
		"Has":    func(o *Outbox) { o.Has([16]byte{1}) },
		"Holds":  func(o *Outbox) { o.Holds() },
		"Clear":  func(o *Outbox) { o.Clear() },
		"Done":   func(o *Outbox) { o.Done(1) },
		"Tell":   func(o *Outbox) { o.Tell([16]byte{1}, 1) },
		"Settle": func(o *Outbox) { o.Settle([16]byte{1}) },
		"Put": func(o *Outbox) {
			o.entries, o.used = nil, 0
			o.buf = make([]byte, 1<<10)[: 1<<10 : 1<<10]
			o.probe = func() { panic("a fault") }
			o.Put(Meta{}, nil)
		},
		"Refused": func(o *Outbox) { o.entries[0].passed = true; o.Refused(1) },
	} {
		o := NewOutbox(Words(4<<10), 7)
		o.Put(Meta{ID: [16]byte{1}, Kind: Event, Count: 1}, make([]byte, 100))
		o.buf = o.buf[:4:4]
		fault := false
		func() {
			defer func() { fault = recover() != nil }()
			f(o)
		}()
		if !fault || !o.mu.TryLock() {
			t.Errorf("%s: a fault: %v, and it stays locked", name, fault)
		}
	}
}
