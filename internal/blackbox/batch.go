package blackbox

import "encoding/binary"

// Batch keeps log records, encoded, until the envelope that they become stands in the outbox. It is owned by the recorder.
//
// An item is a header of 32 bytes, its text and its attributes, at a multiple of 8:
//
//	 0  word   uint64  key XOR (Upto<<8 | 1), stored last and atomically
//	 8  us     int64
//	16  text, attributes  uint32, their lengths
//	24  level int16, sequence uint16
//	28  sum    uint32, over all but the word, and Upto
//
// Items lie one behind the other from the start on, with a growing Upto. What is left of an older batch has a smaller one. Which of
// them stand in the outbox by now, Live.Logs tells.
type Batch struct {
	mem   []byte
	key   uint64
	end   int
	sums  *sums
	probe probe
}

// Item is a log record of a batch. Text and Attributes are views.
type Item struct {
	Upto             uint64 // position in the ring behind its record
	Us               int64  // Unix microseconds
	Level            int16
	Sequence         uint16 // of those in the same microsecond
	Text, Attributes []byte
}

const itemHeader = 32

// mostItems is how many OpenBatch returns.
const mostItems = 4 << 10

// Batch returns the batch of a block, which is empty.
func (b *Block) Batch() *Batch {
	return &Batch{mem: b.At(BatchRegion), key: b.key, sums: b.sums, probe: b.watch}
}

// Size returns how many bytes items may take, headers included.
func (t *Batch) Size() int { return len(t.mem) }

// Room returns the memory for the text and the attributes of the next item, to append to: what is longer than its capacity has no
// room.
func (t *Batch) Room() []byte {
	at := min(t.end+itemHeader, len(t.mem))
	return t.mem[at:at]
}

// Add makes an item of what was appended to Room, whose first n bytes are the text.
func (t *Batch) Add(it *Item, b []byte, n int) {
	t.probe.stored()
	h, le := t.mem[t.end:t.end+itemHeader], binary.LittleEndian
	le.PutUint64(h[8:], uint64(it.Us))
	le.PutUint32(h[16:], uint32(n))
	le.PutUint32(h[20:], uint32(len(b)-n))
	le.PutUint16(h[24:], uint16(it.Level))
	le.PutUint16(h[26:], it.Sequence)
	t.probe.stored()
	if t.sums != nil {
		le.PutUint32(h[28:], t.sums.item(t.mem, t.end, len(b), it.Upto))
	}
	t.probe.stored()
	word(t.mem, uint64(t.end)).Store(t.key ^ (it.Upto<<8 | 1))
	t.probe.stored()
	t.end = min((t.end+itemHeader+len(b)+7)&^7, len(t.mem))
}

// Reset empties the batch. What lies there stays.
func (t *Batch) Reset() { t.end = 0 }

func itemSum(mem []byte, at, n int, upto uint64) uint32 {
	return sum(mem[at+itemHeader:at+itemHeader+n], upto, Log) ^ sum(mem[at+8:at+28], upto, Event)
}

// OpenBatch returns a batch that goes on behind the items of a dead run that are still to be sent, those behind the position logs,
// and these. The newest item of all is returned as well, zero if there is none. The block is input from outside: an item counts only if
// its lengths and its checksum agree.
func (b *Block) OpenBatch(logs uint64) (t *Batch, live []Item, last Item) {
	t = b.Batch()
	le := binary.LittleEndian
	for at := 0; at+itemHeader <= len(t.mem) && len(live) < mostItems; {
		h := t.mem[at:]
		w := word(t.mem, uint64(at)).Load() ^ t.key
		text, attributes := uint64(le.Uint32(h[16:])), uint64(le.Uint32(h[20:]))
		upto := w >> 8
		if uint8(w) != 1 || upto <= last.Upto || text+attributes > uint64(len(h)-itemHeader) {
			break
		}
		n := int(text + attributes)
		if itemSum(t.mem, at, n, upto) != le.Uint32(h[28:]) {
			break
		}
		body := h[itemHeader : itemHeader+n : itemHeader+n]
		last = Item{
			Upto: upto, Us: int64(le.Uint64(h[8:])), Level: int16(le.Uint16(h[24:])), Sequence: le.Uint16(h[26:]),
			Text: body[:text:text], Attributes: body[text:],
		}
		at = min((at+itemHeader+n+7)&^7, len(t.mem))
		if upto > logs {
			live = append(live, last)
			t.end = at
		}
	}
	return t, live, last
}
