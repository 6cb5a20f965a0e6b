package blackbox

import (
	"encoding/binary"
)

// Scan finds the whole records in a block that nobody writes any more, oldest first, without trusting a head or a tail. Of
// two records that claim the same bytes, the newer one is kept. The block is input from outside: a record counts only if its
// position, length and checksum agree. Bodies are views of mem. It takes as long as reading sixteen times as many bytes at the most, whatever stands
// in the block.
func Scan(mem []byte, key uint64) []Record {
	whole, _ := scan(mem, key)
	return whole
}

// scan returns how many bytes it has summed as well: headers that lie within each other could make that the square of what is there.
func scan(mem []byte, key uint64) (whole []Record, summed uint64) {
	var found []Record
	size := uint64(len(mem))
	for at := uint64(0); at+header <= size; at += align {
		w := binary.LittleEndian.Uint64(mem[at:]) ^ key
		k, pos := uint8(w), w>>8
		n := uint64(binary.LittleEndian.Uint32(mem[at+12:]))
		if k == 0 || k > Kinds || pos%size != at || at+header+n > size || summed+n > 16*size {
			continue
		}
		summed += n + header
		body := mem[at+header : at+header+n]
		if sum(body, pos, Kind(k-1)) != binary.LittleEndian.Uint32(mem[at+8:]) {
			continue
		}
		found = append(found, Record{Kind: Kind(k - 1), Pos: pos, End: pos + space(int(n)), Body: body})
	}
	if len(found) == 0 {
		return nil, summed
	}
	order := ranks(len(found), func(i int) uint64 { return found[i].Pos })
	// Everything older than one lap before the end was overwritten, at least in part.
	last := found[order[len(order)-1].at].End
	oldest := last - min(last, size)
	for _, r := range order {
		if r.key >= oldest {
			whole = append(whole, found[r.at])
		}
	}
	return whole, summed
}
