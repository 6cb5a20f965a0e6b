package blackbox

import "encoding/binary"

// Snapshots keeps two copies of a state, the newer one of which holds: while one is written, the other one stays. It is owned by the
// recorder. A copy is a header of 32 bytes and the state:
//
//	 0  turn  uint64, that of the newer copy is larger
//	 8  upto  uint64, position in the ring behind the newest record that the state knows
//	16  size  uint32
//	20  sum   uint32, over the state, turn and upto, stored last: what stood there before agrees with nothing else
type Snapshots struct {
	mem   []byte
	key   uint64
	turn  uint64
	probe probe
}

const snapshotHeader = 32

// SnapshotSize returns what ScopeRegion takes for states of n bytes.
func SnapshotSize(n int) int { return 2 * rounded(n+snapshotHeader) }

// Snapshots returns the snapshots of a block, none of which is written. Where the block has no room for any, Put does nothing.
func (b *Block) Snapshots() *Snapshots {
	return &Snapshots{mem: b.At(ScopeRegion), key: b.key, probe: b.watch}
}

func (s *Snapshots) half(turn uint64) []byte {
	n := len(s.mem) / 2 &^ 7
	at := int(turn&1) * n
	return s.mem[at : at+n : at+n]
}

// Put writes a state that knows all records before upto, in two parts. It reports whether there was room.
func (s *Snapshots) Put(upto uint64, head, state []byte) bool {
	b, at := s.half(s.turn+1), snapshotHeader+len(head)+len(state)
	if at > len(b) {
		return false
	}
	s.turn++
	le := binary.LittleEndian
	copy(b[snapshotHeader:], head)
	copy(b[snapshotHeader+len(head):], state)
	s.probe.stored()
	le.PutUint64(b, s.turn)
	le.PutUint64(b[8:], upto)
	le.PutUint32(b[16:], uint32(at-snapshotHeader))
	s.probe.stored()
	le.PutUint32(b[20:], s.sum(b[:at], s.turn, upto))
	s.probe.stored()
	return true
}

func (s *Snapshots) sum(b []byte, turn, upto uint64) uint32 {
	return sum(b[snapshotHeader:], s.key^turn, Kind(1)) ^ sum(b[:16], upto, Kind(2))
}

// OpenSnapshots returns the snapshots of a dead run to go on with, and the newest state and what it knows, nil if there is none. The
// block is input from outside: a copy counts only if its length and its checksum agree.
func (b *Block) OpenSnapshots() (s *Snapshots, state []byte, upto uint64) {
	s = b.Snapshots()
	le := binary.LittleEndian
	for i := range uint64(2) {
		b := s.half(i)
		if len(b) < snapshotHeader {
			break
		}
		turn, up, n := le.Uint64(b), le.Uint64(b[8:]), uint64(le.Uint32(b[16:]))
		if n > uint64(len(b)-snapshotHeader) || turn&1 != i || turn <= s.turn {
			continue
		}
		if b = b[:snapshotHeader+n]; s.sum(b, turn, up) == le.Uint32(b[20:]) {
			s.turn, state, upto = turn, b[snapshotHeader:], up
		}
	}
	return s, state, upto
}
