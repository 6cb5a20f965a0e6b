package record

import (
	"encoding/binary"
	"errors"
	"unsafe"
)

// Record is a decoded record. Its strings are views of the bytes it was read from and valid as long as those.
type Record struct {
	Head
	Text    string
	LeftOut int // attributes that found no room; 255 means at least so many

	pcs    []byte
	errors []byte
	nerr   int
	fields Fields
}

var errMalformed = errors.New("record: lengths do not fit the record")

// Read decodes the body of a record. A body that is not whole is an error; nothing outside of it is ever read.
func Read(body []byte) (Record, error) {
	if len(body) < fixed {
		return Record{}, errMalformed
	}
	le := binary.LittleEndian
	r := Record{Head: Head{
		Time:    int64(le.Uint64(body)),
		Frame:   le.Uint32(body[8:]),
		Since:   le.Uint32(body[12:]),
		PPM:     le.Uint32(body[16:]),
		Level:   int16(le.Uint16(body[20:])),
		Channel: le.Uint16(body[22:]),
		Type:    Type(body[24]),
		Flags:   le.Uint16(body[26:]),
	}}
	rd := reader{b: body[fixed:]}
	if r.Flags&FlagID != 0 {
		copy(r.ID[:], rd.bytes(16))
		r.Suppressed, r.Place = rd.uint32(), uint16(rd.uint32())
	}
	if r.Type == PanicType {
		r.Gid = rd.uint64()
	}
	r.pcs = rd.bytes(8 * int(body[25]))
	r.Text = rd.text(int(rd.uint32()))
	r.nerr, r.LeftOut = int(body[30]), int(body[31])
	r.errors = rd.b
	for range r.nerr {
		rd.error()
	}
	r.fields = Fields{b: rd.b, n: int(le.Uint16(body[28:]))}
	if rd.bad {
		return Record{}, errMalformed
	}
	return r, nil
}

// Said returns what a record says, in two parts: not when it was captured nor what tells an event from others, its id and what it was to tell of them.
func Said(body []byte) (head, rest []byte) {
	head = body[min(When, len(body)):]
	if len(body) < fixed+named || body[26]&FlagID == 0 {
		return head, nil
	}
	return body[When:fixed], body[fixed+named:]
}

// named is how long ID, Suppressed and Place are.
const named = 16 + 4 + 4

// IsLine reports whether a record has FlagLine.
func IsLine(body []byte) bool { return len(body) >= fixed && body[27]&(FlagLine>>8) != 0 }

// PCs appends the return addresses to dst, innermost first.
func (r *Record) PCs(dst []uintptr) []uintptr { return appendPCs(dst, r.pcs) }

func appendPCs(dst []uintptr, b []byte) []uintptr {
	for ; len(b) >= 8; b = b[8:] {
		dst = append(dst, uintptr(binary.LittleEndian.Uint64(b)))
	}
	return dst
}

// Errors appends the chain of errors to dst, outermost first. It allocates for errors that keep a stack of their own.
func (r *Record) Errors(dst []Error) []Error {
	rd := reader{b: r.errors}
	for range r.nerr {
		e, pcs := rd.error()
		e.PCs = appendPCs(nil, pcs)
		dst = append(dst, e)
	}
	return dst
}

// Fields returns the attributes.
func (r *Record) Fields() Fields { return r.fields }

// reader is a cursor over untrusted bytes: what is not there is empty, and bad stays set.
type reader struct {
	b   []byte
	bad bool
}

//go:noinline
func (r *reader) bytes(n int) []byte {
	if n > len(r.b) || n < 0 {
		r.b, r.bad = nil, true
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

//go:noinline
func (r *reader) text(n int) string {
	b := r.bytes(n)
	return unsafe.String(unsafe.SliceData(b), len(b))
}

func (r *reader) uint16() uint16 {
	if b := r.bytes(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if b := r.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// error returns an error without its PCs, and the bytes of those.
func (r *reader) error() (Error, []byte) {
	h := r.bytes(3)
	if h == nil {
		return Error{}, nil
	}
	e := Error{Parent: h[0], Index: h[1]}
	pcs := r.bytes(8 * int(h[2]))
	e.Type = r.text(int(r.uint16()))
	e.Text = r.text(int(r.uint32()))
	return e, pcs
}
