package blackbox

import "encoding/binary"

// Record is one published record. Body is a view of the ring, valid until its position was released.
type Record struct {
	Kind Kind
	Pos  uint64 // position of the record
	End  uint64 // position behind it
	Body []byte
}

// Reader reads a ring in order. It is owned by one goroutine.
type Reader struct {
	ring *Ring
	next uint64
	head uint64 // what the ring's head was; read again only behind it, as producers fight for that cache line
}

// NewReader returns the reader of r; a ring has one.
func NewReader(r *Ring) *Reader { return &Reader{ring: r} }

// Pos returns the position of the next record.
func (rd *Reader) Pos() uint64 { return rd.next }

// Next returns the next record, or false when there is none or the next one is not published yet; its producer then wakes
// the reader.
func (rd *Reader) Next() (Record, bool) {
	r := rd.ring
	for {
		if rd.empty() {
			return Record{}, false
		}
		k, ok := r.kindAt(rd.next)
		if !ok {
			// The producer stores the header and then reads waiting; here it is the other way round, so one of both sees the
			// other.
			r.waiting.Store(rd.next + 1)
			if k, ok = r.kindAt(rd.next); !ok {
				return Record{}, false
			}
			r.waiting.Store(0)
		}
		if k == pad {
			rd.next += uint64(len(r.buf)) - rd.next&r.mask
			continue
		}
		rec := r.at(rd.next, k)
		if rec.End > rd.head { // somebody else has written into the block: what is left of it says nothing
			rec = Record{Kind: k, Pos: rd.next, End: rd.head}
		}
		rd.next = rec.End
		if k == skip {
			continue
		}
		return rec, true
	}
}

func (rd *Reader) empty() bool {
	if rd.next == rd.head {
		rd.head = rd.ring.head.Load()
	}
	return rd.next == rd.head
}

// Skip passes over everything that is reserved by now, published or not.
func (rd *Reader) Skip() {
	rd.head = rd.ring.head.Load()
	rd.next = rd.head
}

// Back makes rec, the record that Next returned last, the next one again.
func (rd *Reader) Back(rec Record) { rd.next = rec.Pos }

// Release lets producers overwrite everything before pos. Positions never go back.
func (rd *Reader) Release(pos uint64) { rd.ring.tail.Store(pos) }

func (r *Ring) kindAt(pos uint64) (Kind, bool) {
	w := r.word(pos).Load() ^ r.key
	k := uint8(w)
	return Kind(k - 1), w>>8 == pos && k != 0 && k <= skip+1
}

// at returns the record at pos. A length that reaches over the end of the ring makes an End far behind the head.
func (r *Ring) at(pos uint64, k Kind) Record {
	at := pos & r.mask
	n := uint64(binary.LittleEndian.Uint32(r.buf[at+12:]))
	if n > uint64(len(r.buf))-at-header {
		return Record{End: 1<<64 - 1}
	}
	return Record{Kind: k, Pos: pos, End: pos + space(int(n)), Body: r.buf[at+header : at+header+n]}
}

// Ready reports whether Next would return a record.
func (rd *Reader) Ready() bool {
	if rd.empty() {
		return false
	}
	if _, ok := rd.ring.kindAt(rd.next); ok {
		return true
	}
	rd.ring.waiting.Store(rd.next + 1)
	_, ok := rd.ring.kindAt(rd.next)
	return ok
}
