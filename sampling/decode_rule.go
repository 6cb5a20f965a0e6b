package sampling

import (
	"strconv"
	"strings"
)

func (d *decoder) rules() {
	at := d.i
	d.array(kShape, func(i int) {
		r := rule{at: d.i}
		d.rule(&r)
		if d.broken {
			return
		}
		d.ruleID(&r, i)
		d.p.rules = append(d.p.rules, r)
	})
	if len(d.p.rules) > maxRules {
		d.note(kCount, at, "rules", strconv.Itoa(len(d.p.rules)))
	}
}

func (d *decoder) rule(r *rule) {
	at, when := d.i, false
	d.object(kShape, func(key string, at int) {
		switch key {
		case "id":
			r.id, _ = d.str(kRuleID, "")
		case "until":
			r.until = d.time()
		case "when":
			when = true
			r.when = d.conditions(r, true)
		case "set":
			d.object(kShape, func(key string, at int) { d.set(r, key, at) })
		default:
			d.unfamiliar(at)
		}
	})
	if !d.broken && len(r.when)+len(r.not) == 0 && !r.dead {
		r.dead = true
		d.note(kWhen, at, "", "")
		if when {
			d.rename(d.where() + ".when")
		}
	}
}

func (d *decoder) ruleID(r *rule, i int) {
	if len(r.id) == 0 || len(r.id) > 64 {
		d.note(kRuleID, r.at, quoted(r.id), "")
		d.rename(rulePath(i) + ".id")
		return
	}
	for j := range d.p.rules {
		if d.p.rules[j].id == r.id {
			d.note(kRuleTwice, r.at, quoted(r.id), rulePath(j))
			d.rename(rulePath(i) + ".id")
			return
		}
	}
}

func (d *decoder) set(r *rule, key string, at int) {
	switch key {
	case "clients", "panics":
		d.percents(&r.top, key)
	case "channels":
		r.channels = d.channels()
	default:
		d.unfamiliar(at)
	}
}

// conditions reads when, and not inside of it. What is not understood kills the rule and nothing else.
func (d *decoder) conditions(r *rule, outer bool) []condition {
	var out []condition
	if d.peek() != '{' {
		r.dead = true
	}
	d.object(kWhen, func(key string, at int) {
		if key == "not" && outer {
			if r.not = d.conditions(r, false); len(r.not) == 0 {
				r.dead = true
			}
			return
		}
		c := condition{key: conditionKey(key), name: strings.TrimPrefix(key, "tags.")}
		if c.key == condUnknown {
			r.dead = true
			d.p.unknown++
			d.note(kCondition, at, key, "")
			d.skip()
			return
		}
		if !d.values(&c) {
			r.dead = true
		}
		out = append(out, c)
	})
	return out
}

// values reads the list of one condition.
func (d *decoder) values(c *condition) bool {
	ok, at := d.peek() == '[', d.i
	d.array(kList, func(int) {
		at := d.i
		v, is := d.str(kList, "a string")
		if ok = ok && is; !is {
			return
		}
		if c.key == condRelease && isRange(v) {
			r, good := parseRange(v)
			if ok = ok && good; !good {
				d.note(kRange, at, quoted(v), "")
			}
			c.ranges = append(c.ranges, r)
			return
		}
		c.values = append(c.values, v)
	})
	n := len(c.values) + len(c.ranges)
	if ok && (n == 0 || n > maxValues) {
		d.note(kList, at, strconv.Itoa(n), "count")
		return false
	}
	return ok
}
