package krunk

import (
	"strconv"
	"time"

	"github.com/krunk-go/krunk/internal/recorder"
	"github.com/krunk-go/krunk/internal/stack"
	"github.com/krunk-go/krunk/internal/verdict"
)

// How is how a run of the program ended.
type How uint8

// The ends of a run. What the system does not tell apart cannot be told here either: Killed is the system's out-of-memory killer, a task
// manager, os.Exit and log.Fatal, or a crash of C code in a thread that the Go runtime does not know.
const (
	HowUnknown            How = iota
	HowClean                  // it was closed
	HowPanic                  // a panic that nobody recovered
	HowFatal                  // the Go runtime gave up: concurrent map writes, a deadlock, no memory
	HowSignal                 // a signal that the Go runtime dies of, from outside or of C code
	HowHang                   // no Beat came any more for longer than Frames.Hang, and then it was killed
	HowKilled                 // it was killed without a word
	HowKilledInBackground     // likewise, behind Client.Foreground(false), which is normal on phones
	HowPowerLost              // the device was switched off or started anew
)

// String returns "clean", "killed in background" and the like.
func (h How) String() string {
	if h > HowPowerLost {
		return "How(" + strconv.Itoa(int(h)) + ")"
	}
	return [...]string{"unknown", "clean", "panic", "fatal", "signal", "hang", "killed", "killed in background", "power lost"}[h]
}

// LastRun is what is known of the run before this one.
type LastRun struct {
	// Known is false, and all else zero, where there is no run file (Config.RunFile) and where no run was before this one.
	Known bool
	How   How
	// Ran is how long it ran, to its last Beat or write. A clock that was set makes it wrong.
	Ran time.Duration
	// Frame is the number of its last Beat; 0: there was none.
	Frame int
	// Memory is what the program had in use in its last second, in bytes, and MemoryLimit what it could have had; 0 where that is not
	// known. The watchdog of Frames.Hang looks at it.
	Memory, MemoryLimit int64
	// LowMemory says that a killed run had 90 % of its memory in use: it is likely that this killed it.
	LowMemory bool
	// Closing says that it was killed while it closed.
	Closing bool
	// Release is Config.Release of then.
	Release string
	// Event is the id of what it died of, a hang as well, zero where that is no event. Its SupportCode is what the player reads out to support.
	Event EventID

	last *verdict.Last
}

// LastRun returns what is known of the run before this one of the same directory, as Start found it. It never blocks.
func (c *Client) LastRun() LastRun {
	if c == nil || c.after.living() == nil || c.after.living().Last == nil || c.say.forgot.Load() {
		return LastRun{}
	}
	last := c.after.living().Last
	return LastRun{
		Known: true, How: How(last.How), Ran: last.Ran, Frame: int(last.Frame), Memory: int64(last.Used) << 10, MemoryLimit: int64(last.Limit) << 10,
		LowMemory: last.NoMemory, Closing: last.Closing, Release: last.Release, Event: EventID(last.Event), last: last,
	}
}

// Ring returns the newest bytes that the last run wrote into its Client.Ring of that name, and which of all its bytes the first one is, or
// nothing: it had no such ring, was closed, or was told of already. They are as the run left them when it died, and owned by the caller.
func (l LastRun) Ring(name string) (data []byte, from uint64) {
	if l.last == nil || l.last.Ring == nil {
		return nil, 0
	}
	return l.last.Ring(name)
}

// Text returns the crash as plain text that a player can paste into a mail to support, without what the events leave out for privacy, or
// "" where the last run did not die of one.
func (l LastRun) Text() string {
	if l.last == nil || l.last.Crash == nil {
		return ""
	}
	c := recorder.Crash{Report: l.last.Crash, ID: l.Event, At: l.last.Ended}
	return c.Text(l.last.Facts, stack.Options{})
}
