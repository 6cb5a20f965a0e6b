// Package crashtext reads what the Go runtime writes when a program dies, and what runtime.Stack returns: texts of Go 1.23 to 1.27.
// It is input from outside: nothing in it makes Parse fail, allocate more than its limits or take longer than reading it a few times. What
// may say something about the player is dropped here: arguments, registers, addresses, and the labels of goroutines.
package crashtext

// Kind is what ended the program.
type Kind uint8

// The kinds of an end.
const (
	Unknown Kind = iota // the text is empty
	Panic               // a panic that nobody recovered
	Fatal               // the runtime gave up: concurrent map writes, a deadlock, no memory
	Signal              // a signal from outside, or of C code
)

// Limits of what is kept of a text.
const (
	MaxText       = 64 << 10 // bytes of goroutines that are looked at; the one at fault comes first
	MaxGoroutines = 32
	MaxFrames     = 100 // of a goroutine
	maxMessage    = 8 << 10
	maxPanics     = 8
	maxName       = 256
)

// Report is what a text says. All texts are views of what was parsed, but for messages of several lines.
type Report struct {
	Kind       Kind
	Message    string // of the panic that killed, the fatal error or the signal; "" where the text holds none
	Inferred   bool   // the runtime did not write the reason (golang/go#76859): Message was worked out from the frames
	Panics     []Value
	Fault      string // name of the signal behind a panic: "SIGSEGV: segmentation violation", on Windows its code
	InC        bool   // a signal arrived while C code ran
	Goroutines []Goroutine
	Truncated  bool // the text ends in the middle, or a limit was met
}

// AtFault returns the goroutine that died: the first one that is not the runtime's own, if there is one; nil where there is none at all.
func (r *Report) AtFault() *Goroutine {
	for i := range r.Goroutines {
		if !r.Goroutines[i].System {
			return &r.Goroutines[i]
		}
	}
	if len(r.Goroutines) > 0 {
		return &r.Goroutines[0]
	}
	return nil
}

// Repanicked reports whether the panic that killed had been recovered before and was raised again with the same value.
func (r *Report) Repanicked() bool {
	n := len(r.Panics)
	if r.Kind != Panic || n == 0 {
		return false
	}
	last := &r.Panics[n-1]
	return last.Repanicked || n > 1 && r.Panics[n-2].Recovered && r.Panics[n-2].Text == last.Text // Go 1.24 and before
}

// Value is a panic of a chain; the last one killed.
type Value struct {
	Text       string
	Recovered  bool // and another one followed
	Repanicked bool // the same value again
}

// Goroutine is the stack of one. The first of a report is the one at fault.
type Goroutine struct {
	ID        uint64
	State     string // "running", "chan receive", without what the garbage collector adds
	Minutes   int    // that it has waited
	Locked    bool   // to its thread
	System    bool   // the runtime's own stack
	Frames    []Frame
	Elided    int    // frames that the runtime left out
	ElidedAt  int    // after so many of Frames
	CreatedBy Frame  // where its go statement stands; no function for main
	Parent    uint64 // who ran it
}

// Frame is a call, innermost first.
type Frame struct {
	Func string // as the linker names it: example.test/game/world.(*Map).Load
	File string
	Line int
}
