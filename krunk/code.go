package krunk

import (
	"errors"
	"strconv"
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

// check wants every Sentinel to name something.
func (c *Code) check() error {
	for i, s := range c.Sentinels {
		if s == (Sentinel{}) {
			return errors.New("Sentinels[" + strconv.Itoa(i) + `] names every panic; write its Type, its Text or both, e.g. {Text: "net/http: abort Handler"}`)
		}
	}
	return nil
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
