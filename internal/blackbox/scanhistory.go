package blackbox

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// ScanHistory reads a block that nobody writes any more, whose start is aligned to 8 bytes, and returns its entries in the order of the
// ring, forgotten ones that were not overwritten too. Bodies are views of the block. It is input from outside: an entry counts only if its
// length, position and checksum agree, and one that was moved while the process died counts once. It takes as long as reading sixteen times
// as many bytes at the most, whatever stands in the block.
func ScanHistory(mem []byte, key uint64) []HistoryEntry {
	var found []HistoryEntry
	size, summed := uint64(len(mem)), uint64(0)
	for at := uint64(0); at+historyHeader <= size; at += 8 {
		w := word(mem, at).Load() ^ key
		n := uint64(binary.LittleEndian.Uint32(mem[at+8:]))
		if uint8(w) != entryWhole || n > size-at-historyHeader || summed+n > 16*size {
			continue
		}
		summed += n + historyHeader
		body := mem[at+historyHeader : at+historyHeader+n : at+historyHeader+n]
		if sum(body, w>>8, History) == binary.LittleEndian.Uint32(mem[at+12:]) {
			found = append(found, historyEntry(mem, int(at), body, w>>8))
		}
	}
	slices.SortStableFunc(found, func(a, b HistoryEntry) int { return cmp.Compare(a.Pos, b.Pos) })
	return slices.CompactFunc(found, func(a, b HistoryEntry) bool { return a.Pos == b.Pos })
}
