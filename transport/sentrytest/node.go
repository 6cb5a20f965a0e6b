package sentrytest

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// The accessors of node never fail: a value of another kind reads as the zero value, since its fault has been reported.

func (n *node) text() string {
	if n == nil || n.kind != text {
		return ""
	}
	return n.str
}

// label is the value of a string or the literal of a number (thread ids may be either).
func (n *node) label() string {
	if n == nil || n.kind != text && n.kind != number {
		return ""
	}
	return n.str
}

func (n *node) bool() bool { return n != nil && n.kind == boolean && n.str == "true" }

func (n *node) boolPtr() *bool {
	if n == nil || n.kind != boolean {
		return nil
	}
	b := n.str == "true"
	return &b
}

// int is the value of a number written without fraction and exponent that fits.
func (n *node) int() (int64, bool) {
	if n == nil || n.kind != number || strings.ContainsAny(n.str, ".eE") {
		return 0, false
	}
	v, err := strconv.ParseInt(n.str, 10, 64)
	return v, err == nil
}

func (n *node) num() int64 { v, _ := n.int(); return v }

func (n *node) intPtr() *int {
	v, ok := n.int()
	if !ok || int64(int(v)) != v {
		return nil
	}
	i := int(v)
	return &i
}

func (n *node) float() float64 {
	if n == nil || n.kind != number {
		return 0
	}
	f, _ := strconv.ParseFloat(n.str, 64)
	return f
}

// time reads Unix seconds or RFC 3339; a string without zone is UTC.
func (n *node) time() (time.Time, bool) {
	switch {
	case n == nil:
	case n.kind == number:
		sec, frac := math.Modf(n.float())
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

func (n *node) when() time.Time { t, _ := n.time(); return t }

// any is the value in Go's types: numbers without fraction and exponent are int64, all others float64.
func (n *node) any() any {
	if n == nil {
		return nil
	}
	switch n.kind {
	case boolean:
		return n.bool()
	case number:
		if v, ok := n.int(); ok {
			return v
		}
		return n.float()
	case text:
		return n.str
	case array:
		list := make([]any, 0, len(n.elems))
		for _, e := range n.elems {
			list = append(list, e.any())
		}
		return list
	case object:
		return n.object()
	}
	return nil
}

func (n *node) object() map[string]any {
	if n == nil || n.kind != object {
		return nil
	}
	m := make(map[string]any, len(n.members))
	for _, e := range n.members {
		m[e.name] = e.val.any()
	}
	return m
}

func (n *node) strings() map[string]string {
	if n == nil || n.kind != object {
		return nil
	}
	m := make(map[string]string, len(n.members))
	for _, e := range n.members {
		m[e.name] = e.val.label()
	}
	return m
}

// values is the list of {"values":[…]} or of a bare list.
func (n *node) values() []*node {
	switch {
	case n == nil:
		return nil
	case n.kind == array:
		return n.elems
	}
	if v := n.get("values"); v != nil && v.kind == array {
		return v.elems
	}
	return nil
}

// depth is 1 for an object of scalars.
func (n *node) depth() int {
	deepest := 0
	for _, e := range n.elems {
		deepest = max(deepest, e.depth())
	}
	for _, m := range n.members {
		deepest = max(deepest, m.val.depth())
	}
	if n.kind == array || n.kind == object {
		return deepest + 1
	}
	return 0
}
