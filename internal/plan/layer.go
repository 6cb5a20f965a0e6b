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

// State takes over trail, send and issue by name of level; an empty one is not stated. It returns the first error.
func (f *Fields) State(names [3]string) error {
	for i, name := range names {
		if name == "" {
			continue
		}
		l, ok := parseLevel(name)
		if !ok {
			return errors.New([...]string{"Trail: ", "Send: ", "Issue: "}[i] + Quoted(name) + " is not a level; write trace, debug, info, warn, error, fatal or off")
		}
		levelsOf(&f.Thresholds)[i] = l
		f.Has |= HasTrail << i
	}
	return nil
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

// Bound takes over what a program sets above every policy.
func (f *Fields) Bound(names [3]string, rate Rate) error {
	if err := f.State(names); err != nil || rate.N == 0 {
		return err
	}
	if per := rate.Per; per != time.Second && per != time.Minute && per != time.Hour {
		return errors.New("MaxRate.Per: " + strconv.FormatInt(int64(per), 10) + "ns is not a second, a minute or an hour")
	}
	f.Rate, f.Has = rate, f.Has|HasRate
	return nil
}

// Compiled are the entries of a program's own levels, whose names are in lower case.
func Compiled(base map[string]gate.Thresholds) (out []Entry) {
	for name, t := range base {
		out = append(out, Entry{Name: name, Fields: Stated(t)})
	}
	return out
}
