package plan

import (
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/gate"
)

// Parse reads a policy as a client does.
func Parse(b []byte) (*Document, *Fault) {
	d := Decode(b, false)
	switch {
	case d.newer:
		return nil, &Fault{Newer: true}
	case d.Fault != nil:
		return nil, d.Fault
	case d.partial != 0:
		d.P.Partial = d.partial.Code()
	}
	return d.P, nil
}

// Decoder fills a policy and notes all that is wrong with it.
type Decoder struct {
	reader
	P     *Document
	newer bool // the format is not ours
	seen  uint // members of the document, by their place in documentNames
}

// Decode reads all that it can, and keeps all problems or none.
func Decode(b []byte, keep bool) *Decoder {
	d := &Decoder{reader: reader{b: b, keep: keep}, P: &Document{Sum: gate.Sum64(b), size: len(b)}}
	switch {
	case len(b) > MaxDocument:
		d.Note(KSize, MaxDocument, "", "")
	case !utf8.Valid(b):
		d.Note(KUTF8, invalid(b), "", "")
	default:
		whole := d.peek() == '{'
		var o items
		for d.inObject(&o, KShape) {
			d.member()
		}
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
	if p.Expires.Over(p.Issued) {
		d.NoteAt("expires", KExpires, 0, "", "")
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		if r.Until.Over(p.Issued) {
			d.NoteAt(RulePath(i)+".until", KUntil, r.At, "", "")
		} else if r.Until.Over(r.From) {
			d.NoteAt(RulePath(i)+".when.from", KFrom, r.At, "", "")
		}
	}
	for i := range p.Kinds {
		if k := &p.Kinds[i]; k.Until.Over(p.Issued) {
			d.NoteAt(KindPath(k.Kind)+".until", KUntil, k.At, "", "")
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
	d.Note(KUnknown, d.at, d.key(), "")
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
