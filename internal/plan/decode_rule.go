package plan

import (
	"strconv"
	"strings"
)

func (d *Decoder) rules() {
	at := d.i
	d.array(KShape, func(i int) {
		r := Rule{At: d.i}
		d.rule(&r)
		if d.broken {
			return
		}
		d.ruleID(&r, i)
		d.P.Rules = append(d.P.Rules, r)
	})
	if len(d.P.Rules) > MaxRules {
		d.Note(KCount, at, "rules", strconv.Itoa(len(d.P.Rules)))
	}
}

func (d *Decoder) rule(r *Rule) {
	at, when := d.i, false
	d.object(KShape, func(key string, at int) {
		switch wordAt("id until when set", key) {
		case 0:
			r.ID, _ = d.str(KRuleID, "")
		case 1:
			r.Until = d.time()
		case 2:
			when = true
			r.When = d.conditions(r, true)
		case 3:
			d.object(KShape, func(key string, at int) { d.set(r, key, at) })
			d.rises(&r.Top)
		default:
			d.unfamiliar(at)
		}
	})
	if !d.broken && len(r.When)+len(r.Not) == 0 && Unset(r.From) && !r.Dead {
		r.Dead = true
		d.Note(KWhen, at, "", "")
		if when {
			d.Rename(d.where() + ".when")
		}
	}
}

func (d *Decoder) ruleID(r *Rule, i int) {
	if len(r.ID) == 0 || len(r.ID) > 64 {
		d.Note(KRuleID, r.At, Quoted(r.ID), "")
		d.Rename(RulePath(i) + ".id")
		return
	}
	for j := range d.P.Rules {
		if d.P.Rules[j].ID == r.ID {
			d.Note(KRuleTwice, r.At, Quoted(r.ID), RulePath(j))
			d.Rename(RulePath(i) + ".id")
			return
		}
	}
}

func (d *Decoder) set(r *Rule, key string, at int) {
	if key == "channels" {
		r.Channels = d.channels()
		return
	}
	d.field(&r.Top, key, at, setFields)
}

// conditions reads when, and not inside of it. What is not understood kills the rule and nothing else.
func (d *Decoder) conditions(r *Rule, outer bool) []Condition {
	var out []Condition
	if d.peek() != '{' {
		r.Dead = true
	}
	d.object(KWhen, func(key string, at int) {
		if key == "not" && outer {
			if r.Not = d.conditions(r, false); len(r.Not) == 0 {
				r.Dead = true
			}
			return
		}
		if key == "from" && outer { // a condition, so that a client which does not know it keeps the rule from starting early
			if r.From = d.time(); Unset(r.From) {
				r.Dead = true
			}
			return
		}
		c := Condition{Key: conditionKey(key), Name: strings.TrimPrefix(key, "tags.")}
		if c.Key == condUnknown {
			r.Dead = true
			d.P.Unknown++
			d.Note(KCondition, at, key, "")
			d.skip()
			return
		}
		if !d.values(&c) {
			r.Dead = true
		}
		out = append(out, c)
	})
	return out
}

// values reads the list of one condition.
func (d *Decoder) values(c *Condition) bool {
	ok, at := d.peek() == '[', d.i
	d.array(KList, func(int) {
		at := d.i
		v, is := d.str(KList, "a string")
		if ok = ok && is; !is {
			return
		}
		if c.Key == condRelease && isRange(v) {
			r, good := parseRange(v)
			if ok = ok && good; !good {
				d.Note(KRange, at, Quoted(v), "")
			}
			c.Ranges = append(c.Ranges, r)
			return
		}
		c.Values = append(c.Values, v)
	})
	n := len(c.Values) + len(c.Ranges)
	if ok && (n == 0 || n > MaxValues) {
		d.Note(KList, at, strconv.Itoa(n), "count")
		return false
	}
	return ok
}
