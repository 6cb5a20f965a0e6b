package krunk

import (
	"unsafe"

	"github.com/krunk-go/krunk/internal/recorder"
)

// Event is an event as Config.BeforeSend sees it. What it says from Level on may be changed. It belongs to BeforeSend, which may keep its texts.
// What cannot be seen here goes as it is: stacks, attributes, contexts, breadcrumbs.
type Event struct {
	ID      EventID // a player may have been told its support code
	Channel string
	Release string // of the run in which it happened, which may be one that died
	Panic   bool   // also a death that nobody recovered

	Level  Level
	Title  string            // type of the error or panic, or the channel of a log record: what servers show as the name
	Text   string            // of the error or panic, or the message
	Causes []Cause           // errors that it wraps, from the outside in; those left out at the end are not sent
	Group  []string          // what servers group by (krunk.Group); empty: their own rule
	Tags   map[string]string // but for Krunk's own; the rules of SetTag hold
	User   User
}

// Cause is an error inside of another one.
type Cause struct {
	Type, Text string
}

// Editing looks at events before they are encoded; make it with Edit. The zero Editing lets them go as they are.
type Editing struct {
	hook *recorder.Hook // a function would link what it takes into programs without one
}

// Edit makes what Config.BeforeSend takes of a function that may change an event, and drops it by returning false:
//
//	BeforeSend: krunk.Edit(func(e *krunk.Event) bool {
//		e.Tags["map"] = level.Name()
//		return e.Title != "game.QuitError"
//	}),
//
// f is called for each event, panics and those of runs that died among them, but not for log records, by a goroutine of Krunk's and never twice at
// once. While it is slow, reports wait and no frame does, and in the end records find no room; Stats.BeforeSend is its time. What it writes is
// cut and scrubbed as all that a game says. An event that it drops is a loss, before_send, and leaves no breadcrumb either; one that it has changed
// leaves what is left of it. If f panics the event goes as it was, and Stats.LastError says so. What it captures itself is a breadcrumb at
// most. A nil f gives the zero Editing.
func Edit(f func(*Event) bool) Editing {
	if f == nil {
		return Editing{}
	}
	return Editing{recorder.NewHook(func(d *recorder.Draft) bool {
		return f((*Event)(unsafe.Pointer(d))) // the same in memory (TestEventIsADraft): what copies one into the other is 3 KiB
	}, because)}
}
