package blackbox

import "encoding/binary"

// Trail is how many records of history an event carries.
const Trail = 100

// Trace keeps the newest records of history, at most Trail of them and as many as its memory holds, apart from the ring: a
// burst of events must not push the history out that explains it. It is owned by the recorder. An entry in the block is its
// length, a checksum and the body.
type Trace struct {
	buf   []byte
	pos   uint64
	first uint64 // number of the oldest entry
	next  uint64 // number of the next entry
	at    [Trail]span
}

type span struct{ start, body, end uint64 }

const traceHeader = 8

// NewTrace makes a trace over mem.
func NewTrace(mem []byte) *Trace { return &Trace{buf: mem} }

// Add copies body in and forgets the oldest entries that are in its way. A body over a quarter of the memory is cut.
func (t *Trace) Add(body []byte) {
	size := uint64(len(t.buf))
	body = body[:min(len(body), int(size/4)-traceHeader)]
	need := (uint64(len(body)) + traceHeader + 7) &^ 7
	start := t.pos
	if left := size - start%size; need > left {
		start += left
	}
	if t.next-t.first == Trail {
		t.first++
	}
	for t.first < t.next && start+need-t.at[t.first%Trail].start > size {
		t.first++
	}
	at := start % size
	binary.LittleEndian.PutUint32(t.buf[at:], uint32(len(body)))
	binary.LittleEndian.PutUint32(t.buf[at+4:], sum(body, t.next, History))
	copy(t.buf[at+traceHeader:], body)
	t.at[t.next%Trail] = span{start, at + traceHeader, at + traceHeader + uint64(len(body))}
	t.next++
	t.pos = start + need
}

// Len returns the number of entries.
func (t *Trace) Len() int { return int(t.next - t.first) }

// At returns entry i, 0 being the oldest. The bytes are a view, valid until the next Add.
func (t *Trace) At(i int) []byte {
	s := t.at[(t.first+uint64(i))%Trail]
	return t.buf[s.body:s.end]
}
