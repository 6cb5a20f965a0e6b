package plan

import (
	"unsafe"
)

// KindPath is the place of a member of kinds.
func KindPath(kind uint32) string { return `kinds["` + KindName(kind) + `"]` }

// KindName writes a kind as the tag krunk.kind does.
func KindName(kind uint32) string {
	return HexOf([]byte{byte(kind >> 24), byte(kind >> 16), byte(kind >> 8), byte(kind)})
}

// ParseKind reads what the tag krunk.kind says: eight hexadecimal digits in lower case.
func ParseKind(s string) (kind uint32, ok bool) {
	n := unhex(s)
	return uint32(n), n >= 0 && len(s) == 8
}

// Members of a kind.
const (
	kindNames   = "until mute rate panics clients"
	kindMute    = 1 << 1
	kindRate    = 1 << 2
	kindClients = 1 << 4
)

// kinds reads what is different about single issues. A member that holds what this program does not know is ignored as a whole, as a rule
// with such a condition is: half of it could mean the opposite.
func (d *Decoder) kinds() {
	var o items
	start := d.i
	for d.next(&o, KShape, '{') {
		faults, unknown := d.faults, d.P.Unknown
		m, ok := KindRule{At: d.at}, false
		if m.Kind, ok = ParseKind(d.key()); !ok {
			d.note(KKind, m.At, 0)
		}
		does := d.fill(kindNames, kindMembers[:], unsafe.Pointer(&m)) & (kindMute | kindRate | kindClients)
		switch {
		case unknown != d.P.Unknown:
			continue
		case faults != d.faults:
		case m.Until == 0:
			d.note(KKindEnd, m.At, 0)
		case does&kindClients != 0:
			if m.Clients == 0 || does&kindMute != 0 {
				d.note(KRaiseWhat, m.At, 0)
			}
		case does == 0 || does&(does-1) != 0 || !m.Silent && m.Rate.N == 0:
			d.note(KKindWhat, m.At, 0)
		}
		d.P.Kinds = append(d.P.Kinds, m)
	}
	if o.n > MaxKinds {
		d.note(KCount, start, o.n)
	}
}
