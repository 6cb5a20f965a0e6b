package protocol

import (
	"strconv"
	"strings"

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

// Trim brings every field within its limit, drops the tags that a server would not take, and returns how many things were cut
// or dropped.
func (ev *Event) Trim() int {
	var t trimmer
	t.line(&ev.Logger, MaxLogger)
	t.text(&ev.Release, MaxRelease)
	t.text(&ev.Dist, MaxDist)
	t.text(&ev.Environment, MaxEnvironment)
	t.tags(ev.Tags)
	t.contexts(ev.Contexts)
	if u := ev.User; u != nil {
		t.text(&u.ID, MaxUser)
		t.text(&u.Username, MaxUser)
		t.text(&u.Email, MaxEmail)
	}
	for i := range ev.Fingerprint {
		t.text(&ev.Fingerprint[i], MaxTag)
	}
	if e := ev.LogEntry; e != nil {
		t.text(&e.Message, MaxMessage)
	}
	if ev.Exception != nil {
		for i := range ev.Exception.Values {
			t.exception(&ev.Exception.Values[i])
		}
	}
	if ev.Threads != nil {
		for i := range ev.Threads.Values {
			t.text(&ev.Threads.Values[i].Name, MaxThread)
		}
	}
	if ev.Breadcrumbs != nil {
		for i := range ev.Breadcrumbs.Values {
			t.crumb(&ev.Breadcrumbs.Values[i])
		}
	}
	return t.cut
}

type trimmer struct{ cut int }

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

// tags drops empty values and keys that mean something else to servers, and those over the limit in no order, but not those
// that Krunk itself sets: support looks an event up by its code. Of a key that becomes one that is there already, the latter
// stays.
func (t *trimmer) tags(m map[string]string) {
	for k, v := range m {
		key, ok := CleanTagKey(k)
		if ok && key == k && v != "" {
			if t.line(&v, MaxTag) {
				m[k] = v
			}
			continue
		}
		delete(m, k)
		t.cut++
		if ok && v != "" && m[key] == "" {
			t.line(&v, MaxTag)
			m[key] = v
		}
	}
	for k := range m {
		if len(m) <= MaxTags {
			return
		}
		if k != "support_code" && !strings.HasPrefix(k, "krunk.") {
			delete(m, k)
			t.cut++
		}
	}
}

func (t *trimmer) contexts(m map[string]Raw) {
	for k, v := range m {
		if len(v) > MaxContext {
			m[k] = shrunk(v, MaxContext)
			t.cut++
		}
	}
}

// shrunk returns what is left of an object in max bytes. What is no object gets a note: half of it would be nothing.
func shrunk(v Raw, max int) Raw {
	out := AppendShrunk(make(Raw, 0, max), v, max)
	if len(out) == len("{}") {
		out = Raw(`{"krunk_trimmed":"` + strconv.Itoa(len(v)) + ` bytes are over ` + strconv.Itoa(max) + `"}`)
	}
	return out
}

func (t *trimmer) exception(e *Exception) {
	t.text(&e.Type, MaxName)
	t.text(&e.Module, MaxName)
	t.text(&e.Value, MaxMessage)
	if m := e.Mechanism; m != nil {
		t.text(&m.Type, MaxName)
		t.text(&m.Source, MaxName)
	}
	s := e.Stacktrace
	if s == nil {
		return
	}
	if n := s.keep(firstFrames, MaxFrames); n > 0 {
		t.cut++
	}
	for i := range s.Frames {
		f := &s.Frames[i]
		t.text(&f.Function, MaxName)
		t.text(&f.Module, MaxName)
		t.text(&f.Filename, MaxName)
		t.text(&f.AbsPath, MaxName)
	}
}

// keep leaves max frames, first of them from the callers' end, and returns how many it took out of the middle. The frames stay
// in their memory.
//
//go:noinline
func (s *Stacktrace) keep(first, max int) int {
	n := len(s.Frames) - max
	if n <= 0 {
		return 0
	}
	copy(s.Frames[first:], s.Frames[first+n:])
	clear(s.Frames[max:])
	s.Frames = s.Frames[:max]
	return n
}

func (t *trimmer) crumb(c *Breadcrumb) {
	t.text(&c.Category, MaxCategory)
	t.text(&c.Message, MaxMessage)
	if n := len(c.Data); n > MaxCrumbData {
		c.Data = shrunk(c.Data, MaxCrumbData)
		t.cut++
	}
}
