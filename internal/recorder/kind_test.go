package recorder

import (
	"testing"

	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/stack"
)

// TestKind checks what a kind depends on, and holds the figures: a kind that was pasted into a policy names the same issue in the next
// version of Krunk.
func TestKind(t *testing.T) {
	frames := func(functions ...string) (out []stack.Frame) { // outermost first
		for i, f := range functions {
			out = append(out, stack.Frame{Module: "example.test/game/world", Function: f, InApp: true, Line: 10 + i, File: "/home/anna/world.go"})
		}
		return out
	}
	base := kindCase{typ: "*net.OpError", frames: frames("main", "(*World).Update", "(*World).step", "(*World).move")}
	want := base.kind()
	if want != 0xb37d75fa {
		t.Errorf("the kind is %08x, and was b37d75fa", want)
	}
	for name, c := range map[string]kindCase{
		"another caller of the caller": {typ: base.typ, frames: frames("main", "(*Editor).preview", "(*World).step", "(*World).move")},
		"a recursion":                  {typ: base.typ, frames: frames("main", "(*World).step", "(*World).move", "(*World).move", "(*World).move")},
		"a closure":                    {typ: base.typ, frames: frames("main", "(*World).step", "(*World).step.func1", "(*World).move.func3.1")},
		"a closure that was inlined":   {typ: base.typ, frames: frames("main", "(*World).step", "tick.(*World).move.func2")},
		"a range over a function":      {typ: base.typ, frames: frames("main", "(*World).step", "(*World).move-range1")},
	} {
		if got := c.kind(); got != want {
			t.Errorf("%s: got %08x, want %08x", name, got, want)
		}
	}
	other := append(frames("main", "(*World).step", "(*World).move"), stack.Frame{Module: "net", Function: "(*netFD).connect"}) // by platform
	if c := (kindCase{typ: base.typ, frames: other}); c.kind() != want {
		t.Errorf("beneath the game's code: got %08x, want %08x", c.kind(), want)
	}
	for name, c := range map[string]kindCase{
		"another type":     {typ: "*os.PathError", frames: base.frames},
		"another function": {typ: base.typ, frames: frames("main", "(*World).step", "(*World).turn")},
		"another caller":   {typ: base.typ, frames: frames("main", "(*World).Update", "(*World).move")},
		"no frames":        {typ: base.typ},
		"a log record":     {log: true, typ: "net", text: "lost", frames: base.frames},
	} {
		if got := c.kind(); got == want {
			t.Errorf("%s: got the same", name)
		}
	}
}

type kindCase struct {
	typ, text string
	log       bool
	frames    []stack.Frame
}

func (c *kindCase) kind() uint32 {
	e := events{frames: c.frames}
	e.exceptions.Values = []protocol.Exception{{Type: "cause"}, {Type: c.typ}}
	rec := record.Record{Head: record.Head{Type: record.ErrorType}}
	if c.log {
		rec.Type, rec.Text, e.event.Logger = record.LogType, c.text, c.typ
	}
	return e.kindOf(&rec)
}
