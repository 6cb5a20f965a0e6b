package blackbox

import "encoding/binary"

// MaxHistory is how many records of history an event carries.
const MaxHistory = 100

// HistoryBuffer keeps the newest records of history, at most MaxHistory of them and as many as its memory holds, apart from the ring: a
// burst of events must not push the history out that explains it. It is owned by the recorder. An entry in the block is its
// length, a checksum and the body.
type HistoryBuffer struct {
	buf   []byte
	pos   uint64
	first uint64 // number of the oldest entry
	next  uint64 // number of the next entry
	at    [MaxHistory]span
}

type span struct{ start, body, end uint64 }

const historyHeader = 8

// NewHistoryBuffer makes a buffer over mem.
func NewHistoryBuffer(mem []byte) *HistoryBuffer { return &HistoryBuffer{buf: mem} }

// Add copies body in and forgets the oldest entries that are in its way. A body over a quarter of the memory is cut.
func (h *HistoryBuffer) Add(body []byte) {
	size := uint64(len(h.buf))
	body = body[:min(len(body), int(size/4)-historyHeader)]
	need := (uint64(len(body)) + historyHeader + 7) &^ 7
	start := h.pos
	if left := size - start%size; need > left {
		start += left
	}
	if h.next-h.first == MaxHistory {
		h.first++
	}
	for h.first < h.next && start+need-h.at[h.first%MaxHistory].start > size {
		h.first++
	}
	at := start % size
	binary.LittleEndian.PutUint32(h.buf[at:], uint32(len(body)))
	binary.LittleEndian.PutUint32(h.buf[at+4:], sum(body, h.next, History))
	copy(h.buf[at+historyHeader:], body)
	h.at[h.next%MaxHistory] = span{start, at + historyHeader, at + historyHeader + uint64(len(body))}
	h.next++
	h.pos = start + need
}

// Len returns the number of entries.
func (h *HistoryBuffer) Len() int { return int(h.next - h.first) }

// At returns entry i, 0 being the oldest. The bytes are a view, valid until the next Add.
func (h *HistoryBuffer) At(i int) []byte {
	s := h.at[(h.first+uint64(i))%MaxHistory]
	return h.buf[s.body:s.end]
}
