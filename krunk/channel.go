package krunk

import (
	"sync/atomic"
	"unsafe"

	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/record"
)

// Channel is a named source of records, such as "net" or "net.http", with thresholds of its own. Get it once from
// Client.Channel and keep it: a call below its thresholds is one atomic load and a compare. A nil Channel does nothing, for good. All
// methods may be called by any goroutine; none of them takes a lock, waits for memory, disk or network, or starts a
// goroutine.
type Channel struct {
	// client is a *Client. Its type is hidden: where a program links reflect's Method (text/template does), the linker keeps every exported
	// method of each type that can be reached from a value in an interface, and a game holds channels.
	client  unsafe.Pointer
	gate    *gate.Gate    // of state
	state   *gate.Channel // decides where thresholds alone do not
	name    string
	index   uint16
	nfixed  uint8
	left    uint8          // attributes of With that were too many; 255: or more
	refused *atomic.Uint64 // errors below the issue threshold while there was a controller
	fixed   []byte         // attributes of With as they stand in a record; immutable after With
	cause   error          // the first error among them, nil if there is none; immutable after With
}

func (c *Channel) owner() *Client { return (*Client)(c.client) }

// What a record of each level has to reach. The methods below compare with these constants themselves: anything more and
// the compiler would not inline them, which a call below the threshold pays for.
const (
	floorTrace = uint64(int(gate.LevelOff)-int(gate.LevelTrace)) << 48
	floorDebug = uint64(int(gate.LevelOff)-int(gate.LevelDebug)) << 48
	floorInfo  = uint64(int(gate.LevelOff)-int(gate.LevelInfo)) << 48
	floorWarn  = uint64(int(gate.LevelOff)-int(gate.LevelWarn)) << 48
	floorError = uint64(int(gate.LevelOff)-int(gate.LevelError)) << 48
)

// Trace logs at LevelTrace. The message is the template that events are grouped by: put values into attrs.
func (c *Channel) Trace(msg string, attrs ...Attr) {
	if c != nil && c.gate.Reaches(floorTrace) {
		c.log(LevelTrace, msg, attrs)
	}
}

// Debug logs at LevelDebug.
func (c *Channel) Debug(msg string, attrs ...Attr) {
	if c != nil && c.gate.Reaches(floorDebug) {
		c.log(LevelDebug, msg, attrs)
	}
}

// Info logs at LevelInfo.
func (c *Channel) Info(msg string, attrs ...Attr) {
	if c != nil && c.gate.Reaches(floorInfo) {
		c.log(LevelInfo, msg, attrs)
	}
}

// Warn logs at LevelWarn.
func (c *Channel) Warn(msg string, attrs ...Attr) {
	if c != nil && c.gate.Reaches(floorWarn) {
		c.log(LevelWarn, msg, attrs)
	}
}

// Error logs at LevelError, which raises an event with the caller's stack unless the channel's issue threshold was moved.
// For an error value use Report, which keeps its chain.
func (c *Channel) Error(msg string, attrs ...Attr) {
	if c != nil && c.gate.Reaches(floorError) {
		c.log(LevelError, msg, attrs)
	}
}

// Log logs at any level.
func (c *Channel) Log(level Level, msg string, attrs ...Attr) {
	if c.Enabled(level) {
		c.log(level, msg, attrs)
	}
}

// Enabled reports whether a record of that level is wanted for anything: breadcrumb, log record or event. It never blocks
// and does not allocate.
func (c *Channel) Enabled(level Level) bool {
	return c != nil && c.gate.Enabled(level.clamp())
}

// Name returns the channel's name, in lower case.
func (c *Channel) Name() string {
	if c == nil {
		return ""
	}
	return c.name
}

// With returns a channel whose records carry attrs before their own; the thresholds stay those of c. The attributes are
// encoded now, once, so values behind Err and Any are asked here; the first error among them is kept, for its chain. With allocates:
// call it outside of the frame loop.
func (c *Channel) With(attrs ...Attr) *Channel {
	if c == nil {
		return nil
	}
	d := *c
	d.fixed = append([]byte(nil), c.fixed...)
	for i := range attrs {
		if int(d.nfixed) == record.MaxFields {
			d.left = uint8(min(int(d.left)+len(attrs)-i, 255))
			break
		}
		a := attrs[i]
		if d.cause == nil {
			d.cause = a.failure()
		}
		a.settle(c.owner(), false)
		f := a.field()
		d.fixed = record.AppendField(d.fixed, &f)
		d.nfixed++
	}
	return &d
}
