package recorder

import (
	"sync/atomic"

	"github.com/krunk-go/krunk/internal/record"
)

// Lines knows the formats of records whose text is what a logging library has made of message and attributes (record.FlagLine): who logs pays
// for a copy, and the recorder reads what stands there. The zero Lines knows none. Any goroutine may call its methods.
type Lines struct{ first atomic.Pointer[Format] }

// Format is how a text of one format is opened. It is immutable but for what Lines keeps in it.
type Format struct {
	_    [0]func() // no code to compare it
	Name string    // the key of the record's Line
	// Open appends to dst what the body of a record would be if its attributes had been captured one by one. It may be called by
	// the recorders of dead runs too, at the same time. A record itself would move to the heap.
	Open func(dst, body []byte) []byte
	next *Format
}

// Add makes f known, unless a format of its name is.
func (l *Lines) Add(f *Format) {
	for {
		f.next = l.first.Load()
		if f.next.named(f.Name) != nil || l.first.CompareAndSwap(f.next, f) {
			return
		}
	}
}

func (f *Format) named(name string) *Format {
	for f != nil && f.Name != name {
		f = f.next
	}
	return f
}

// opened returns the body of a record that has FlagLine as one without. Where nobody has brought its format, as in a program without that bridge
// which goes on with a dead run, it stays as it is, and its text is its message. What is returned is valid until the next call.
//
//go:noinline
func (r *Recorder) opened(body []byte) []byte {
	if r.cfg.Lines == nil {
		return body
	}
	fields := fieldsOf(body)
	for f, ok := fields.Next(); ok; f, ok = fields.Next() {
		if f.Kind != record.Line {
			continue
		}
		if format := r.cfg.Lines.first.Load().named(f.Key); format != nil {
			r.line = format.Open(r.line[:0], body)
			return r.line
		}
	}
	return body
}
