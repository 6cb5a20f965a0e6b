package main

import (
	"sync"
	"time"

	"github.com/krunk-go/krunk/krunk"
)

// book notes what each capture call cost and what has to arrive because of it. A game has no such thing. Its lock is taken
// after the measured call. The loop has one and the loader's workers share one, so that a frame is charged its own calls alone.
type book struct {
	mu       sync.Mutex
	costs    []cost          // guarded by mu
	frames   []time.Duration // guarded by mu; the calls of each frame together
	fresh    bool            // guarded by mu; no call was made in this frame
	captured []capture       // guarded by mu; those with an id
	events   int             // guarded by mu; that have to arrive or be counted, with an id in our hands or without
	panics   int             // guarded by mu; of those
	logs     int             // guarded by mu; structured logs
}

// cost is the time that one call took, with two readings of the clock.
type cost struct {
	call  string
	first bool // of its frame: the processor's caches hold the game's world by then, not Krunk
	took  time.Duration
}

// capture is an event that Krunk promised to deliver.
type capture struct {
	call string
	id   krunk.EventID
}

func newBook() *book {
	return &book{costs: make([]cost, 0, 4096), frames: make([]time.Duration, 0, 1024), captured: make([]capture, 0, 1024)}
}

// frame notes that a frame begins.
func (b *book) frame() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.frames, b.fresh = append(b.frames, 0), true
}

// add takes over what has to arrive because of another book.
func (b *book) add(other *book) {
	other.mu.Lock()
	defer other.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.captured = append(b.captured, other.captured...)
	b.events, b.panics, b.logs = b.events+other.events, b.panics+other.panics, b.logs+other.logs
}

// event notes a Report that began at begin and returned id. Go evaluates arguments from left to right, so
// b.event("Report", time.Now(), channel.Report(err)) measures the call and stays one line.
func (b *book) event(call string, begin time.Time, id krunk.EventID) {
	took := time.Since(begin)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events++
	b.note(call, took, id)
}

// expectPanic notes that a panic follows. Where Client.Recover catches it nobody sees its id.
func (b *book) expectPanic() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events++
	b.panics++
}

// panicked notes the capture of a panic that expectPanic has announced.
func (b *book) panicked(begin time.Time, id krunk.EventID) {
	took := time.Since(begin)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.note("ReportPanic", took, id)
}

// logged notes a log record that raises an event, the id of which nobody sees.
func (b *book) logged(begin time.Time) {
	took := time.Since(begin)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events++
	b.note("Error", took, krunk.EventID{})
}

// sent notes a structured log record.
func (b *book) sent(begin time.Time) {
	took := time.Since(begin)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.logs++
	b.note("Info", took, krunk.EventID{})
}

// trail notes a record that is kept as a breadcrumb.
func (b *book) trail(begin time.Time) {
	took := time.Since(begin)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.note("Debug", took, krunk.EventID{})
}

// note is called with mu held.
func (b *book) note(call string, took time.Duration, id krunk.EventID) {
	b.costs = append(b.costs, cost{call, b.fresh, took})
	if n := len(b.frames); n > 0 {
		b.frames[n-1] += took
	}
	b.fresh = false
	if !id.IsZero() {
		b.captured = append(b.captured, capture{call, id})
	}
}
