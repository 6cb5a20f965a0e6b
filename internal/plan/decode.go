package plan

import (
	"unicode/utf8"
	"unsafe"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/gate"
)

// Parse reads a policy as a client does.
func Parse(b []byte) (*Document, Fault) {
	var d Decoder
	d.decode(b)
	if d.Fault.Newer = d.newer; d.partial != 0 {
		d.P.Partial = d.partial.Code()
	}
	return d.P, d.Fault
}

// Decoder reads a policy from front to back, as JSON and for what it says. It refuses repeated keys, knows where it stands, stops for
// good at the first syntax error and notes all that is wrong. It stands here because encoding/json costs 0.64 MiB on 32-bit ARM and
// can do neither.
type Decoder struct {
	_       [0]func() // see Fields
	b       []byte
	i       int
	at      int // offset of the key before the value
	depth   int
	path    []step
	broken  bool          // by a syntax error
	newer   bool          // the format is not ours
	keep    func(Problem) // takes all problems; only a publisher reads them and links what collects them
	partial Kind          // why a rule is not understood
	noted   int           // how many problems there were
	faults  int           // and how many of them reject the document
	seen    uint          // members of the document, by their place in documentNames

	P        *Document
	Fault    Fault
	Problems []Problem
}

// Decode reads all that it can and keeps all problems.
func Decode(b []byte) *Decoder {
	d := new(Decoder)
	d.keep = d.add
	d.decode(b)
	return d
}

func (d *Decoder) add(p Problem) { d.Problems = append(d.Problems, p) }

func (d *Decoder) decode(b []byte) {
	d.b, d.P = b, &Document{Sum: gate.Sum64(b), size: len(b)}
	if len(b) > MaxDocument {
		d.note(KSize, MaxDocument, 0)
	} else if at := invalid(b); at < len(b) {
		d.note(KUTF8, at, 0)
	} else {
		whole := d.peek() == '{'
		var o items
		for d.next(&o, KShape, '{') {
			d.member()
		}
		d.end()
		d.rises(&d.P.Top)
		if !d.broken && whole {
			d.whole()
		}
	}
}

// invalid returns the offset of the first byte that is not UTF-8.
func invalid(b []byte) int {
	for i, r := range unsafe.String(unsafe.SliceData(b), len(b)) {
		if r == utf8.RuneError && (b[i] != 0xef || len(b)-i < 3 || b[i+1] != 0xbf || b[i+2] != 0xbd) {
			return i
		}
	}
	return len(b)
}

// whole checks what needs more than one member.
func (d *Decoder) whole() {
	p := d.P
	if d.seen&sawFormat == 0 {
		d.note(KMissing, 0, 0)
	}
	if d.seen&sawVersion == 0 {
		d.note(KMissing, 0, 1)
	}
	if p.Expires.Over(p.Issued) {
		d.noteAt("expires", KExpires, 0, 0)
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		if r.Until.Over(p.Issued) {
			d.noteAt(RulePath(i)+".until", KUntil, r.At, 0)
		} else if r.Until.Over(r.From) {
			d.noteAt(RulePath(i)+".when.from", KFrom, r.At, 0)
		}
	}
	for i := range p.Kinds {
		if k := &p.Kinds[i]; k.Until.Over(p.Issued) {
			d.noteAt(KindPath(k.Kind)+".until", KUntil, k.At, 0)
		}
	}
	d.order()
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
func (d *Decoder) unfamiliar() {
	d.P.Unknown++
	d.note(KUnknown, d.at, 0)
	d.skip()
}

// member reads one of the document.
func (d *Decoder) member() {
	i := wordAt(documentNames, d.key())
	if i < 0 {
		d.field(&d.P.Top, topFields)
		return
	}
	d.seen |= 1 << i
	d.value(&documentMembers[i], unsafe.Pointer(d.P))
}
