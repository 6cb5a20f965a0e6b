package krunk

import (
	"errors"
	"strconv"
	"strings"

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
	for _, list := range [...]struct {
		field string
		paths []string
	}{{"InApp", c.InApp}, {"Wrappers", c.Wrappers}} {
		for i, path := range list.paths {
			if path == "" || strings.ContainsAny(path, "*\\ \"") || strings.Contains(path, "..") || strings.Contains(path, "://") {
				faults.add("Code."+list.field+"["+strconv.Itoa(i)+"]", errors.New(text.Quote(path)+
					` is no import path; write it as in an import, such as "example.com/game/log": it covers the packages below as well`))
			}
		}
	}
	for i, s := range c.Sentinels {
		if s == (Sentinel{}) {
			faults.add("Code.Sentinels["+strconv.Itoa(i)+"]", errors.New(`empty, which would be every panic; write its Type, its Text or both, such as {Text: "net/http: abort Handler"}`))
		}
	}
}

// sentinel reports whether v is a value by which a framework ends a call.
func (c *Code) sentinel(v any) bool {
	if (&Sentinel{Type: "*errors.errorString", Text: "net/http: abort Handler"}).is(v) {
		return true
	}
	for i := range c.Sentinels {
		if c.Sentinels[i].is(v) {
			return true
		}
	}
	return false
}

// is compares the type first, so that the value's own code runs only where it may be the one.
func (s *Sentinel) is(v any) bool {
	if s.Type != "" && s.Type != typeName(v) {
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
