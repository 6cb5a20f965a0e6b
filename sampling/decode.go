package sampling

import (
	"time"
	"unicode/utf8"

	"github.com/krunk-go/krunk/internal/gate"
)

// Parse reads a policy as a client does: a member that it does not know is ignored and counted, a rule that it does not
// fully understand matches nobody, and anything else that is wrong rejects the whole document with a *Rejection,
// ErrTooLarge or ErrUnsupported. It must not retain b, and does not.
func Parse(b []byte) (*Policy, error) {
	d := decode(b, maxProblems)
	if len(b) > MaxDocument {
		return nil, ErrTooLarge
	}
	if d.newer {
		return nil, ErrUnsupported
	}
	if e := rejection(d.problems); e != nil {
		return nil, e
	}
	for _, p := range d.problems {
		switch p.kind {
		case kWhen, kCondition, kList, kRange:
			d.p.partial = p.kind.code()
			return d.p, nil
		}
	}
	return d.p, nil
}

// decoder fills a policy and notes all that is wrong with it.
type decoder struct {
	reader
	p     *Policy
	newer bool // the format is not ours
	seen  uint8
}

// members that must be there.
const (
	sawFormat uint8 = 1 << iota
	sawVersion
)

func decode(b []byte, most int) *decoder {
	d := &decoder{reader: reader{b: b, most: most}, p: &Policy{sum: gate.Sum64(b), size: len(b)}}
	switch {
	case len(b) > MaxDocument:
		d.note(kSize, MaxDocument, "", "")
	case !utf8.Valid(b):
		d.note(kUTF8, invalid(b), "", "")
	default:
		whole := d.peek() == '{'
		d.object(kShape, d.member)
		d.end()
		if !d.broken && whole {
			d.whole()
		}
	}
	return d
}

// invalid returns the offset of the first byte that is not UTF-8.
func invalid(b []byte) int {
	for i := 0; ; {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
}

// whole checks what needs more than one member.
func (d *decoder) whole() {
	p := d.p
	if d.seen&sawFormat == 0 {
		d.note(kMissing, 0, "krunk", "1")
	}
	if d.seen&sawVersion == 0 {
		d.note(kMissing, 0, "version", "1")
	}
	if !p.expires.IsZero() && !p.expires.After(p.issued) {
		d.noteAt("expires", kExpires, 0)
	}
	for i := range p.rules {
		r := &p.rules[i]
		if !r.until.IsZero() && !r.until.After(p.issued) {
			d.noteAt(rulePath(i)+".until", kUntil, r.at)
		}
	}
	d.order()
}

func (d *decoder) noteAt(path string, k kind, at int) {
	d.note(k, at, "", "")
	d.rename(path)
}

// rename gives the newest problem its path, if it was kept.
func (d *decoder) rename(path string) {
	if n := len(d.problems); n > 0 && d.problems[n-1].path == d.where() {
		d.problems[n-1].path = path
	}
}

func (d *decoder) member(key string, at int) {
	p := d.p
	switch key {
	case "krunk":
		d.format()
	case "epoch":
		p.version.Epoch = d.integer(kEpoch, 0, maxEpoch)
	case "version":
		d.seen |= sawVersion
		p.version.N = d.integer(kVersion, 1, maxVersion)
	case "issued":
		p.issued = d.time()
	case "expires":
		p.expires = d.time()
	case "author":
		p.author, _ = d.str(kShape, "a string")
	case "note":
		p.note, _ = d.str(kShape, "a string")
	case "hash":
		if h, ok := d.str(kHash, ""); ok && h != "m3/1" {
			d.note(kHash, at, quoted(h), "")
		}
	case "salt":
		p.salt = d.salt()
	case "enabled":
		on, ok := d.boolean(kShape)
		p.disabled = ok && !on
	case "by":
		p.top.by, p.top.has = d.by(), p.top.has|hasBy
	case "panics", "clients":
		d.percents(&p.top, key)
	case "channels":
		p.channels = d.channels()
	case "rules":
		d.rules()
	case "ceiling":
		d.object(kShape, func(key string, at int) { d.ceiling(key, at) })
		d.burst(&p.ceiling, d.i)
	case "poll":
		d.object(kShape, d.poll)
	default:
		d.unfamiliar(at)
	}
}

// unfamiliar passes a member that this program does not know.
func (d *decoder) unfamiliar(at int) {
	d.p.unknown++
	d.note(kUnknown, at, d.path[len(d.path)-1].key, "")
	d.skip()
}

func (d *decoder) format() {
	at := d.i
	d.seen |= sawFormat
	lit, ok := d.number(kFormat, "1")
	if !ok {
		return
	}
	switch n, bad := decimal(lit, 0); {
	case n > 1 || bad == numLarge:
		d.newer = true
		d.note(kFormat, at, lit, "newer")
	case n != 1 || bad != numGood:
		d.note(kFormat, at, lit, "")
	}
}

// integer reads a whole number from low to high.
func (d *decoder) integer(k kind, low, high uint64) int64 {
	at := d.i
	lit, ok := d.number(k, "a whole number")
	if !ok {
		return 0
	}
	n, bad := decimal(lit, 0)
	if bad != numGood || n < low || n > high {
		d.note(k, at, cut(lit), "")
		return 0
	}
	return int64(n)
}

func (d *decoder) time() time.Time {
	at := d.i
	s, ok := d.str(kTime, "")
	if !ok {
		return time.Time{}
	}
	t, ok := rfc3339(s)
	if !ok {
		d.note(kTime, at, quoted(s), "")
		return time.Time{}
	}
	return t
}

// percent reads 0 to 100 with at most 4 decimals, as ppm.
func (d *decoder) percent() uint32 {
	at := d.i
	lit, ok := d.number(kPercent, "")
	if !ok {
		return 0
	}
	n, bad := decimal(lit, 4)
	switch {
	case bad == numFine:
		d.note(kFine, at, cut(lit), "")
	case bad != numGood || n > gate.Million:
		d.note(kPercent, at, cut(lit), "")
	case n > 0 && n < 10_000 && d.p.note == "":
		d.note(kFraction, at, cut(lit), "")
	}
	return uint32(min(n, gate.Million))
}

// percents reads one of the members that stand at the top level, in set, in a channel and in the ceiling.
func (d *decoder) percents(f *fields, key string) {
	n := d.percent()
	switch key {
	case "clients":
		f.clients, f.has = n, f.has|hasClients
	case "records":
		f.records, f.has = n, f.has|hasRecords
	case "panics":
		f.panics, f.has = n, f.has|hasPanics
	}
}

func (d *decoder) salt() string {
	at := d.i
	s, ok := d.str(kSalt, "")
	if !ok {
		return ""
	}
	good := len(s) <= 64
	for i := range len(s) {
		c := s[i]
		good = good && (c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-')
	}
	if !good {
		d.note(kSalt, at, quoted(s), "")
	}
	return s
}

func (d *decoder) by() idKind {
	at := d.i
	s, ok := d.str(kBy, "")
	if !ok {
		return 0
	}
	for k := byClient; k <= byMatch; k++ {
		if k.String() == s {
			return k
		}
	}
	d.note(kBy, at, quoted(s), "")
	return 0
}

func (d *decoder) poll(key string, at int) {
	if key != "every" && key != "spread" {
		d.unfamiliar(at)
		return
	}
	at = d.i
	s, ok := d.str(kSpan, "")
	if !ok {
		return
	}
	n, ok := span(s)
	if !ok || n > 24*time.Hour {
		d.note(kSpan, at, quoted(s), "")
		return
	}
	if key == "every" {
		d.p.every = n
	} else {
		d.p.spread = n
	}
}

func (d *decoder) ceiling(key string, at int) {
	switch key {
	case "clients", "records":
		d.percents(&d.p.ceiling, key)
	case "rate", "burst", "trail", "send", "issue":
		d.setting(&d.p.ceiling, key, at)
	default:
		d.unfamiliar(at)
	}
}
