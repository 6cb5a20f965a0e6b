package recorder

import (
	"runtime"
	"strconv"
	"unicode/utf8"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/crashtext"
	"github.com/krunk-go/krunk/internal/ident"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/scrub"
	"github.com/krunk-go/krunk/internal/stack"
	"github.com/krunk-go/krunk/internal/text"
)

const (
	mostTold  = 4 << 10 // bytes of Text
	mostValue = 1 << 10 // bytes of each message in it
)

// Text returns the crash as lines that a player can paste into a mail: what died when and of what, the support code, the stack, what other
// goroutines did, and the program, in at most 4 KiB and without what is left out of the event for privacy.
func (c *Crash) Text(f *blackbox.Facts, o stack.Options) string {
	o.MainModule = f.Texts[blackbox.Module]
	n := note{scrub: scrub.New(home()), stacks: stack.NewResolver(o)}
	foot := "\n" + runtime.GOOS + " " + runtime.GOARCH + ", " + f.Texts[blackbox.GoVersion] + ", Krunk " + f.Texts[blackbox.SDK] + "\n"
	n.room = mostTold - len(foot)
	n.line(text.TrimSpace(f.Texts[blackbox.Release] + " " + f.Texts[blackbox.Environment]))
	n.line("died ", string(text.AppendTime(nil, max(c.At, 0), 0)), ", ran for ", strconv.FormatInt(max(c.At-f.Start, 0)/1e9, 10), " seconds")
	if c.ID != [16]byte{} {
		n.line("support code ", string(ident.AppendShort(nil, c.ID)))
	}
	n.reason(c.Report)
	at := c.Report.AtFault()
	n.stack(at, c.kind())
	gap := "\n"
	for i := range c.Report.Goroutines {
		if g := &c.Report.Goroutines[i]; g != at && !g.System && n.other(gap, g) {
			gap = ""
		}
	}
	return string(append(n.b, foot...))
}

// note is a text that takes no line for which it has no room.
type note struct {
	scrub  *scrub.Scrubber
	stacks *stack.Resolver
	b      []byte
	room   int
}

// line adds a line, or reports false where it has no room.
func (n *note) line(parts ...string) bool {
	size := len("\n")
	for _, p := range parts {
		size += len(p)
	}
	if size > n.room-len(n.b) {
		return false
	}
	n.b = append(text.Append(n.b, parts...), '\n')
	return true
}

// reason adds what it died of.
func (n *note) reason(r *crashtext.Report) {
	kind := "panic: "
	switch r.Kind {
	case crashtext.Signal:
		kind = "signal: "
	case crashtext.Unknown, crashtext.Fatal:
		kind = "fatal error: "
	}
	for i, err := range appendPanics(nil, r) {
		what := err.Text
		if i == 0 && r.Kind == crashtext.Signal {
			what = r.Message
		}
		what, _ = text.Trim(readable(n.scrub.Text(what)), mostValue)
		switch {
		case i > 0:
			kind = "while it panicked: "
		case what == crashtext.NotRecorded:
			kind = ""
		}
		n.line(kind, what)
	}
	if r.Fault != "" {
		n.line("signal: ", readable(n.scrub.Text(r.Fault)))
	}
	if r.Inferred {
		n.line("(worked out from the stack)")
	}
	if r.InC {
		n.line("(in C code)")
	}
}

// stack adds the stack of the goroutine at fault, innermost call first. A quarter of the room stays for the other ones.
func (n *note) stack(g *crashtext.Goroutine, kind stack.Kind) {
	if g == nil {
		return
	}
	frames := texts(n.stacks, nil, g.Frames, kind)
	n.line("\n", headOf(g))
	n.room -= mostTold / 4
	for i := len(frames) - 1; i >= 0; i-- {
		at, times := place(&frames[i]), 1
		for ; i > 0 && place(&frames[i-1]) == at; i-- {
			times++
		}
		if times > 1 {
			at += " (" + strconv.Itoa(times) + " times)"
		}
		if !n.line("  ", at) {
			n.room += 64
			n.line("  ... ", strconv.Itoa(i+times), " calls more")
			n.room -= 64
			break
		}
	}
	if g.Elided > 0 {
		n.line("  (and ", strconv.Itoa(g.Elided), " in between)")
	}
	n.room += mostTold / 4
}

// other adds a goroutine and where it stands, in the game's own code if any of that is on its stack, and reports whether it did.
func (n *note) other(gap string, g *crashtext.Goroutine) bool {
	frames := texts(n.stacks, nil, g.Frames, stack.Call)
	top := stack.Top(frames)
	if top == nil || ofRuntime(frames) {
		return false
	}
	return n.line(gap, headOf(g), " ", place(top))
}

// readable returns s as one line of valid UTF-8 without control characters: it is pasted into who knows what.
func readable(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r < ' ' || r == 0x7f {
			r = ' '
		}
		b = utf8.AppendRune(b, r)
	}
	return view(b)
}

func headOf(g *crashtext.Goroutine) string {
	return "goroutine " + strconv.FormatUint(g.ID, 10) + " [" + doing(g) + "]"
}

// place returns where a frame is: the file is a short name that begins in no directory of the player's.
func place(f *stack.Frame) string {
	name := f.Function
	if f.Module != "" {
		name = f.Module + "." + name
	}
	name, _ = text.Trim(name, protocol.MaxName)
	if f.Filename == "" {
		return name
	}
	file, _ := text.Trim(f.Filename, protocol.MaxName)
	return name + " " + file + ":" + strconv.Itoa(f.Line)
}
