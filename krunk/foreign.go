package krunk

import (
	"unsafe"

	"github.com/krunk-go/krunk/internal/record"
)

// Everything in this file runs code of the game (Error, Unwrap, String, MarshalJSON) on the game's own goroutine, before
// any memory is reserved: it may block, panic or call Krunk again and harms nobody but its caller.

// errorText returns err.Error(), or a note when that panics.
func errorText(err error) (text string) {
	if err == nil {
		return "<nil>"
	}
	defer func() {
		if r := recover(); r != nil {
			text = "[krunk: Error of " + typeName(err) + " panicked" + because(r) + "]"
		}
	}()
	return err.Error()
}

// stringText returns v.String(), or a note when that panics.
func stringText(v interface{ String() string }) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = "[krunk: String of " + typeName(v) + " panicked" + because(r) + "]"
		}
	}()
	return v.String()
}

// because returns what can be said of a panic value without running more foreign code.
func because(r any) string {
	switch v := r.(type) {
	case string:
		return ": " + v[:min(len(v), 200)]
	case interface {
		error
		RuntimeError()
	}:
		return runtimeText(v)
	}
	return " with a " + typeName(r)
}

// runtimeText returns what the runtime says of an error of its own. The game may have made one that looks like it and panics again,
// and again when it is asked why.
func runtimeText(err error) (s string) {
	defer func() {
		if recover() != nil {
			s = " with a " + typeName(err)
		}
	}()
	return ": " + err.Error()
}

// chain is a tree of errors in the order in which it was met, the outermost first.
type chain struct {
	errs  [record.MaxErrors]record.Error
	from  [record.MaxErrors]error // what each entry was made of
	n     int
	more  bool
	types *typeNames // nil asks anew each time
}

// list returns the entries, and notes in h that there were more.
func (c *chain) list(h *record.Head) []record.Error {
	if c.more {
		h.Flags |= record.FlagErrors
	}
	return c.errs[:c.n]
}

// wraps reports whether err has more to tell than its type and text: other errors, or where it was made.
func wraps(err error) bool {
	switch err.(type) {
	case interface{ Unwrap() error }, interface{ Unwrap() []error }, interface{ Cause() error }:
		return true
	}
	return err != nil && keepsStack(err)
}

// walk adds err and everything that it wraps. A cycle ends where it comes back to an error that it goes through.
func (c *chain) walk(err error, parent int, index uint8) {
	if c.n == len(c.errs) {
		c.more = true
		return
	}
	self := c.n
	if parent < 0 {
		parent = self
	} else if c.passes(err, parent) {
		return
	}
	c.errs[self] = record.Error{Type: c.types.of(err), Text: errorText(err), Parent: uint8(parent), Index: index}
	c.from[self] = err
	c.n++
	c.unwrap(err, self)
}

// passes reports whether err is entry at or one of those that wrap it.
func (c *chain) passes(err error, at int) bool {
	for {
		if same(err, c.from[at]) {
			return true
		}
		up := int(c.errs[at].Parent)
		if up == at {
			return false
		}
		at = up
	}
}

// same reports whether two errors are one. The words of an interface tell it for types that cannot be compared, too.
func same(a, b error) (yes bool) {
	if *(*[2]unsafe.Pointer)(unsafe.Pointer(&a)) == *(*[2]unsafe.Pointer)(unsafe.Pointer(&b)) {
		return true
	}
	defer func() { recover() }() // a type that is not comparable, or holds what is not
	return a == b
}

func (c *chain) unwrap(err error, self int) {
	defer func() {
		if recover() != nil {
			c.more = true
		}
	}()
	c.errs[self].PCs = stackOf(err)
	switch w := err.(type) {
	case interface{ Unwrap() error }:
		if inner := w.Unwrap(); inner != nil {
			c.walk(inner, self, 0)
		}
	case interface{ Unwrap() []error }:
		for i, inner := range w.Unwrap() {
			if c.more {
				break
			}
			if inner != nil {
				c.walk(inner, self, uint8(min(i, 254)+1))
			}
		}
	case interface{ Cause() error }:
		if inner := w.Cause(); inner != nil {
			c.walk(inner, self, 0)
		}
	}
}

// panicValue describes the value of a panic: an error with its chain, anything else as one entry with its type and text.
func (c *chain) panicValue(v any) {
	if err, ok := v.(error); ok {
		c.walk(err, -1, 0)
		return
	}
	e := record.Error{Type: c.types.of(v)}
	switch v := v.(type) {
	case string:
		e.Type, e.Text = "panic", v
	case interface{ String() string }:
		e.Text = stringText(v)
	default:
		e.Text = printed(v, e.Type)
	}
	c.errs[0], c.n = e, 1
}
