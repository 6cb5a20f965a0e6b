package blackbox

import (
	"encoding/binary"
	"sync/atomic"
)

// What is here fills memory with zeros, in which somebody's data was that he wants to be gone.

// Wipe wipes all room of the ring that is free: it is reserved, and given up as one record, which the reader passes over. What is not
// read yet stays. It is called by the reader.
func (r *Ring) Wipe() {
	for {
		head := r.head.Load()
		end := r.tail.Load() + uint64(len(r.buf))
		if head == end {
			return
		}
		if r.head.CompareAndSwap(head, end) {
			r.blank(head, end)
			return
		}
	}
}

// blank wipes what lies between two positions, which nobody else uses, and makes it what the reader passes over.
func (r *Ring) blank(from, end uint64) {
	edge := min((from|r.mask)+1, end)
	clear(r.buf[from&r.mask:][:edge-from])
	if edge < end {
		r.publish(from, pad)
		clear(r.buf[:end-edge])
		from = edge
	}
	binary.LittleEndian.PutUint32(r.buf[from&r.mask+12:], uint32(end-from-header))
	r.publish(from, skip)
}

// Blank wipes the record that Next returned last.
func (rd *Reader) Blank(rec Record) { clear(rd.ring.buf[rec.Pos&rd.ring.mask:][:rec.End-rec.Pos]) }

// Wipe forgets and wipes all entries.
func (h *HistoryBuffer) Wipe() {
	h.Clear()
	clear(h.buf)
	h.end, h.first, h.last = 0, 0, 0
}

// Wipe empties and wipes the batch.
func (t *Batch) Wipe() {
	t.Reset()
	clear(t.mem)
}

// Wipe gives up all entries, none of which is on its way, and wipes them.
func (o *Outbox) Wipe() {
	defer o.hold()()
	clear(o.buf)
	o.entries, o.used = o.entries[:0], 0
}

// Unpublish makes the block one that Open does not take, until it is published again, and wipes its facts, its names and what it says of the
// end of the run. It is called by who gives the numbers to names.
func (b *Block) Unpublish(n *Names) {
	word(b.mem, 0).Store(0)
	clear(b.mem[8:liveOffset])
	clear(b.At(FactsRegion))
	n.mem, n.end = b.At(NamesRegion), 0
	clear(n.mem)
	e := &b.Live.Ending
	for _, w := range [...]*atomic.Uint64{&e.State, &e.PanicHi, &e.PanicLo, &e.PanicGid, &e.HangHi, &e.HangLo, &b.Live.Memory, &b.Live.Errors} {
		w.Store(0)
	}
	e.PanicAt.Store(0)
	b.Frame.Store(0)
	b.BeatAt.Store(0)
}
