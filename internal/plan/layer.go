package plan

import (
	"errors"
	"strconv"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/gate"
)

// Layer is one source of settings; layers lie over each other in a plan, later wins per field.
type Layer struct {
	Name     string // "compiled", "default", "policy", or "rule " and its id
	Top      *Fields
	Entries  []Entry
	budgets  []*gate.Limiter // by entry, made when first asked for
	identity bool
	ID       string // of the rule
}

// levelsOf lists trail, send and issue.
func levelsOf(t *gate.Thresholds) *[3]gate.Level { return (*[3]gate.Level)(unsafe.Pointer(t)) }

// Levels reads thresholds by name of level; an empty one becomes gate.Inherit. It returns the first error.
func Levels(trail, send, issue string) (t gate.Thresholds, err error) {
	t.Trail = level("Trail", trail, &err)
	t.Send = level("Send", send, &err)
	t.Issue = level("Issue", issue, &err)
	return t, err
}

// level leaves an error where there is none yet.
//
//go:noinline
func level(field, name string, err *error) gate.Level {
	if name == "" {
		return gate.Inherit
	}
	l, ok := parseLevel(name)
	if !ok && *err == nil {
		*err = errors.New(field + ": " + Quoted(name) + " is not a level; write trace, debug, info, warn, error, fatal or off")
	}
	return l
}

// parseLevel is not inlined: comparing seven texts is half a kilobyte.
//
//go:noinline
func parseLevel(name string) (gate.Level, bool) { return gate.ParseLevel(name) }

// Stated are the settings that thresholds state.
func Stated(t gate.Thresholds) Fields {
	f := Fields{Thresholds: t}
	for i, l := range levelsOf(&t) {
		if l != gate.Inherit {
			f.Has |= HasTrail << i
		}
	}
	return f
}

// Bounds are what a program sets above every policy.
func Bounds(trail, send, issue string, rate Rate) (Fields, error) {
	t, err := Levels(trail, send, issue)
	f := Stated(t)
	if rate.N > 0 {
		if per := rate.Per; per != time.Second && per != time.Minute && per != time.Hour && err == nil {
			err = errors.New("MaxRate.Per: " + strconv.FormatInt(int64(per), 10) + "ns is not a second, a minute or an hour")
		}
		f.Rate, f.Has = rate, f.Has|HasRate
	}
	return f, err
}

// Compiled are the entries of a program's own levels, whose names are in lower case.
func Compiled(base map[string]gate.Thresholds) (out []Entry) {
	for name, t := range base {
		out = append(out, Entry{Name: name, Fields: Stated(t)})
	}
	return out
}
