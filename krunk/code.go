package krunk

import (
	"strconv"

	"github.com/krunk-go/krunk/internal/text"
)

// Code says what Krunk cannot see in a stack by itself. Import paths cover the packages below them; a package's own tests are
// never cut.
type Code struct {
	// InApp lists import paths beside the main module's whose frames are the game's own code.
	InApp []string
	// Wrappers lists import paths of the game's own helpers around Report and the log calls. Their frames are cut from the top
	// of a stack as Krunk's own are, so that an event shows, and is grouped by, the place that called the helper.
	Wrappers []string
	// Sentinels lists panics by which a framework ends a call, beside net/http's ErrAbortHandler, which is always one. Recover,
	// Repanic and ReportPanic do not report them and do not wait; what happens to the panic is unchanged.
	Sentinels []Sentinel
}

// Sentinel names the value of a panic by its type and text; nothing has to be imported for it.
type Sentinel struct {
	Type string // as %T prints it, such as "*errors.errorString"; empty: any
	Text string // all of what Error or String returns, or of the string itself; empty: any
}

// check wants import paths as they stand in an import, and every Sentinel to name something.
func (c *Code) check(faults *faults) {
	checkPaths(faults, "Code.InApp[", c.InApp)
	checkPaths(faults, "Code.Wrappers[", c.Wrappers)
	for i, s := range c.Sentinels {
		if s == (Sentinel{}) {
			faults.say("Code.Sentinels["+strconv.Itoa(i)+"]", `empty, which would be every panic; write its Type, its Text or both, such as {Text: "net/http: abort Handler"}`)
		}
	}
}

//go:noinline
func checkPaths(faults *faults, field string, paths []string) {
	for i, path := range paths {
		if !isImportPath(path) {
			faults.say(field+strconv.Itoa(i)+"]", text.Quote(path)+
				` is no import path; write it as in an import, such as "example.com/game/log": it covers the packages below as well`)
		}
	}
}

// isImportPath looks for what people write instead of an import path: patterns, URLs, directories of windows.
func isImportPath(path string) bool {
	for i := range len(path) {
		switch c := path[i]; {
		case c <= ' ', c == '*', c == ':', c == '\\', c == '"', c == '.' && i > 0 && path[i-1] == '.':
			return false
		}
	}
	return path != ""
}

// sentinel reports whether v is a value by which a framework ends a call.
func (c *Code) sentinel(v any, types *typeNames) bool {
	name := types.of(v)
	if (&Sentinel{Type: "*errors.errorString", Text: "net/http: abort Handler"}).is(v, name) {
		return true
	}
	for i := range c.Sentinels {
		if c.Sentinels[i].is(v, name) {
			return true
		}
	}
	return false
}

// is compares the type, whose name is given, first, so that the value's own code runs only where it may be the one.
func (s *Sentinel) is(v any, name string) bool {
	if s.Type != "" && s.Type != name {
		return false
	}
	if s.Text == "" {
		return true
	}
	switch v := v.(type) {
	case string:
		return v == s.Text
	case error:
		return errorText(v) == s.Text
	case interface{ String() string }:
		return stringText(v) == s.Text
	}
	return false
}
