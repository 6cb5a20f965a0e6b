package blackbox

import (
	"encoding/binary"
)

// ScanHistory reads a block that nobody writes any more, whose start is aligned to 8 bytes, and returns its entries in the order of the
// ring. Bodies are views of the block. It is input from outside: an entry counts only if its
// length, position and checksum agree, and one that was moved while the process died counts once. It takes as long as reading sixteen times
// as many bytes at the most, whatever stands in the block.
func ScanHistory(mem []byte, key uint64) []HistoryEntry {
	var found []HistoryEntry
	size, summed := uint64(len(mem)), uint64(0)
	for at := uint64(0); at+historyHeader <= size; at += 8 {
		w := word(mem, at).Load() ^ key
		n := uint64(binary.LittleEndian.Uint32(mem[at+8:]) & historyLength)
		if uint8(w) != entryWhole || n > size-at-historyHeader || summed+n > 16*size {
			continue
		}
		summed += n + historyHeader
		body := mem[at+historyHeader : at+historyHeader+n : at+historyHeader+n]
		if historySum(body, w>>8, mem[at+11]) == binary.LittleEndian.Uint32(mem[at+12:]) {
			found = append(found, historyEntry(mem, int(at), body, w>>8))
		}
	}
	kept := make([]HistoryEntry, 0, len(found))
	for _, r := range ranks(len(found), func(i int) uint64 { return found[i].Pos }) {
		if n := len(kept); n == 0 || r.key != kept[n-1].Pos {
			kept = append(kept, found[r.at])
		}
	}
	return kept
}

// History returns the history of a block, which is empty.
func (b *Block) History() *HistoryBuffer {
	return &HistoryBuffer{buf: b.At(HistoryRegion), key: b.key, sums: b.sums, probe: b.watch}
}

// OpenHistory returns the history of a dead run, without the entries whose bodies are not valid. What lies over another entry, or not in
// the order of the ring, is no entry.
func (b *Block) OpenHistory(valid func(body []byte) bool) *HistoryBuffer {
	h := b.History()
	found := ScanHistory(h.buf, h.key)
	for _, e := range found[max(len(found)-MaxHistory, 0):] {
		size := (len(e.Body) + historyHeader + 7) &^ 7
		if e.at < h.end || e.at+size > len(h.buf) || !valid(e.Body) {
			continue
		}
		s := span{at: e.at, size: size, share: e.share % uint8(len(h.shares))}
		h.list[h.last] = s
		h.last++
		h.shares[s.share]++
		h.end = s.at + size
		h.live += size
	}
	for i, n := range h.shares {
		if 2*int(n) > h.Len() {
			h.heavy = i
		}
	}
	return h
}

// Knows reports whether an entry was made of the record at pos, which was read again since its program died, or was repeated by it last, at
// that time.
func (h *HistoryBuffer) Knows(pos uint64, time int64) bool {
	for i := range h.Len() {
		if e := h.At(i); e.Pos == pos || e.Count > 1 && e.Last == time {
			return true
		}
	}
	return false
}
