package sentryrules

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// rule judges one value that is there.
type rule func(c *check, n *Node)

type fields map[string]rule

func all(rules ...rule) rule {
	return func(c *check, n *Node) {
		for _, r := range rules {
			r(c, n)
		}
	}
}

// losing raises what each fault inside r costs.
func losing(loss Loss, r rule) rule {
	return func(c *check, n *Node) {
		old := c.floor
		c.floor = max(old, loss)
		r(c, n)
		c.floor = old
	}
}

// is reports whether n has the kind, and the fault if not.
func (c *check) is(n *Node, want kind) bool {
	if n.kind == want {
		return true
	}
	if n.kind == null {
		c.fault(n, lossField, "null", "no field at all, or "+want.String())
		return false
	}
	c.fault(n, lossField, n.kind.String()+" "+Clip(n.str), want.String())
	return false
}

// closed is an object of known keys; required ones must be there and not null.
func closed(known fields, required ...string) rule {
	return members(known, required, func(c *check, m Member) {
		c.at(m.off, lossField, "unknown key", "one of the protocol's keys, or put it into a context")
	})
}

// open is an object in which the known keys have rules and others hold anything but null.
func open(known fields, required ...string) rule {
	return members(known, required, func(c *check, m Member) {
		if m.Val.kind == null { // null inside of a value is kept
			noNull(c, m.Val)
		}
	})
}

func members(known fields, required []string, other func(*check, Member)) rule {
	return func(c *check, n *Node) {
		if !c.is(n, object) {
			return
		}
		for _, m := range n.Members {
			mark := c.key(m.Name)
			if r := known[m.Name]; r != nil {
				r(c, m.Val)
			} else {
				other(c, m)
			}
			c.out(mark)
		}
		c.require(n, lossField, required...)
	}
}

func (c *check) require(n *Node, loss Loss, names ...string) {
	for _, name := range names {
		if n.Get(name) == nil {
			c.faultf(n, loss, "the key "+name, "required key %s is absent", name)
		} else if n.Get(name).kind == null {
			c.faultf(n, loss, "a value for "+name, "required key %s is null", name)
		}
	}
}

// noNull accepts any value but null, and an object without a member that is null. Deeper inside, null is a nil map, slice or
// pointer of the game's, which servers keep.
func noNull(c *check, n *Node) {
	if n.kind == null {
		c.fault(n, lossField, "null", "no field at all")
	}
	for _, m := range n.Members {
		if m.Val.kind == null {
			mark := c.key(m.Name)
			noNull(c, m.Val)
			c.out(mark)
		}
	}
}

func list(r rule) rule {
	return func(c *check, n *Node) {
		if !c.is(n, array) {
			return
		}
		for i, e := range n.Elems {
			mark := c.index(i)
			r(c, e)
			c.out(mark)
		}
	}
}

// values is {"values":[…]}.
func values(r rule) rule {
	named := closed(fields{"values": list(r)}, "values")
	return func(c *check, n *Node) {
		if n.kind == array {
			c.fault(n, lossNone, "a bare list", `{"values":[…]}`)
			list(r)(c, n)
			return
		}
		named(c, n)
	}
}

// mapOf is an object of any keys whose values follow r.
func mapOf(r rule) rule {
	return func(c *check, n *Node) {
		if !c.is(n, object) {
			return
		}
		for _, m := range n.Members {
			mark := c.key(m.Name)
			r(c, m.Val)
			c.out(mark)
		}
	}
}

func anObject(c *check, n *Node) {
	if c.is(n, object) {
		noNull(c, n)
	}
}

// str is a string of at most limit characters; 0 is any length.
func str(limit int) rule {
	return func(c *check, n *Node) {
		if !c.is(n, text) {
			return
		}
		if count := utf8.RuneCountInString(n.str); limit > 0 && count > limit {
			c.faultf(n, lossField, fmt.Sprintf("at most %d", limit), "%d characters, servers cut or remove it", count)
		}
	}
}

// filled is a string that is not empty.
func filled(limit int) rule {
	return func(c *check, n *Node) {
		str(limit)(c, n)
		if n.kind == text && n.str == "" {
			c.fault(n, lossField, "empty string", "a value, or leave the field out")
		}
	}
}

func oneOf(values ...string) rule {
	return func(c *check, n *Node) {
		if !c.is(n, text) {
			return
		}
		for _, v := range values {
			if n.str == v {
				return
			}
		}
		c.faultf(n, lossField, "one of "+strings.Join(values, " "), "unknown value %q", Clip(n.str))
	}
}

func aBool(c *check, n *Node) { c.is(n, boolean) }

func aNumber(c *check, n *Node) { c.is(n, number) }

// whole is an integer of at least least, written without fraction and exponent.
func whole(least int64) rule {
	return func(c *check, n *Node) {
		if !c.is(n, number) {
			return
		}
		if v, ok := n.int(); !ok || v < least {
			c.faultf(n, lossField, fmt.Sprintf("an integer of at least %d", least), "number %s", Clip(n.str))
		}
	}
}

// label is a string or a number, such as a thread id.
func label(c *check, n *Node) {
	if n.kind == text {
		filled(256)(c, n)
		return
	}
	whole(0)(c, n)
}
