package recorder

import "time"

// Run is the run whose records are read: what stays the same in everything that it sends, and what only it can tell. Another
// one than the recorder's own can be read as well, such as one that has died. It is immutable, its functions safe for
// concurrent use.
type Run struct {
	// Start returns the Unix nanoseconds of the run's start, from which its records count their time, as the clock tells it
	// now: on a device without a clock of its own it is set after the game began.
	Start   func() int64
	Channel func(uint16) string // name of a channel, "" if there is none
	Policy  func() string       // version of the policy in force, "" if there is none; nil: never one

	SDKName, SDKVersion        string
	GoVersion                  string // of the program; "": of this one
	Release, Dist, Environment string
	Install                    string // id of the player where the game tells none; "": none
	TraceID                    [16]byte
	SpanID                     [8]byte

	Moved      uintptr // how far the program's code lies from where it lay in that run
	OtherBuild bool    // the addresses of that run mean nothing here
}

// rebase makes addresses of that run addresses of this program; there are none if it was another one.
//
//go:noinline
func (run *Run) rebase(pcs []uintptr) []uintptr {
	if run.OtherBuild {
		return pcs[:0]
	}
	for i := range pcs {
		pcs[i] += run.Moved
	}
	return pcs
}

// StartOf returns a Run.Start for a run of this process.
func StartOf(start time.Time) func() int64 {
	return func() int64 { return time.Now().UnixNano() - int64(time.Since(start)) }
}
