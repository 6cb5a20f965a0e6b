package blackbox

import (
	"bytes"
	"encoding/binary"
)

// MaxHistory is how many records of history an event carries.
const MaxHistory = 100

// HistoryBuffer keeps the newest records of history, at most MaxHistory of them and as many as three quarters of its memory hold,
// apart from the ring: a burst of events must not push the history out that explains it. Nor does a channel that says much push
// out the others: while one has more than half of the entries, its own oldest ones go. It is owned by the recorder.
//
// An entry in the block is a header of 32 bytes and the body: its length and a checksum as uint32, its number as uint64, the time
// of its last repetition as int64, how often it happened and its kind as uint32. The header is written last, and an entry moves
// when room is made.
type HistoryBuffer struct {
	buf    []byte
	end    int    // where the next entry goes
	live   int    // bytes of all entries
	number uint64 // of the next entry
	list   [2 * MaxHistory]span
	first  int // the entries are list[first:last], oldest first
	last   int
	shares [64]uint8 // entries by channel; channels that meet in a place share it
	heavy  int       // place of the one that had more than half last
}

type span struct {
	_        [0]func() // no code to compare it
	at, size int
	share    uint8
}

const historyHeader = 32

// HistoryEntry is what is kept of a record. Body is a view, valid until the next Add.
type HistoryEntry struct {
	Body  []byte
	Count uint32 // how often it happened, in sum
	Last  int64  // time of the last repetition, or of the entry itself
}

// NewHistoryBuffer makes a buffer over mem.
func NewHistoryBuffer(mem []byte) *HistoryBuffer { return &HistoryBuffer{buf: mem} }

// Add copies body in and forgets what is in its way. One that equals the newest entry, but for the first bytes that say when, is
// that entry once more. A body over a quarter of the memory is cut.
func (h *HistoryBuffer) Add(body []byte, channel uint16, time int64, when int) {
	body = body[:min(len(body), len(h.buf)/4-historyHeader)]
	if h.last > h.first {
		s := h.list[h.last-1]
		if old := h.body(s); h.kind(s) == 0 && len(old) == len(body) && len(body) > when && bytes.Equal(old[when:], body[when:]) {
			h.again(s, 1, time)
			return
		}
	}
	h.add(body, channel, time, 0, 1)
}

// AddKind is Add for what happened n times and is one entry with everything else of its kind, which is not 0, wherever that
// stands.
func (h *HistoryBuffer) AddKind(body []byte, channel uint16, time int64, kind, n uint32) {
	for _, s := range h.list[h.first:h.last] {
		if h.kind(s) == kind {
			h.again(s, n, time)
			return
		}
	}
	h.add(body[:min(len(body), len(h.buf)/4-historyHeader)], channel, time, kind, n)
}

func (h *HistoryBuffer) add(body []byte, channel uint16, time int64, kind, n uint32) {
	size := (len(body) + historyHeader + 7) &^ 7
	for h.Len() == MaxHistory || h.Len() > 0 && h.live+size > len(h.buf)/4*3 {
		h.forget()
	}
	if h.end+size > len(h.buf) {
		h.compact()
	}
	if h.last == len(h.list) {
		h.last = copy(h.list[:], h.list[h.first:])
		h.first = 0
	}
	s := span{at: h.end, size: size, share: uint8(channel % uint16(len(h.shares)))}
	to := h.buf[s.at : s.at+size]
	copy(to[historyHeader:], body)
	binary.LittleEndian.PutUint32(to[24:], n)
	binary.LittleEndian.PutUint32(to[28:], kind)
	binary.LittleEndian.PutUint64(to[16:], uint64(time))
	binary.LittleEndian.PutUint64(to[8:], h.number)
	binary.LittleEndian.PutUint32(to[4:], sum(body, h.number, History))
	binary.LittleEndian.PutUint32(to, uint32(len(body)))
	h.list[h.last] = s
	h.last++
	h.number++
	h.end += size
	h.live += size
	if h.shares[s.share]++; 2*int(h.shares[s.share]) > h.Len() {
		h.heavy = int(s.share)
	}
}

// again notes that an entry happened n times more.
func (h *HistoryBuffer) again(s span, n uint32, time int64) {
	b := h.buf[s.at:]
	binary.LittleEndian.PutUint32(b[24:], binary.LittleEndian.Uint32(b[24:])+n)
	binary.LittleEndian.PutUint64(b[16:], uint64(time))
}

// forget takes out the oldest entry, of the channel that has more than half of them if there is one.
func (h *HistoryBuffer) forget() {
	i := h.first
	if 2*int(h.shares[h.heavy]) > h.Len() {
		for int(h.list[i].share) != h.heavy {
			i++
		}
	}
	h.live -= h.list[i].size
	h.shares[h.list[i].share]--
	copy(h.list[h.first+1:i+1], h.list[h.first:i])
	h.first++
}

// compact moves the entries together.
func (h *HistoryBuffer) compact() {
	h.end = 0
	for i := h.first; i < h.last; i++ {
		s := &h.list[i]
		copy(h.buf[h.end:], h.buf[s.at:s.at+s.size])
		s.at = h.end
		h.end += s.size
	}
}

func (h *HistoryBuffer) body(s span) []byte {
	n := int(binary.LittleEndian.Uint32(h.buf[s.at:]))
	return h.buf[s.at+historyHeader : s.at+historyHeader+n]
}

func (h *HistoryBuffer) kind(s span) uint32 { return binary.LittleEndian.Uint32(h.buf[s.at+28:]) }

// Len returns the number of entries.
func (h *HistoryBuffer) Len() int { return h.last - h.first }

// At returns entry i, 0 being the oldest.
func (h *HistoryBuffer) At(i int) HistoryEntry {
	s := h.list[h.first+i]
	b := h.buf[s.at:]
	return HistoryEntry{Body: h.body(s), Count: binary.LittleEndian.Uint32(b[24:]), Last: int64(binary.LittleEndian.Uint64(b[16:]))}
}
