package record

import "encoding/binary"

// Writer fills a record. It is a cursor on the caller's stack: the size was computed with the Size functions before.
type Writer struct {
	b     []byte
	whole []byte
}

// Size returns the bytes of a record without errors and attributes.
func Size(h *Head, text string, pcs int) int {
	n := fixed + 4 + min(len(text), MaxText) + 8*pcs
	if h.Flags&FlagID != 0 {
		n += 24
	}
	if h.Type == PanicType {
		n += 8
	}
	return n
}

// Size returns the bytes of e in a record. A type over MaxType and a text over MaxText end in "...".
func (e *Error) Size() int {
	return 9 + len(marked(e.Type, MaxType)) + len(marked(e.Text, MaxText)) + 8*min(len(e.PCs), MaxErrorPCs)
}

// Begin writes the fixed part, the PCs, at most MaxPCs, and the text into body, which is as long as the whole record.
func Begin(body []byte, h *Head, text string, pcs []uintptr) Writer {
	var w Writer
	PutPCs(w.Open(body, h, text, len(pcs)), pcs)
	return w
}

// Open is Begin for n PCs that the caller writes into what it returns, 8 bytes each.
func (w *Writer) Open(body []byte, h *Head, text string, n int) []byte {
	if len(text) > MaxText {
		h.Flags |= FlagText
	}
	le := binary.LittleEndian
	_ = body[fixed-1]
	le.PutUint64(body, uint64(h.Time))
	le.PutUint64(body[8:], uint64(h.Frame)|uint64(h.Since)<<32)
	le.PutUint64(body[16:], uint64(h.PPM)|uint64(uint16(h.Level))<<32|uint64(h.Channel)<<48)
	le.PutUint64(body[24:], uint64(h.Type)|uint64(uint8(n))<<8|uint64(h.Flags)<<16)
	b := body[fixed:]
	if h.Flags&FlagID != 0 {
		b = b[copy(b, h.ID[:]):]
		le.PutUint64(b, uint64(h.Suppressed)|uint64(h.Place)<<32)
		b = b[8:]
	}
	if h.Type == PanicType {
		le.PutUint64(b, h.Gid)
		b = b[8:]
	}
	w.b, w.whole = putString32(b[8*n:], cut(text, MaxText)), body
	return b[:8*n]
}

// Error adds one error of the chain.
func (w *Writer) Error(e *Error) {
	pcs := e.PCs[:min(len(e.PCs), MaxErrorPCs)]
	w.b[0], w.b[1], w.b[2] = e.Parent, e.Index, uint8(len(pcs))
	w.b = putString32(putString16(PutPCs(w.b[3:], pcs), marked(e.Type, MaxType)), marked(e.Text, MaxText))
	w.whole[30]++
}

// PutPCs writes pcs and returns what is behind them.
func PutPCs(b []byte, pcs []uintptr) []byte {
	for _, pc := range pcs {
		PutPC(b, pc)
		b = b[8:]
	}
	return b
}

// PutPC writes one.
func PutPC(b []byte, pc uintptr) { binary.LittleEndian.PutUint64(b, uint64(pc)) }

// Field adds one attribute.
func (w *Writer) Field(f *Field) { w.Value(f.Key, f.Kind, f.Num, f.Str) }

// Value adds one attribute, given by the members of a Field: to make one of those costs a capture call more than to write it.
func (w *Writer) Value(key string, k Kind, num uint64, str string) {
	if k < String && len(key) <= MaxKey { // most are numbers
		b := w.b
		n := 2 + len(key)
		value := b[n : n+8]
		binary.LittleEndian.PutUint16(b, uint16(k)|uint16(n-2)<<8)
		copy(b[2:n], key)
		binary.LittleEndian.PutUint64(value, num)
		w.b = b[n+8:]
	} else {
		w.b = putField(w.b, key, k, num, str)
	}
	w.count(1)
}

// Fields adds n attributes that were encoded by AppendField.
func (w *Writer) Fields(b []byte, n int) {
	w.b = w.b[copy(w.b, b):]
	w.count(n)
}

// LeftOut notes that n attributes found no room.
func (w *Writer) LeftOut(n int) { w.whole[31] = uint8(min(n, 255)) }

func (w *Writer) count(n int) {
	binary.LittleEndian.PutUint16(w.whole[28:], binary.LittleEndian.Uint16(w.whole[28:])+uint16(n))
}
