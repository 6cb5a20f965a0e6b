package blackbox

import (
	"encoding/binary"
	"sync"
)

// Meta says what an envelope in the outbox is, as far as the sender has to know.
type Meta struct {
	ID       [16]byte // event id, zero if the envelope has no event
	Kind     Kind     // Log, Event or Fatal: the order of sending and the room it may take
	Category uint8    // rate limit category of what is in it
	Count    uint32   // log records in it, 1 for an event
	Cut      uint32   // of an event: offset in Body at which `,"breadcrumbs":` begins, the last member; 0 if it has none
}

// Entry is an envelope that waits for its answer. Body is a view of the outbox, valid until Done.
type Entry struct {
	Meta
	Seq  uint64
	Body []byte
}

// Outbox keeps encoded envelopes until each one was answered or given up. The recorder puts, the sender takes; neither runs
// on a goroutine of the game, so a mutex does.
//
// An entry in the block has a header of 48 bytes: magic and state, length, checksum, then the Meta, so that it can be found
// after a crash.
type Outbox struct {
	mu      sync.Mutex
	buf     []byte   // immutable after NewOutbox: the slice, not the bytes
	entries []stored // guarded by mu; oldest first, those at the front not done
	head    uint64   // guarded by mu; position of the next entry
	last    uint64   // guarded by mu; Seq of the newest entry
	peak    int      // guarded by mu; most bytes ever waiting
}

type stored struct {
	Meta
	seq      uint64
	pos, end uint64
	body     uint64 // offset of the body
	size     int
	done     bool
}

const (
	entryHeader = 48
	entryMagic  = 0x4b52554e4b4f5558 // "KRUNKOUX"; the last byte changes when the entry is done
	entryDone   = 0x4b52554e4b4f5500
	maxEntries  = 4096
)

// NewOutbox makes an outbox over mem.
func NewOutbox(mem []byte) *Outbox {
	return &Outbox{buf: mem, entries: make([]stored, 0, 64)}
}

// MaxBody is the longest body that an entry may have: a quarter of the outbox, so that one entry never starves the rest.
func (o *Outbox) MaxBody() int { return len(o.buf)/4 - entryHeader }

// Put copies body in and reports whether there was room for its kind: logs may fill half of the outbox, events seven
// eighths, fatal ones all of it.
func (o *Outbox) Put(m Meta, body []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	size := uint64(len(o.buf))
	need := (uint64(len(body)) + entryHeader + 7) &^ 7
	start := o.head
	if left := size - start%size; need > left {
		start += left
	}
	end := start + need
	if end-o.tail() > o.limit(m.Kind) || len(o.entries) >= maxEntries {
		return false
	}
	o.last++
	at := start % size
	e := stored{Meta: m, seq: o.last, pos: start, end: end, body: at + entryHeader, size: len(body)}
	copy(o.buf[e.body:], body)
	o.header(e, entryMagic)
	o.entries = append(o.entries, e)
	o.head = end
	o.peak = max(o.peak, int(end-o.tail()))
	return true
}

func (o *Outbox) header(e stored, magic uint64) {
	h := o.buf[e.body-entryHeader : e.body]
	body := o.buf[e.body : e.body+uint64(e.size)]
	binary.LittleEndian.PutUint64(h[8:], e.seq)
	binary.LittleEndian.PutUint32(h[16:], uint32(e.size))
	binary.LittleEndian.PutUint32(h[20:], sum(body, e.seq, e.Kind))
	h[24], h[25] = uint8(e.Kind), e.Category
	binary.LittleEndian.PutUint32(h[28:], e.Count)
	copy(h[32:], e.ID[:])
	binary.LittleEndian.PutUint64(h, magic)
}

func (o *Outbox) limit(k Kind) uint64 {
	size := uint64(len(o.buf))
	switch k {
	case Fatal:
		return size
	case Event:
		return size / 8 * 7
	}
	return size / 2
}

// tail returns the position of the oldest entry. The caller holds mu.
func (o *Outbox) tail() uint64 {
	if len(o.entries) == 0 {
		return o.head
	}
	return o.entries[0].pos
}

// Next returns the most important of the oldest entries that skip does not refuse; skip may be nil.
func (o *Outbox) Next(skip func(Meta) bool) (Entry, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	best := -1
	for i := range o.entries {
		e := &o.entries[i]
		if e.done || (best >= 0 && e.Kind <= o.entries[best].Kind) || (skip != nil && skip(e.Meta)) {
			continue
		}
		best = i
		if e.Kind == Fatal {
			break
		}
	}
	if best < 0 {
		return Entry{}, false
	}
	e := &o.entries[best]
	return Entry{Meta: e.Meta, Seq: e.seq, Body: o.buf[e.body : e.body+uint64(e.size)]}, true
}

// Done frees the entry with that Seq; its Body must not be used any more.
func (o *Outbox) Done(seq uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.entries {
		if e := &o.entries[i]; e.seq == seq && !e.done {
			e.done = true
			binary.LittleEndian.PutUint64(o.buf[e.body-entryHeader:], entryDone)
			break
		}
	}
	n := 0
	for n < len(o.entries) && o.entries[n].done {
		n++
	}
	o.entries = append(o.entries[:0], o.entries[n:]...)
}

// Last returns the Seq of the newest entry ever put, 0 if there was none.
func (o *Outbox) Last() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.last
}

// Drained reports whether every entry up to seq is done.
func (o *Outbox) Drained(seq uint64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.entries) == 0 || o.entries[0].seq > seq
}

// Usage returns how many entries and bytes wait, and the most bytes that ever did.
func (o *Outbox) Usage() (entries, bytes, peak int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.entries {
		if !o.entries[i].done {
			entries++
		}
	}
	return entries, int(o.head - o.tail()), o.peak
}
