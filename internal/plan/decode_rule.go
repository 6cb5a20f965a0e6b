package plan

import (
	"unsafe"
)

func (d *Decoder) rules() {
	var l items
	start := d.i
	for d.next(&l, KShape, '[') {
		d.P.Rules = append(d.P.Rules, Rule{At: d.i})
		d.rule(l.n - 1)
	}
	if n := len(d.P.Rules); n > MaxRules {
		d.note(KCount, start, n)
	}
}

func (d *Decoder) rule(i int) {
	r := &d.P.Rules[i]
	seen := d.fill(ruleNames, ruleMembers[:], unsafe.Pointer(r))
	if d.broken {
		return
	}
	if len(r.When)+len(r.Not) == 0 && r.From == 0 && !r.Dead {
		r.Dead = true
		path := d.where()
		if seen&(1<<2) != 0 {
			path += ".when"
		}
		d.noteAt(path, KWhen, r.At, 0)
	}
	if len(r.ID) == 0 || len(r.ID) > 64 {
		d.noteAt(RulePath(i)+".id", KRuleID, r.At, -1-i)
		return
	}
	for j := range min(i, MaxRules) { // of more the document is refused anyway, and each would be compared with each
		if d.P.Rules[j].ID == r.ID {
			d.noteAt(RulePath(i)+".id", KRuleTwice, r.At, j)
			return
		}
	}
}

func (d *Decoder) set(r *Rule) {
	var o items
	for d.next(&o, KShape, '{') {
		if d.key() == "channels" {
			r.Channels = d.channels()
			continue
		}
		d.field(&r.Top, setFields)
	}
	d.rises(&r.Top)
}

// conditions reads when, and not inside of it. What is not understood kills the rule and nothing else.
func (d *Decoder) conditions(r *Rule, outer bool) []Condition {
	var out []Condition
	if d.peek() != '{' {
		r.Dead = true
	}
	var o items
	for d.next(&o, KWhen, '{') {
		key, special := d.key(), -1
		if outer {
			special = wordAt("not from", key)
		}
		c := Condition{Key: conditionKey(key), Name: key}
		switch {
		case special == 0:
			if r.Not = d.conditions(r, false); len(r.Not) == 0 {
				r.Dead = true
			}
		case special == 1: // a condition, so that a client which does not know it keeps the rule from starting early
			if d.value(&ruleMembers[4], unsafe.Pointer(r)); r.From == 0 {
				r.Dead = true
			}
		case c.Key == condUnknown:
			r.Dead = true
			d.P.Unknown++
			d.note(KCondition, d.at, 0)
			d.skip()
		default:
			if c.Key == CondTag {
				c.Name = key[len(tagPrefix):]
			}
			if !d.values(&c) {
				r.Dead = true
			}
			out = append(out, c)
		}
	}
	return out
}

// values reads the list of one condition.
func (d *Decoder) values(c *Condition) bool {
	ok, start := d.peek() == '[', d.i
	var l items
	for d.next(&l, KList, '[') {
		at := d.i
		v, is := d.str(KList)
		if ok = ok && is; !is {
			continue
		}
		list := &c.Values
		if c.Key == condRelease && isRange(v) {
			list = &c.Ranges
			if _, good := new(Release).within(v); !good {
				ok = false
				d.note(KRange, at, 0)
			}
		}
		*list = append(*list, v)
	}
	n := len(c.Values) + len(c.Ranges)
	if ok && (n == 0 || n > MaxValues) {
		d.note(KList, start, -n)
		return false
	}
	return ok
}
