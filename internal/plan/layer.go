package plan

import (
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

// State takes over trail, send and issue by name of level; an empty one is not stated. It returns what is wrong, if anything
// is.
func (f *Fields) State(names [3]string) (wrong string) {
	for i, name := range names {
		if name == "" {
			continue
		}
		l, ok := parseLevel(name)
		if !ok {
			return [...]string{"Trail: ", "Send: ", "Issue: "}[i] + Quoted(name) + " is not a level; write trace, debug, info, warn, error, fatal or off"
		}
		levelsOf(&f.Thresholds)[i] = l
		f.Has |= HasTrail << i
	}
	return ""
}

// parseLevel is not inlined: comparing seven texts is half a kilobyte.
//
//go:noinline
func parseLevel(name string) (gate.Level, bool) { return gate.ParseLevel(name) }

// Bound takes over what a program sets above every policy, and returns what is wrong likewise.
func (f *Fields) Bound(names [3]string, rate Rate) (wrong string) {
	if wrong = f.State(names); wrong != "" || rate.N == 0 {
		return wrong
	}
	if per := rate.Per; per != time.Second && per != time.Minute && per != time.Hour {
		return "MaxRate.Per: " + strconv.FormatInt(int64(per), 10) + "ns is not a second, a minute or an hour"
	}
	f.Rate, f.Has = rate, f.Has|HasRate
	return ""
}

// Compiled are the entries of a program's own levels, whose names are in lower case.
func Compiled(base map[string]gate.Thresholds) (out []Entry) {
	out = make([]Entry, len(base))
	i := 0
	for name, t := range base {
		e := &out[i]
		e.Name, e.Thresholds = name, t
		for j, l := range levelsOf(&t) {
			if l != gate.Inherit {
				e.Has |= HasTrail << j
			}
		}
		i++
	}
	return out
}
