// Package verdict works out what a run died of from what it has left: words in its block, the text of the Go runtime, and the time of its last
// write. All of it is input from outside.
package verdict

import (
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/crashtext"
)

// How is how a run ended.
type How uint8

// The ends of a run.
const (
	Unknown            How = iota
	Clean                  // it was closed
	Panic                  // a panic that nobody recovered
	Fatal                  // the Go runtime gave up: concurrent map writes, a deadlock, no memory
	Signal                 // a signal that the Go runtime dies of, from outside or of C code
	Hang                   // frames stood still when it was killed
	Killed                 // without a word
	KilledInBackground     // likewise, while nobody saw it
	PowerLost              // the machine was switched off or started anew
)

// Evidence is what a run has left.
type Evidence struct {
	Facts *blackbox.Facts
	Live  *blackbox.Live
	Text  *crashtext.Report // nil: there is none
	Same  bool              // the text tells of the panic that is noted in Live
	Ended int64             // Unix nanoseconds: when its file was written last
	Boot  [16]byte          // of this machine, now; zero if it is not known
}

// Verdict is what is known of a run.
type Verdict struct {
	_           [0]func() // no code to compare it
	How         How
	Ran         time.Duration
	Frame       uint32
	Used, Limit uint64   // KiB of memory at the end, 0 where they are not known
	NoMemory    bool     // it was killed with little memory left
	Closing     bool     // it was killed while it closed
	Event       [16]byte // that the crash or the hang was reported as or will be, all zero where there is none
}

// Last is what is known of the run before this one.
type Last struct {
	Verdict
	Release string
	Crash   *crashtext.Report                            // nil: none is known
	Facts   *blackbox.Facts                              // of the run, with Crash
	Ended   int64                                        // Unix nanoseconds, with Crash
	Ring    func(name string) (data []byte, from uint64) // what is on its tapes; nil: there are none
}

// aftermath is how long beats may go on behind a panic that kills: they stand still only when the runtime begins to write.
const aftermath = time.Second

// Of returns what is known of a run.
func Of(e *Evidence) Verdict {
	live := e.Live
	word := live.Memory.Load()
	found := how(e)
	if noted, ok := Noted(live); ok {
		found = noted
	}
	v := Verdict{
		How: found, Ran: ran(e), Frame: live.Frame.Load(), Used: word >> 32, Limit: word & (1<<32 - 1),
	}
	switch v.How {
	case Panic, Fatal, Signal:
		if v.Event = e.Facts.Crash; e.Same || told(e.Text) == crashtext.Unknown && live.Died.Load()&ofText == 0 {
			v.Event = live.PanicID()
		}
	case Hang:
		v.Event = live.HangID()
	case Killed, KilledInBackground:
		v.NoMemory = v.Limit > 0 && v.Used*10 >= v.Limit*9
		v.Closing = live.State.Load()&blackbox.StateClosing != 0
	}
	return v
}

// Note keeps what is known of how a run ended where the text that tells of it goes; v is Of its evidence.
func Note(live *blackbox.Live, f *blackbox.Facts, v *Verdict) {
	w := uint64(v.How) + 1
	if v.Event == f.Crash {
		w |= ofText
	}
	live.Died.Store(w)
}

// Noted returns how a run ended by Note.
func Noted(live *blackbox.Live) (How, bool) {
	w := live.Died.Load() &^ ofText
	return How(w - 1), w != 0 && w <= uint64(PowerLost)+1
}

const ofText = 1 << 8 // the crash text is the event

// how asks in the order of what is most certain. A text counts more than that the run was closed: it died behind that.
func how(e *Evidence) How {
	state := e.Live.State.Load()
	switch told(e.Text) {
	case crashtext.Panic:
		return Panic
	case crashtext.Signal:
		return Signal
	case crashtext.Fatal:
		return Fatal
	}
	switch {
	case died(e.Live):
		return Panic
	case state&blackbox.StateClean != 0:
		return Clean
	case state&blackbox.StateHung != 0:
		return Hang
	case e.Boot != e.Facts.Boot && e.Boot != [16]byte{} && e.Facts.Boot != [16]byte{}:
		return PowerLost
	case state&blackbox.StateBackground != 0 && state&blackbox.StateClosing == 0:
		return KilledInBackground
	}
	return Killed
}

// told returns what a text tells. Where the runtime loses the reason it writes goroutines alone.
func told(text *crashtext.Report) crashtext.Kind {
	switch {
	case text == nil:
		return crashtext.Unknown
	case text.Kind == crashtext.Unknown && len(text.Goroutines) > 0:
		return crashtext.Fatal
	}
	return text.Kind
}

// died reports whether the panic that was noted was the end: no beats came behind it.
func died(live *blackbox.Live) bool {
	return live.State.Load()&blackbox.StatePanicked != 0 && live.BeatAt.Load() <= live.PanicAt.Load()+int64(aftermath)
}

// ran returns how long the run lived, as far as its last write or its last beat tells.
func ran(e *Evidence) time.Duration {
	start := e.Live.Wall.Load()
	if start == 0 {
		start = e.Facts.Start
	}
	const most = int64(100 * 365 * 24 * time.Hour)
	return time.Duration(min(max(e.Ended-start, e.Live.BeatAt.Load(), 0), most))
}

// early is how long a run lives that dies as it starts.
const early = 5 * time.Second

// Loops reports whether the program dies as it starts, time and again: then it may never live for long enough to send what it died of,
// unless it does so before it goes on. The last runs are given, the newest one first.
func Loops(runs []Verdict) bool {
	if len(runs) < 2 {
		return false
	}
	for _, v := range runs[:2] {
		switch v.How {
		case Panic, Fatal, Signal, Killed:
			if v.Ran >= early || v.Closing {
				return false
			}
		default:
			return false
		}
	}
	return true
}
