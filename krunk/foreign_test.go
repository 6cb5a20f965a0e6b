package krunk

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/internal/record"
)

type (
	causer  struct{ cause error }
	looping struct {
		text string
		next error
	}
	listed    []error
	unwrapped struct{ list []error }
	frame     uintptr
	traced    struct {
		text string
		pcs  []frame
	}
	lyingTrace struct{}
	empty      struct{}
	counted    int
)

func (c causer) Error() string          { return "caused" }
func (c causer) Cause() error           { return c.cause }
func (l *looping) Error() string        { return l.text }
func (l *looping) Unwrap() error        { return l.next }
func (l listed) Error() string          { return "listed" }
func (l listed) Unwrap() []error        { return l }
func (u unwrapped) Error() string       { return "unwrapped" }
func (u unwrapped) Unwrap() error       { return u.list[0] }
func (t *traced) Error() string         { return t.text }
func (t *traced) StackTrace() []frame   { return t.pcs }
func (lyingTrace) Error() string        { return "lying" }
func (lyingTrace) StackTrace(int) error { panic("not called") }
func (empty) Error() string             { return "empty" }
func (empty) Unwrap() error             { return empty{} }
func (c counted) Error() string         { return "counted" }
func (c counted) Unwrap() error         { return c + 1 }

func texts(c *chain) string {
	var b strings.Builder
	for i := range c.n {
		if i > 0 {
			fmt.Fprintf(&b, ", %d<", c.errs[i].Parent)
		}
		b.WriteString(c.errs[i].Text)
	}
	return b.String()
}

func TestChains(t *testing.T) {
	one := &looping{text: "one"}
	two := &looping{text: "two", next: one}
	one.next = two
	self := listed{nil, fs.ErrExist}
	self[0] = self
	boxed := unwrapped{make([]error, 1)} // cannot be compared
	boxed.list[0] = boxed
	wide := make([]error, 1_000_000)
	for i := range wide {
		wide[i] = fs.ErrExist
	}
	for _, tt := range []struct {
		name string
		err  error
		want string
		more bool
	}{
		{"cycle", one, "one, 0<two", false},
		{"cycle among joined ones", errors.Join(fs.ErrClosed, one, errors.New("four")), "file already closed\none\nfour, 0<file already closed, 0<one, 2<two, 0<four", false},
		{"one error twice is no cycle", errors.Join(two, two), "two\ntwo, 0<two, 1<one, 0<two, 3<one", false},
		{"list that holds itself", self, "listed, 0<listed, 1<file already exists, 0<file already exists", false}, // the value outside is a copy,
		{"not comparable", boxed, "unwrapped, 0<unwrapped", false},
		{"Cause", causer{causer{fs.ErrPermission}}, "caused, 0<caused, 1<permission denied", false},
		{"Cause is itself", func() error { c := &causer{}; c.cause = c; return c }(), "caused", false},
		{"endless", counted(0), "counted" + func() (s string) {
			for i := range record.MaxErrors - 1 {
				s += fmt.Sprintf(", %d<counted", i)
			}
			return s
		}(), true},
		{"without size", empty{}, "empty", false},
		{"a million", listed(wide), "listed" + strings.Repeat(", 0<file already exists", record.MaxErrors-1), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var c chain
			c.walk(tt.err, -1, 0)
			if got := texts(&c); got != tt.want || c.more != tt.more {
				t.Errorf("got %s, more %v\nwant %s, more %v", got, c.more, tt.want, tt.more)
			}
		})
	}
}

func TestErrorsKeepTheirStack(t *testing.T) {
	if keepsStack(&traced{}) == false {
		t.Skip("the lean build does not look for stacks")
	}
	var pcs [record.MaxErrorPCs + 10]uintptr
	n := runtime.Callers(0, pcs[:])
	err := &traced{text: "made elsewhere"}
	for _, pc := range pcs[:n] {
		err.pcs = append(err.pcs, frame(pc))
	}
	var c chain
	if outer := fmt.Errorf("outer: %w", err); !wraps(err) || !wraps(outer) || wraps(lyingTrace{}) == false {
		t.Error("an error with a method StackTrace has more to tell than its text")
	} else {
		c.walk(outer, -1, 0)
	}
	if got := c.errs[1].PCs; len(got) != min(n, record.MaxErrorPCs) || got[0] != pcs[0] || c.errs[0].PCs != nil {
		t.Errorf("got the stack %x, want %x", got, pcs[:n])
	}
	c = chain{}
	c.walk(lyingTrace{}, -1, 0)
	if c.n != 1 || c.errs[0].PCs != nil || c.more {
		t.Errorf("got %+v", c.errs[0])
	}
}

type evil struct{}

func (e evil) Error() string { panic(e) }
func (evil) RuntimeError()   {}
func (evil) String() string  { panic(evil{}) }

// What panics with what panics when it is asked is asked once.
func TestPanicsWithinPanics(t *testing.T) {
	const want = "[krunk: Error of krunk.evil panicked with a krunk.evil]"
	if got := errorText(evil{}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var c chain
	if c.panicValue(evil{}); c.errs[0].Text != want {
		t.Errorf("got %+v", c.errs[0])
	}
}
