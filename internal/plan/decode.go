package plan

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/gate"
)

// Parse reads a policy as a client does.
func Parse(b []byte) (*Document, *Fault) {
	d := Decode(b, MaxProblems)
	if d.newer {
		return nil, &Fault{Newer: true}
	}
	if f := FaultOf(d.Problems); f != nil {
		return nil, f
	}
	for _, p := range d.Problems {
		switch p.Kind {
		case KWhen, KCondition, KList, KRange:
			d.P.Partial = p.Kind.Code()
			return d.P, nil
		}
	}
	return d.P, nil
}

// Decoder fills a policy and notes all that is wrong with it.
type Decoder struct {
	reader
	P     *Document
	newer bool // the format is not ours
	seen  uint8
}

// members that must be there.
const (
	sawFormat uint8 = 1 << iota
	sawVersion
)

// Decode reads all that it can and keeps at most so many problems.
func Decode(b []byte, most int) *Decoder {
	d := &Decoder{reader: reader{b: b, most: most}, P: &Document{Sum: gate.Sum64(b), size: len(b)}}
	switch {
	case len(b) > MaxDocument:
		d.Note(KSize, MaxDocument, "", "")
	case !utf8.Valid(b):
		d.Note(KUTF8, invalid(b), "", "")
	default:
		whole := d.peek() == '{'
		d.object(KShape, d.member)
		d.end()
		d.rises(&d.P.Top)
		if !d.broken && whole {
			d.whole()
		}
	}
	return d
}

// invalid returns the offset of the first byte that is not UTF-8.
func invalid(b []byte) int {
	s := string(b)
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd") {
			return i
		}
	}
	return len(b)
}

// whole checks what needs more than one member.
func (d *Decoder) whole() {
	p := d.P
	if d.seen&sawFormat == 0 {
		d.Note(KMissing, 0, "krunk", "1")
	}
	if d.seen&sawVersion == 0 {
		d.Note(KMissing, 0, "version", "1")
	}
	if Over(p.Expires, p.Issued) {
		d.noteAt("expires", KExpires, 0)
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		if Over(r.Until, p.Issued) {
			d.noteAt(RulePath(i)+".until", KUntil, r.At)
		} else if Over(r.Until, r.From) {
			d.noteAt(RulePath(i)+".when.from", KFrom, r.At)
		}
	}
	for i := range p.Kinds {
		if k := &p.Kinds[i]; Over(k.Until, p.Issued) {
			d.noteAt(KindPath(k.Kind)+".until", KUntil, k.At)
		}
	}
	d.order()
}

func (d *Decoder) noteAt(path string, k Kind, at int) {
	d.Note(k, at, "", "")
	d.Rename(path)
}

// Rename gives the newest problem its path, if it was kept.
func (d *Decoder) Rename(path string) {
	if n := len(d.Problems); n > 0 && d.Problems[n-1].Path == d.where() {
		d.Problems[n-1].Path = path
	}
}

// memberNames are the members of the document that are no Fields, in the order of the switch below.
const memberNames = "krunk epoch version issued expires author note hash salt enabled channels rules kinds pulls ceiling poll"

func (d *Decoder) member(key string, at int) {
	p := d.P
	switch wordAt(memberNames, key) {
	case 0:
		d.format()
	case 1:
		p.Version.Epoch = d.integer(KEpoch, 0, MaxEpoch)
	case 2:
		d.seen |= sawVersion
		p.Version.N = d.integer(KVersion, 1, MaxVersion)
	case 3:
		p.Issued = d.time()
	case 4:
		p.Expires = d.time()
	case 5:
		p.Author, _ = d.str(KShape, "a string")
	case 6:
		p.Note, _ = d.str(KShape, "a string")
	case 7:
		if h, ok := d.str(KHash, ""); ok && h != "m3/1" {
			d.Note(KHash, at, Quoted(h), "")
		}
	case 8:
		p.Salt = d.salt()
	case 9:
		on, ok := d.boolean(KShape)
		p.Disabled = ok && !on
	case 10:
		p.Channels = d.channels()
	case 11:
		d.rules()
	case 12:
		d.kinds()
	case 13:
		p.PullsAt = d.i
		p.Pulls = d.raw()
	case 14:
		d.object(KShape, func(key string, at int) { d.field(&p.Ceiling, key, at, ceilingFields) })
		d.burst(&p.Ceiling, d.i)
	case 15:
		d.object(KShape, d.poll)
	default:
		d.field(&p.Top, key, at, topFields)
	}
}

// wordAt returns the place of a name in a list of words, -1 if it is not there. A switch over texts is twice as much code.
//
//go:noinline
func wordAt(list, name string) int {
	for i := 0; list != ""; i++ {
		var word string
		if word, list, _ = ascii.Cut(list, ' '); word == name {
			return i
		}
	}
	return -1
}

// unfamiliar passes a member that this program does not know.
func (d *Decoder) unfamiliar(at int) {
	d.P.Unknown++
	d.Note(KUnknown, at, d.path[len(d.path)-1].key, "")
	d.skip()
}

func (d *Decoder) format() {
	at := d.i
	d.seen |= sawFormat
	lit, ok := d.number(KFormat, "1")
	if !ok {
		return
	}
	switch n, bad := Decimal(lit, 0); {
	case n > 1 || bad == numLarge:
		d.newer = true
		d.Note(KFormat, at, lit, "newer")
	case n != 1 || bad != numGood:
		d.Note(KFormat, at, lit, "")
	}
}

// integer reads a whole number from low to high.
func (d *Decoder) integer(k Kind, low, high uint64) int64 {
	at := d.i
	lit, ok := d.number(k, "a whole number")
	if !ok {
		return 0
	}
	n, bad := Decimal(lit, 0)
	if bad != numGood || n < low || n > high {
		d.Note(k, at, Cut(lit), "")
		return 0
	}
	return int64(n)
}

func (d *Decoder) time() time.Time {
	at := d.i
	s, ok := d.str(KTime, "")
	if !ok {
		return time.Time{}
	}
	t, ok := rfc3339(s)
	if !ok {
		d.Note(KTime, at, Quoted(s), "")
		return time.Time{}
	}
	return t
}

// percent reads 0 to 100 with at most 4 decimals, as ppm.
func (d *Decoder) percent() uint32 {
	at := d.i
	lit, ok := d.number(KPercent, "")
	if !ok {
		return 0
	}
	n, bad := Decimal(lit, 4)
	switch {
	case bad == numFine:
		d.Note(KFine, at, Cut(lit), "")
	case bad != numGood || n > gate.Million:
		d.Note(KPercent, at, Cut(lit), "")
	case n > 0 && n < 10_000 && d.P.Note == "":
		d.Note(KFraction, at, Cut(lit), "")
	}
	return uint32(min(n, gate.Million))
}

func (d *Decoder) salt() string {
	at := d.i
	s, ok := d.str(KSalt, "")
	if !ok {
		return ""
	}
	good := len(s) <= 64
	for i := range len(s) {
		c := s[i]
		good = good && (c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-')
	}
	if !good {
		d.Note(KSalt, at, Quoted(s), "")
	}
	return s
}

func (d *Decoder) by() IDKind {
	at := d.i
	s, ok := d.str(KBy, "")
	if !ok {
		return 0
	}
	for k := ByClient; k <= ByMatch; k++ {
		if k.String() == s {
			return k
		}
	}
	d.Note(KBy, at, Quoted(s), "")
	return 0
}

func (d *Decoder) poll(key string, at int) {
	if key != "every" && key != "spread" {
		d.unfamiliar(at)
		return
	}
	at = d.i
	s, ok := d.str(KSpan, "")
	if !ok {
		return
	}
	n, ok := span(s)
	if !ok || n > 24*time.Hour {
		d.Note(KSpan, at, Quoted(s), "")
		return
	}
	if key == "every" {
		d.P.Every = n
	} else {
		d.P.Spread = n
	}
}
