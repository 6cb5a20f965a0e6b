package blackbox

import (
	"bytes"
	"encoding/binary"
)

// MaxHistory is how many records of history an event carries.
const MaxHistory = 100

// HistoryBuffer keeps the newest entries of history, at most MaxHistory of them and as many as three quarters of its memory hold,
// apart from the ring: a burst of events must not push the history out that explains it. Nor does a channel that says much push
// out the others: while one has more than half of the entries, its own oldest ones go. It is owned by the recorder.
//
// An entry in the block is a header of 32 bytes and the body: the position in the ring of the record that it was made of, shifted
// by 8 bits, with 1 in them, mixed with the key, as uint64; the length of the body, with the channel's share in the upper 8 bits, and a
// checksum of position, both and body as uint32; the time of its last repetition as int64; how often it happened and its kind as uint32. The
// word with the position is written last, and is 0 from when the entry is forgotten. An entry moves when room is made: one that the program dies
// at while it moves over its own old place is lost.
type HistoryBuffer struct {
	buf    []byte
	key    uint64
	end    int // where the next entry goes
	live   int // bytes of all entries
	list   [2 * MaxHistory]span
	first  int // the entries are list[first:last], oldest first
	last   int
	shares [64]uint8 // entries by channel; channels that meet in a place share it
	heavy  int       // place of the one that had more than half last
	sums   *sums
	probe  probe
}

type span struct {
	_        [0]func() // no code to compare it
	at, size int
	share    uint8
}

const (
	historyHeader = 32
	historyShare  = 24 // bits of a length, behind which the share stands
	historyLength = 1<<historyShare - 1
)

// historySum is the checksum of an entry; the kind is History with the share above it.
func historySum(body []byte, pos uint64, share uint8) uint32 {
	return sum(body, pos, History+Kind(share)<<2)
}

// entryWhole says that an entry of history stands there.
const entryWhole = 1

// HistoryEntry is what is kept of a record. Body is a view, valid until the next Add.
type HistoryEntry struct {
	Body  []byte
	Pos   uint64 // of the record in the ring
	Count uint32 // how often it happened, in sum
	Kind  uint32 // as Add was told
	Last  int64  // time of the last repetition, or of the entry itself

	at    int
	share uint8
}

// NewHistoryBuffer makes a buffer over mem, whose start is aligned to 8 bytes. The key is a random number.
func NewHistoryBuffer(mem []byte, key uint64) *HistoryBuffer {
	return &HistoryBuffer{buf: mem, key: key, sums: &summed}
}

// MaxBody is the longest body that an entry has.
func (h *HistoryBuffer) MaxBody() int { return len(h.buf)/4 - historyHeader }

// Clear forgets all entries.
func (h *HistoryBuffer) Clear() {
	for h.Len() > 0 {
		h.forget()
	}
}

// Repeated notes that the newest entry happened once more, if it has no kind and its body begins with those bytes.
func (h *HistoryBuffer) Repeated(head []byte, time int64) bool {
	if h.last == h.first {
		return false
	}
	s := h.list[h.last-1]
	if h.kind(s) != 0 || !bytes.HasPrefix(h.body(s), head) {
		return false
	}
	h.again(s, 1, time)
	return true
}

// RepeatedKind notes that the entry of that kind, which is not 0, happened n times more, wherever it stands.
func (h *HistoryBuffer) RepeatedKind(kind, n uint32, time int64) bool {
	for _, s := range h.list[h.first:h.last] {
		if h.kind(s) == kind {
			h.again(s, n, time)
			return true
		}
	}
	return false
}

// Add copies in what was made of the record at pos, which happened n times, and forgets what is in its way. A body over MaxBody is cut.
func (h *HistoryBuffer) Add(pos uint64, body []byte, channel uint16, time int64, kind, n uint32) {
	body = body[:min(len(body), h.MaxBody())]
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
	h.mark(s.at, 0)
	copy(to[historyHeader:], body)
	h.probe.stored()
	binary.LittleEndian.PutUint32(to[8:], uint32(len(body))|uint32(s.share)<<historyShare)
	if h.sums != nil {
		binary.LittleEndian.PutUint32(to[12:], h.sums.history(body, pos, s.share))
	}
	binary.LittleEndian.PutUint64(to[16:], uint64(time))
	binary.LittleEndian.PutUint32(to[24:], n)
	binary.LittleEndian.PutUint32(to[28:], kind)
	h.probe.stored()
	h.mark(s.at, h.key^(pos<<8|entryWhole))
	h.list[h.last] = s
	h.last++
	h.end += size
	h.live += size
	if h.shares[s.share]++; 2*int(h.shares[s.share]) > h.Len() {
		h.heavy = int(s.share)
	}
}

// mark stores the word of an entry.
func (h *HistoryBuffer) mark(at int, w uint64) {
	word(h.buf, uint64(at)).Store(w)
	h.probe.stored()
}

// again notes that an entry happened n times more.
func (h *HistoryBuffer) again(s span, n uint32, time int64) {
	b := h.buf[s.at:]
	binary.LittleEndian.PutUint32(b[24:], binary.LittleEndian.Uint32(b[24:])+n)
	binary.LittleEndian.PutUint64(b[16:], uint64(time))
	h.probe.stored()
}

// forget takes out the oldest entry, of the channel that has more than half of them if there is one.
func (h *HistoryBuffer) forget() {
	i := h.first
	if 2*int(h.shares[h.heavy]) > h.Len() {
		for int(h.list[i].share) != h.heavy {
			i++
		}
	}
	h.mark(h.list[i].at, 0)
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
		from := s.at
		copy(h.buf[h.end:], h.buf[s.at:s.at+s.size])
		h.probe.stored()
		s.at = h.end
		h.end += s.size
		if from >= h.end { // else it was overwritten
			h.mark(from, 0)
		}
	}
}

func (h *HistoryBuffer) body(s span) []byte {
	n := int(binary.LittleEndian.Uint32(h.buf[s.at+8:]) & historyLength)
	return h.buf[s.at+historyHeader : s.at+historyHeader+n]
}

func (h *HistoryBuffer) kind(s span) uint32 { return binary.LittleEndian.Uint32(h.buf[s.at+28:]) }

// Len returns the number of entries.
func (h *HistoryBuffer) Len() int { return h.last - h.first }

// Body returns the body of entry i, as At has it. A struct as long as an entry takes longer to return than to read.
func (h *HistoryBuffer) Body(i int) []byte { return h.body(h.list[h.first+i]) }

// Often returns how often entry i happened, and when last.
func (h *HistoryBuffer) Often(i int) (n uint32, last int64) {
	b := h.buf[h.list[h.first+i].at:]
	return binary.LittleEndian.Uint32(b[24:]), int64(binary.LittleEndian.Uint64(b[16:]))
}

// At returns entry i, 0 being the oldest.
func (h *HistoryBuffer) At(i int) HistoryEntry {
	s := h.list[h.first+i]
	return historyEntry(h.buf, s.at, h.body(s), (word(h.buf, uint64(s.at)).Load()^h.key)>>8)
}

func historyEntry(mem []byte, at int, body []byte, pos uint64) HistoryEntry {
	b := mem[at:]
	return HistoryEntry{
		at: at, share: mem[at+11], Body: body, Pos: pos, Count: binary.LittleEndian.Uint32(b[24:]), Kind: binary.LittleEndian.Uint32(b[28:]), Last: int64(binary.LittleEndian.Uint64(b[16:])),
	}
}
