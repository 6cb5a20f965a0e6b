package blackbox

import (
	"sync"
	"time"
)

// Meta says what an envelope in the outbox is, as far as the sender has to know.
type Meta struct {
	_        [0]func() // no code to compare it
	ID       [16]byte  // event id, zero if the envelope has no event
	Kind     Kind      // Log, Event or Fatal: the order of sending and the room it may take
	Category uint8     // rate limit category of what is in it
	Count    uint32    // log records in it, 1 for an event
	Cut      uint32    // of an event: offset in Body at which `,"breadcrumbs":` begins, the last member; 0 if it has none
	Rest     uint32    // of an event: offset in Body at which its attachments begin, which are items as they are sent; 0 if it has none
	Pieces   uint8     // how many those are
	Encoding uint8     // of Body before Rest, 0 for one that is sent as it is; who does not know it leaves the entry
	Start    int64     // Unix nanoseconds of the run's start by which its times were told, 0 if not known
	Upto     uint64    // position in the ring behind the newest record in it, 0 if it is from none
	Open     bool      // it tells of something that is not over; see Tell
}

// Entry is an envelope that waits for its answer. Body is a view of the outbox, valid until Done.
type Entry struct {
	Meta
	Seq      uint64 // in the order of Put, from 1
	Refusals uint32 // that count against it
	Length   uint32 // of one with Open: milliseconds, Lost or Endless; 0: it is not over yet
	Alone    bool   // it is to be sent without what begins at Rest
	Shorten  bool   // it is to be sent without what begins at Cut
	Body     []byte
	at       uint64 // offset of its header
}

// Outbox keeps encoded envelopes until each one was answered or given up. The recorder puts, the sender takes; neither runs
// on a goroutine of the game, so a mutex does.
//
// An entry lies in the first gap that it fits into, a fatal one in the last. So one that waits, for the end of a rate limit or because a server refuses
// it, takes its own room and no more. What is in the block says all that is needed to find the entries after a crash
// (ScanOutbox); the rest is on the heap.
type Outbox struct {
	mu      sync.Mutex
	free    func()   // guarded by mu; unlocks; nil until the first hold
	buf     []byte   // guarded by mu: the slice; it becomes shorter by Cede alone
	key     uint64   // immutable after NewOutbox
	sums    *sums    // immutable after NewOutbox
	entries []stored // guarded by mu; by place
	used    uint64   // guarded by mu
	last    uint64   // guarded by mu; Seq of the newest entry
	turn    uint64   // guarded by mu; of the entry that was put behind last
	peak    int      // guarded by mu; most bytes ever waiting
	seen    Entry    // guarded by mu; what skip is asked about, here since it escapes
	probe   probe
	limit   int       // guarded by mu; of MaxBody when it was last halved, 0: never
	halved  time.Time // guarded by mu
}

// stored is an entry of the block. What it repeats of the header is what is asked for most.
type stored struct {
	_        [0]func() // no code to compare it
	seq      uint64
	at       uint64 // offset of the header
	size     uint32 // of the body
	refusals uint32
	behind   uint64        // 0: in its place; otherwise behind all others, in this order
	rests    time.Duration // not tried before that moment of the sender's time
	kind     Kind
	passed   bool   // another envelope was accepted since it was refused
	lent     bool   // on its way
	alone    bool   // it is to be sent without its attachments
	shorten  bool   // it is to be sent without its breadcrumbs
	row      uint32 // refusals since passed was last true
	length   uint32 // see Entry
}

func (s *stored) room() uint64 { return room(int(s.size)) }

func (s *stored) entry(mem []byte) Entry {
	e := entry(mem, s.at, s.seq, s.size, s.length<<8|s.refusals)
	e.Shorten, e.Alone = s.shorten, s.alone || s.shorten
	return e
}

// leastRoom is what an entry counts as at least, so that what is on the heap stays small beside the block.
const leastRoom = 512

// mostEntries is how many wait at most, whatever room there is: all of them are walked over for each that is sent.
const mostEntries = 16 << 10

// leastBody is what MaxBody does not fall below, unless the outbox is that small.
const leastBody = 16 << 10

// NewOutbox makes an outbox over mem, whose start is aligned to 8 bytes and which nobody else writes. What stands there is no
// entry of it: OpenOutbox goes on with that. The key is a random number.
func NewOutbox(mem []byte, key uint64) *Outbox { return newOutbox(mem, key, &summed) }

func newOutbox(mem []byte, key uint64, sums *sums) *Outbox {
	return &Outbox{buf: mem, key: key, sums: sums}
}

// Outbox returns the outbox of a block, which is empty, or nil if the block has none.
func (b *Block) Outbox() *Outbox {
	mem := b.At(OutboxRegion)
	if mem == nil {
		return nil
	}
	o := newOutbox(mem, b.key, b.sums)
	o.probe = b.watch
	return o
}

// Size returns the length of the block.
func (o *Outbox) Size() int {
	o.lock()
	n := len(o.buf)
	o.unlock()
	return n
}

// Cede gives the last n bytes away for good, or as many of them as leave at least so many, and nothing while an entry lies there.
func (o *Outbox) Cede(n, least int) []byte {
	defer o.hold()()
	at := max(len(o.buf)-n, least, 0) + unit - 1
	if at &^= unit - 1; at >= len(o.buf) {
		return nil
	}
	if i := len(o.entries); i > 0 && o.entries[i-1].at+o.entries[i-1].room() > uint64(at) {
		return nil
	}
	mem := o.buf[at:]
	clear(mem) // Wipe does not reach it any more
	o.buf = o.buf[:at:at]
	return mem
}

// MaxBody is the longest body that an entry should have now: a quarter of the outbox, so that one entry never starves the rest,
// or less for a while after TooLarge.
func (o *Outbox) MaxBody() int {
	o.lock()
	n := o.maxBody()
	o.unlock()
	return n
}

// Unlocking is deferred where the block is read or written, whose memory may be taken away (Guard), and else written out, since a deferred call is 250
// bytes of code. Locking is out of line for the
// same reason.
//
//go:noinline
func (o *Outbox) lock() { o.mu.Lock() }

//go:noinline
func (o *Outbox) unlock() { o.mu.Unlock() }

// hold locks and returns what unlocks, to be deferred: a deferred call with a receiver is a function of its own, 210 bytes each.
//
//go:noinline
func (o *Outbox) hold() func() {
	o.mu.Lock()
	if o.free == nil { // not in Start, where an allocation counts
		o.free = o.unlock
	}
	return o.free
}

func (o *Outbox) maxBody() int {
	whole := len(o.buf)/4 - entryHeader
	if o.limit == 0 {
		return whole
	}
	hours := min(time.Since(o.halved)/time.Hour, 16)
	return min(o.limit<<hours, whole)
}

// TooLarge says that a server refused a body of n bytes for its size. MaxBody becomes half of that, 16 KiB at the least, and
// doubles with each hour. A body from before the last change says nothing new.
func (o *Outbox) TooLarge(n int) {
	o.lock()
	if o.limit == 0 || n <= o.maxBody() {
		o.limit = max(n/2, leastBody)
		o.halved = time.Now()
	}
	o.unlock()
}

// Shorten makes an entry one that is sent without its breadcrumbs from now on.
func (o *Outbox) Shorten(seq uint64) {
	o.lock()
	if s := o.find(seq); s != nil {
		s.shorten = true
	}
	o.unlock()
}

// Detach makes an entry one that is sent without its attachments from now on.
func (o *Outbox) Detach(seq uint64) {
	o.lock()
	if s := o.find(seq); s != nil {
		s.alone = true
	}
	o.unlock()
}

// Put copies body in and reports whether there was room for its kind: logs may fill half of the outbox, events seven
// eighths, fatal ones all of it.
func (o *Outbox) Put(m Meta, body []byte) bool { return o.PutWith(m, body, nil) }

// PutWith is Put for a body in two parts, the second one of which is the attachments; it sets Rest.
func (o *Outbox) PutWith(m Meta, body, rest []byte) bool {
	if m.Rest = 0; len(rest) > 0 {
		m.Rest = uint32(len(body))
	}
	size := len(body) + len(rest)
	need := room(size)
	defer o.hold()()
	at, i := o.gap(need)
	if m.Kind == Fatal {
		at, i = o.top(need)
	}
	fits := o.used+need <= o.share(m.Kind) && at+need <= uint64(len(o.buf)) && len(o.entries) < min(len(o.buf)/leastRoom, mostEntries)
	if fits {
		o.last++
		s := stored{seq: o.last, at: at, size: uint32(size), kind: m.Kind}
		o.write(&s, &m, body, rest)
		o.entries = append(o.entries, s) // slices.Insert is 1.2 KiB
		copy(o.entries[i+1:], o.entries[i:])
		o.entries[i] = s
		o.used += need
		o.peak = max(o.peak, int(o.used))
	}
	return fits
}

// gap returns the first place with that much room, and where in entries it is. The last gap has no end.
func (o *Outbox) gap(need uint64) (at uint64, i int) {
	for i := range o.entries {
		if o.entries[i].at-at >= need {
			return at, i
		}
		at = o.entries[i].at + o.entries[i].room()
	}
	return at, len(o.entries)
}

// top returns the last place with that much room. What may wait for hours lies together there, and does not part what is free.
func (o *Outbox) top(need uint64) (at uint64, i int) {
	end := uint64(len(o.buf)) &^ 7
	for i = len(o.entries); i > 0; i-- {
		s := &o.entries[i-1]
		if end-s.at-s.room() >= need {
			return end - need, i
		}
		end = s.at
	}
	if end < need {
		return uint64(len(o.buf)), 0
	}
	return end - need, 0
}

func (o *Outbox) share(k Kind) uint64 {
	size := uint64(len(o.buf))
	switch k {
	case Fatal:
		return size
	case Event:
		return size / 8 * 7
	}
	return size / 2
}

// find returns where the entry with that Seq is, nil if it is done. The caller holds mu.
//
//go:noinline
func (o *Outbox) find(seq uint64) *stored {
	for i := range o.entries {
		if o.entries[i].seq == seq {
			return &o.entries[i]
		}
	}
	return nil
}

// Done frees the entry with that Seq; its Body must not be used any more.
func (o *Outbox) Done(seq uint64) {
	defer o.hold()()
	for i := range o.entries {
		if s := &o.entries[i]; s.seq == seq {
			o.state(s, entryDone)
			o.used -= s.room()
			o.entries = append(o.entries[:i], o.entries[i+1:]...)
			break
		}
	}
}

// Last returns the Seq of the newest entry ever put, 0 if there was none.
func (o *Outbox) Last() uint64 {
	o.lock()
	last := o.last
	o.unlock()
	return last
}

// Drained reports whether every entry up to seq is done.
func (o *Outbox) Drained(seq uint64) bool {
	o.lock()
	drained := true
	for i := range o.entries {
		drained = drained && o.entries[i].seq > seq
	}
	o.unlock()
	return drained
}

// Holds returns how many events and log records wait.
func (o *Outbox) Holds() (events, logs uint64) {
	defer o.hold()()
	for i := range o.entries {
		e := o.entries[i].entry(o.buf)
		switch {
		case e.Kind == Log:
			logs += uint64(e.Count)
		case e.ID != [16]byte{}: // anything else was captured by nobody
			events += uint64(e.Count)
		}
	}
	return events, logs
}

// Has reports whether the envelope of that event waits.
func (o *Outbox) Has(id [16]byte) bool {
	defer o.hold()()
	has := false
	for i := range o.entries {
		has = has || o.entries[i].entry(o.buf).ID == id
	}
	return has
}

// Clear gives up what waits and is not on its way, and returns how many events and log records those were as far as that can still be read.
func (o *Outbox) Clear() (events, logs uint64) {
	defer o.hold()()
	kept := o.entries[:0]
	for i := range o.entries {
		s := &o.entries[i]
		if s.lent {
			kept = append(kept, *s)
			continue
		}
		o.used -= s.room()
		if e := s.entry(o.buf); s.kind == Log {
			logs += uint64(max(e.Count, 1))
		} else {
			events++
		}
	}
	o.entries = kept
	return events, logs
}

// Usage returns how many entries and bytes wait, and the most bytes that ever did.
func (o *Outbox) Usage() (entries, bytes, peak int) {
	o.lock()
	entries, bytes, peak = len(o.entries), int(o.used), o.peak
	o.unlock()
	return entries, bytes, peak
}
