package recorder

import (
	"sync/atomic"
	"unsafe"

	"github.com/krunk-go/krunk/internal/record"
)

// Lines knows the formats of records whose text is what a logging library has made of message and attributes (record.FlagLine): who logs pays
// for a copy, and the recorder reads what stands there. The zero Lines knows none. Any goroutine may call its methods.
type Lines struct {
	_     [0]func()      // no code to compare it
	first unsafe.Pointer // *Format, whose type a program without formats does not link; set by compare-and-swap
}

// Format is how a text of one format is opened. It is immutable but for what Lines keeps in it.
type Format struct {
	_    [0]func() // no code to compare it
	Name string    // the key of the record's Line
	// Open appends to dst what the body of a record would be if its attributes had been captured one by one. It may be called by
	// the recorders of dead runs too, at the same time. A record itself would move to the heap.
	Open func(dst, body []byte) []byte
	next *Format
	find func(f *Format, body []byte) *Format
}

// Add makes f known, unless a format of its name is.
func (l *Lines) Add(f *Format) {
	for f.find = find; ; {
		first := atomic.LoadPointer(&l.first)
		f.next = (*Format)(first)
		if f.next.named(f.Name) != nil || atomic.CompareAndSwapPointer(&l.first, first, unsafe.Pointer(f)) {
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

// find returns the format of a record, nil if it is not known. It is reached by Add alone.
func find(f *Format, body []byte) *Format {
	fields := fieldsOf(body)
	for a, ok := fields.Next(); ok; a, ok = fields.Next() {
		if a.Kind == record.Line {
			return f.named(a.Key)
		}
	}
	return nil
}

// opened returns the body of a record that is a line as one that is none. Where nobody has brought its format, as in a program without that bridge
// which goes on with a dead run, it stays as it is, and its text is its message. What is returned is valid until the next call.
//
//go:noinline
func (r *Recorder) opened(body []byte) []byte {
	if r.cfg.Lines == nil {
		return body
	}
	f := (*Format)(atomic.LoadPointer(&r.cfg.Lines.first))
	if f != nil {
		f = f.find(f, body)
	}
	if f == nil {
		return body
	}
	r.line = f.Open(r.line[:0], body)
	return r.line
}

// Strange reports whether a record that is still to be read is a line of a format which nobody has brought yet. It stands apart from opened, which every
// program links.
func (r *Recorder) Strange() bool {
	if r.cfg.Lines == nil {
		return false
	}
	f := (*Format)(atomic.LoadPointer(&r.cfg.Lines.first))
	for i := range r.past.records {
		if body := r.past.records[i].Body; record.IsLine(body) && (f == nil || f.find(f, body) == nil) {
			return true
		}
	}
	return false
}
