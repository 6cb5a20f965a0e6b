package recorder

import (
	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
)

// items makes envelope items, one at a time and all of them in the same memory: an item is valid until the next one is made.
type items struct {
	enc  protocol.Encoder
	buf  []byte
	calm int // bytes that buf keeps while the recorder sleeps, immutable after New
}

const (
	itemHead = 128      // room for the line before a payload
	calm     = 40 << 10 // what a buffer keeps at most while the recorder sleeps: enough for an ordinary event with a hundred breadcrumbs
)

// Scratch returns what it takes to make an item of that many bytes: its parts, its frames and breadcrumbs, its JSON, and what
// the encoder keeps of it.
func Scratch(item int) int {
	return item*5/2 + min(framesOf(item), usualFrames)*frameSize + crumbsOf(item)*crumbSize
}

const (
	frameSize   = 240 // bytes of a frame, resolved and as it is encoded
	crumbSize   = 128
	usualFrames = 160 // deeper stacks are rare
)

// framesOf and crumbsOf return how many frames and breadcrumbs an event has at most that may be so long.
func framesOf(event int) int { return min(16+event/160, protocol.MaxFrames) }
func crumbsOf(event int) int { return min(event/100, blackbox.MaxHistory) }

// event returns the item of an event and where in it the breadcrumbs begin, 0 if it has none.
func (m *items) event(ev *protocol.Event, limit int) (item []byte, crumbs int, err error) {
	b, err := m.enc.EventWithin(m.begin(), ev, limit)
	if m.buf = b; err != nil {
		return nil, 0, err
	}
	var line [itemHead]byte
	item, shift := m.end(protocol.AppendItemHeader(line[:0], "event", len(b)-itemHead))
	if m.enc.Cut > 0 {
		crumbs = m.enc.Cut + shift
	}
	return item, crumbs, nil
}

// feedback returns the item of what a player wrote.
func (m *items) feedback(ev *protocol.Event, limit int) (item []byte, err error) {
	b, err := m.enc.EventWithin(m.begin(), ev, limit)
	if m.buf = b; err != nil {
		return nil, err
	}
	var line [itemHead]byte
	item, _ = m.end(protocol.AppendItemHeader(line[:0], "feedback", len(b)-itemHead))
	return item, nil
}

// logs returns the item of a batch.
func (m *items) logs(records []protocol.Log) []byte {
	m.buf = protocol.AppendLogs(m.begin(), records)
	var line [itemHead]byte
	item, _ := m.end(protocol.AppendLogItemHeader(line[:0], len(records), len(m.buf)-itemHead))
	return item
}

func (m *items) begin() []byte {
	if m.buf == nil {
		m.buf = make([]byte, m.calm)
	}
	return m.buf[:itemHead]
}

// end puts the line before the payload and returns the item and how long the line is.
//
//go:noinline
func (m *items) end(line []byte) (item []byte, n int) {
	m.buf = append(m.buf, '\n')
	at := itemHead - len(line)
	copy(m.buf[at:], line)
	return m.buf[at:], len(line)
}

// rest gives back what a large item has left behind. No item is in use.
func (m *items) rest() {
	if cap(m.buf) > m.calm {
		m.buf = nil
	}
}
