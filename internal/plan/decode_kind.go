package plan

import "strconv"

// KindPath is the place of a member of kinds.
func KindPath(kind uint32) string { return `kinds["` + KindName(kind) + `"]` }

// KindName writes a kind as the tag krunk.kind does.
func KindName(kind uint32) string {
	return HexOf([]byte{byte(kind >> 24), byte(kind >> 16), byte(kind >> 8), byte(kind)})
}

// ParseKind reads what the tag krunk.kind says: eight hexadecimal digits in lower case.
func ParseKind(s string) (kind uint32, ok bool) {
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			if c = s[i] - 'a'; c > 5 {
				return 0, false
			}
			c += 10
		}
		kind = kind<<4 | uint32(c)
	}
	return kind, len(s) == 8
}

// kinds reads what is different about single issues.
func (d *Decoder) kinds() {
	at := d.i
	d.object(KShape, func(key string, at int) {
		m, does, wrong := Mute{At: at}, 0, len(d.Problems)
		var ok bool
		if m.Kind, ok = ParseKind(key); !ok {
			d.Note(KKind, at, key, "")
		}
		d.object(KShape, func(key string, at int) {
			switch wordAt("until mute rate panics", key) {
			case 0:
				m.Until = d.time()
			case 1:
				m.Silent, _ = d.boolean(KShape)
				does++
			case 2:
				m.Rate = d.rate()
				does++
			case 3:
				m.Panics, _ = d.boolean(KShape)
			default:
				d.unfamiliar(at)
			}
		})
		switch {
		case wrong != len(d.Problems):
		case Unset(m.Until):
			d.Note(KKindEnd, at, "", "")
		case does != 1 || !m.Silent && m.Rate.N == 0:
			d.Note(KKindWhat, at, "", "")
		}
		d.P.Kinds = append(d.P.Kinds, m)
	})
	if n := len(d.P.Kinds); n > MaxKinds {
		d.Note(KCount, at, "kinds", strconv.Itoa(n))
	}
}
