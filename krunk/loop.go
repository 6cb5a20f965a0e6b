package krunk

import (
	"runtime"
	"sync/atomic"
)

// A loop ends what a LineReader begins that logs by Lines itself: it would be called in the middle of a line, and there again, or by the recorder for what
// it has logged, for ever. To look for it on the stack takes longer than a line, so that is done where something points to it alone.
type loop struct {
	_      [0]func()      // no code to compare it
	asks   atomic.Bool    // Emit is to look whether it is called by a reader
	found  atomic.Bool    // it was: asks stays
	_      [64]byte       // what is written for each line lies on a cache line of its own: Emit on other cores must not wait for it
	within atomic.Int32   // lines that are read at once at the moment
	rounds atomic.Uint32  // lines in a row, read by the recorder, during each of which something was captured
	place  atomic.Uintptr // return address of reading, the same for all of them
}

const (
	mostWithin = 8    // so many goroutines seldom read at the same moment
	mostRounds = 1024 // so many lines are captured in a row while others are read where many goroutines log, who look once for it then
)

// begin is called before a line is read at once, and end behind it.
func (p *loop) begin() {
	if p.within.Add(1) > mostWithin {
		p.asks.Store(true)
	}
}

func (p *loop) end() { p.within.Add(-1) }

// round takes note of a line that the recorder has read, and whether something was captured meanwhile.
func (p *loop) round(captured bool) {
	if !captured {
		p.rounds.Store(0)
	} else if p.rounds.Add(1)%mostRounds == 0 {
		p.asks.Store(true)
	}
}

// here reports whether the calling goroutine is inside of a reader.
//
//go:noinline
func (p *loop) here(c *Client) bool {
	at := p.place.Load()
	if at != 0 && !c.walker.Without(at) && insideCalled(at) {
		p.found.Store(true)
		return true
	}
	if !p.found.Load() {
		p.asks.Store(false)
	}
	return false
}

// read is Read. A line that it panics at is all message.
func (p *loop) read(r LineReader, line string) (message string, attrs []Attr) {
	defer func() {
		if recover() != nil {
			message, attrs = line, nil
		}
	}()
	return p.reading(r, line)
}

// reading is called from one place alone.
//
//go:noinline
func (p *loop) reading(r LineReader, line string) (string, []Attr) {
	if p.place.Load() == 0 {
		var pc [1]uintptr
		runtime.Callers(2, pc[:])
		p.place.Store(pc[0])
	}
	return r.Read(line)
}
