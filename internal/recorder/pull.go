package recorder

import (
	"sync/atomic"
	"unsafe"
)

// pulled is what belongs to the event of a flight log beside its record.
type pulled struct {
	_     [0]func() // no code to compare it
	id    [16]byte
	bytes int // of the event at most, 0: as many as it may have anyway
	more  *beside
}

// Pulled says, before it is captured, that the event with this id is a flight log: how long it may be, and all goroutines as runtime.Stack
// wrote them, that of the caller first, which is left out; "" for none. Any goroutine may call it.
func (r *Recorder) Pulled(id [16]byte, bytes int, text string) {
	p := &pulled{id: id, bytes: bytes}
	if text != "" {
		p.more = besideOf(text, 0)
	}
	atomic.StorePointer(&r.events.pulled, unsafe.Pointer(p))
}

// pulls reports whether the event with this id is a flight log.
func (e *events) pulls(id [16]byte) bool {
	p := (*pulled)(atomic.LoadPointer(&e.pulled))
	return p != nil && p.id == id
}

// pull returns what an event has beside its record, nil if it is no flight log, and limits its length.
func (e *events) pull(id [16]byte) *beside {
	p := (*pulled)(atomic.LoadPointer(&e.pulled))
	if p == nil || p.id != id {
		return nil
	}
	atomic.CompareAndSwapPointer(&e.pulled, unsafe.Pointer(p), nil)
	e.most = p.bytes
	return p.more
}
