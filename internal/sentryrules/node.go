package sentryrules

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// The accessors of Node never fail: a value of another kind reads as the zero value, since its fault has been reported.

// Text is the value of a string.
func (n *Node) Text() string {
	if n == nil || n.kind != text {
		return ""
	}
	return n.str
}

// Label is the value of a string or the literal of a number (thread ids may be either).
func (n *Node) Label() string {
	if n == nil || n.kind != text && n.kind != number {
		return ""
	}
	return n.str
}

// Bool is the value of a boolean.
func (n *Node) Bool() bool { return n != nil && n.kind == boolean && n.str == "true" }

// BoolPtr is nil if there is no boolean.
func (n *Node) BoolPtr() *bool {
	if n == nil || n.kind != boolean {
		return nil
	}
	b := n.str == "true"
	return &b
}

// int is the value of a number written without fraction and exponent that fits.
func (n *Node) int() (int64, bool) {
	if n == nil || n.kind != number || strings.ContainsAny(n.str, ".eE") {
		return 0, false
	}
	v, err := strconv.ParseInt(n.str, 10, 64)
	return v, err == nil
}

// Num is an integer, 0 if it is none or does not fit.
func (n *Node) Num() int64 { v, _ := n.int(); return v }

// IntPtr is nil if there is no integer.
func (n *Node) IntPtr() *int {
	v, ok := n.int()
	if !ok || int64(int(v)) != v {
		return nil
	}
	i := int(v)
	return &i
}

// Float is the value of a number.
func (n *Node) Float() float64 {
	if n == nil || n.kind != number {
		return 0
	}
	f, _ := strconv.ParseFloat(n.str, 64)
	return f
}

// time reads Unix seconds or RFC 3339; a string without zone is UTC.
func (n *Node) time() (time.Time, bool) {
	switch {
	case n == nil:
	case n.kind == number:
		sec, frac := math.Modf(n.Float())
		if math.Abs(sec) > 1e15 {
			return time.Time{}, false
		}
		return time.Unix(int64(sec), int64(math.Round(frac*1e6))*1000).UTC(), true
	case n.kind == text:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05"} {
			if t, err := time.Parse(layout, n.str); err == nil {
				return t.UTC(), true
			}
		}
	}
	return time.Time{}, false
}

func (n *Node) When() time.Time { t, _ := n.time(); return t }

// Any is the value in Go's types: numbers without fraction and exponent are int64, all others float64.
func (n *Node) Any() any {
	if n == nil {
		return nil
	}
	switch n.kind {
	case boolean:
		return n.Bool()
	case number:
		if v, ok := n.int(); ok {
			return v
		}
		return n.Float()
	case text:
		return n.str
	case array:
		list := make([]any, 0, len(n.Elems))
		for _, e := range n.Elems {
			list = append(list, e.Any())
		}
		return list
	case object:
		return n.Object()
	}
	return nil
}

func (n *Node) Object() map[string]any {
	if n == nil || n.kind != object {
		return nil
	}
	m := make(map[string]any, len(n.Members))
	for _, e := range n.Members {
		m[e.Name] = e.Val.Any()
	}
	return m
}

func (n *Node) Strings() map[string]string {
	if n == nil || n.kind != object {
		return nil
	}
	m := make(map[string]string, len(n.Members))
	for _, e := range n.Members {
		m[e.Name] = e.Val.Label()
	}
	return m
}

// Values is the list of {"values":[…]} or of a bare list.
func (n *Node) Values() []*Node {
	switch {
	case n == nil:
		return nil
	case n.kind == array:
		return n.Elems
	}
	if v := n.Get("values"); v != nil && v.kind == array {
		return v.Elems
	}
	return nil
}

// depth is 1 for an object of scalars.
func (n *Node) depth() int {
	deepest := 0
	for _, e := range n.Elems {
		deepest = max(deepest, e.depth())
	}
	for _, m := range n.Members {
		deepest = max(deepest, m.Val.depth())
	}
	if n.kind == array || n.kind == object {
		return deepest + 1
	}
	return 0
}

// IsObject reports whether it is one.
func (n *Node) IsObject() bool { return n != nil && n.kind == object }

// IsNumber reports whether it is one.
func (n *Node) IsNumber() bool { return n != nil && n.kind == number }
