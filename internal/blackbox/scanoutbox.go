package blackbox

import (
	"encoding/binary"
)

// Found is what ScanOutbox finds in a block.
type Found struct {
	Entries []Entry // that are not done, oldest first; their bodies are views of the block
	Last    uint64  // Seq of the newest entry, done or not; 0 if there is none
	Events  uint64  // the largest Upto of an entry with an event, done or not
	Logs    uint64  // the same of entries with log records
}

// maxSeq bounds what is believed of a Seq, so that others can follow.
const maxSeq = 1 << 55

// ScanOutbox reads a block that nobody writes any more, whose start is aligned to 8 bytes. The block is input from outside: an entry
// counts only if its place, length and checksum agree, and of two that claim the same bytes the newer one. It takes as long as
// reading forty times as many bytes at the most, whatever stands in the block, and returns no more entries than an outbox holds.
func ScanOutbox(mem []byte, key uint64) Found {
	var f Found
	var found []ranked // by place; an Entry is six times as long
	end := uint64(0)
	scanOutbox(mem, key, entryLive, func(e Entry) {
		f.add(&e)
		if last := len(found) - 1; e.at < end { // the last one found reaches into this one
			if e.Seq < found[last].key {
				return
			}
			found = found[:last]
		} else if len(found) == mostEntries {
			return
		}
		found = append(found, ranked{key: e.Seq, at: int(e.at)})
		end = e.at + room(len(e.Body))
	})
	rank(found)
	if len(found) > 0 {
		f.Entries = make([]Entry, len(found))
	}
	for i, r := range found {
		at := uint64(r.at)
		f.Entries[i] = entry(mem, at, r.key, binary.LittleEndian.Uint32(mem[at+16:]), uint32(word(mem, at+8).Load()>>32))
	}
	scanOutbox(mem, key, entryDone, func(e Entry) { f.add(&e) })
	return f
}

func (f *Found) add(e *Entry) {
	f.Last = max(f.Last, e.Seq)
	if e.Kind == Log {
		f.Logs = max(f.Logs, e.Upto)
	} else {
		f.Events = max(f.Events, e.Upto)
	}
}

// scanOutbox calls found with every whole entry of that state, by place, and returns how many bytes it has summed. Headers that lie
// within each other are not Krunk's work, but could make that the square of what is there.
func scanOutbox(mem []byte, key, state uint64, found func(Entry)) (summed uint64) {
	size := uint64(len(mem))
	for at := uint64(0); at+entryHeader <= size; at += 8 {
		w := word(mem, at).Load() ^ key ^ state
		n := uint64(binary.LittleEndian.Uint32(mem[at+16:]))
		if uint8(w) != 0 || n > size-at-entryHeader || summed+n > 16*size || w>>8 >= maxSeq {
			continue
		}
		summed += n + entryHeader
		seal := word(mem, at+8).Load()
		note, seq := uint32(seal>>32), w>>8
		if entrySum(mem, at, seq, uint32(n), note) != uint32(seal) || mem[at+24] >= Kinds || uint64(binary.LittleEndian.Uint32(mem[at+28:])) > n || uint64(binary.LittleEndian.Uint32(mem[at+64:])) > n {
			continue
		}
		found(entry(mem, at, seq, uint32(n), note))
	}
	return summed
}

// OpenOutbox returns the outbox of a dead run; see OpenOutbox.
func (b *Block) OpenOutbox() (*Outbox, Found) {
	o, f := OpenOutbox(b.At(OutboxRegion), b.key)
	o.probe = b.watch
	return o, f
}

// OpenOutbox makes an outbox that goes on with what stands in mem, as ScanOutbox finds it, which is returned as well. What was
// under way is to be sent again; who is behind whom, and what rests, is forgotten.
func OpenOutbox(mem []byte, key uint64) (*Outbox, Found) {
	o := NewOutbox(mem, key)
	f := ScanOutbox(mem, key)
	o.last = f.Last
	list := make([]stored, 0, len(f.Entries))
	for i := range f.Entries {
		e := &f.Entries[i]
		if i > 0 && e.Seq == f.Entries[i-1].Seq { // who moved it died: see compact
			o.state(&stored{seq: e.Seq, at: e.at}, entryDone)
			continue
		}
		s := stored{seq: e.Seq, at: e.at, size: uint32(len(e.Body)), refusals: e.Refusals, length: e.Length, kind: e.Kind}
		list = append(list, s)
		o.used += s.room()
	}
	o.entries = make([]stored, 0, len(list))
	for _, r := range ranks(len(list), func(i int) uint64 { return list[i].at }) {
		o.entries = append(o.entries, list[r.at])
	}
	o.peak = int(o.used)
	return o, f
}
