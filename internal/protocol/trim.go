package protocol

import (
	"strconv"
	"strings"
	"unsafe"

	"github.com/krunk-go/krunk/internal/text"
)

// What the server keeps, in bytes where nothing else is said. Krunk trims to the same numbers on the device: an event over
// 1 MiB would be refused before the server could trim it.
const (
	MaxEvent       = 1 << 20
	MaxMessage     = 8192 // messages and exception values
	MaxName        = 256  // types, modules, functions
	MaxLogger      = 64
	MaxEnvironment = 64
	MaxDist        = 64
	MaxRelease     = 200
	MaxTag         = 200
	MaxTagKey      = 32
	MaxTags        = 100 // what is over is dropped
	MaxContext     = 8192
	MaxCrumbData   = 2048
	MaxUser        = 128
	MaxEmail       = 75
	MaxThread      = 1024 // name of a thread
	MaxCategory    = 128
	MaxFrames      = 250 // the first 50 and the newest 200 are kept
	firstFrames    = 50
)

// Trim brings every field but the tags within its limit and returns how many things were cut or dropped.
func (ev *Event) Trim() int {
	var t trimmer
	if ev.Exception != nil {
		for i := range ev.Exception.Values {
			t.frames(ev.Exception.Values[i].Stacktrace)
		}
	}
	if ev.Threads != nil {
		for i := range ev.Threads.Values {
			t.frames(ev.Threads.Values[i].Stacktrace)
		}
	}
	ev.visit(t.member)
	t.contexts(ev.Contexts, MaxContext)
	return t.cut
}

type trimmer struct{ cut int }

func (t *trimmer) frames(s *Stacktrace) {
	if s.keep(firstFrames, MaxFrames) > 0 {
		t.cut++
	}
}

func (t *trimmer) member(m *member, at unsafe.Pointer) {
	switch m.kind {
	case texts, mustTexts:
		if m.max > 0 {
			t.text((*string)(at), int(m.max))
		}
	case lines:
		t.line((*string)(at), int(m.max))
	case lists:
		for i := range *(*[]string)(at) {
			t.text(&(*(*[]string)(at))[i], int(m.max))
		}
	case raws:
		if v := (*Raw)(at); len(*v) > int(m.max) {
			*v = shrunk(*v, int(m.max))
			t.cut++
		}
	}
}

//go:noinline
func (t *trimmer) text(s *string, max int) bool {
	cut, was := text.Trim(*s, max)
	if was {
		*s = cut
		t.cut++
	}
	return was
}

// line is text for fields that have no line breaks; these become spaces.
func (t *trimmer) line(s *string, max int) bool {
	cut := t.text(s, max)
	if strings.IndexByte(*s, '\n') < 0 && strings.IndexByte(*s, '\r') < 0 {
		return cut
	}
	b := []byte(*s)
	for i, c := range b {
		if c == '\n' || c == '\r' {
			b[i] = ' '
		}
	}
	*s = string(b)
	return true
}

// Tagged returns the value of a tag, "" if there is none.
//
//go:noinline
func Tagged(list []Tag, key string) string {
	for i := range list {
		if list[i].Key == key {
			return list[i].Value
		}
	}
	return ""
}

// ContextNamed returns the place of a context in a list, or -1.
//
//go:noinline
func ContextNamed(list []Context, name string) int {
	for i := range list {
		if list[i].Name == name {
			return i
		}
	}
	return -1
}

// AddContext adds a context whose name is not taken.
//
//go:noinline
func (ev *Event) AddContext(name string, fields Raw) {
	ev.Contexts = append(ev.Contexts, Context{name, fields})
}

// contexts shrinks what is longer than max.
func (t *trimmer) contexts(list []Context, max int) {
	for i := range list {
		if c := &list[i]; len(c.Fields) > max {
			c.Fields = shrunk(c.Fields, max)
			t.cut++
		}
	}
}

// shrunk returns what is left of an object in max bytes. What is no object gets a note: half of it would be nothing.
func shrunk(v Raw, max int) Raw {
	out := AppendShrunk(make(Raw, 0, max), v, max)
	if len(out) == len("{}") {
		out = strconv.AppendInt(append(out[:0], `{"krunk_trimmed":"`...), int64(len(v)), 10)
		out = append(strconv.AppendInt(append(out, ` bytes are over `...), int64(max), 10), `"}`...)
	}
	return out
}

// keep leaves max frames, first of them from the callers' end, and returns how many it took out of the middle. The frames stay
// in their memory.
//
//go:noinline
func (s *Stacktrace) keep(first, max int) int {
	if s == nil {
		return 0
	}
	n := len(s.Frames) - max
	if n <= 0 {
		return 0
	}
	copy(s.Frames[first:], s.Frames[first+n:])
	clear(s.Frames[max:])
	s.Frames = s.Frames[:max]
	return n
}
