package recorder

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
)

func TestTitle(t *testing.T) {
	chain := func(types ...string) (out []record.Error) {
		for i, typ := range types {
			out = append(out, record.Error{Type: typ, Parent: uint8(max(i-1, 0))})
		}
		return out
	}
	joined := []record.Error{
		{Type: "*errors.joinError"},
		{Type: "*errors.errorString", Parent: 0, Index: 1},
		{Type: "*fmt.wrapError", Parent: 0, Index: 2},
		{Type: "*fs.PathError", Parent: 2},
		{Type: "*net.OpError", Parent: 0, Index: 3},
	}
	for _, tt := range []struct {
		errs []record.Error
		want string // of each, outermost first
	}{
		{chain("*fs.PathError", "syscall.Errno"), "*fs.PathError syscall.Errno"},
		{chain("*fmt.wrapError", "*fs.PathError", "syscall.Errno"), "syscall.Errno *fs.PathError syscall.Errno"},
		{chain("*fmt.wrapError", "*errors.errorString"), "error error"},
		{chain("*errors.withStack", "*errors.withMessage", "*errors.fundamental"), "error error error"},
		{chain("*errors.withStack", "game.SaveError", "*errors.fundamental"), "game.SaveError game.SaveError error"},
		{chain("panic"), "panic"},
		{joined, "*fs.PathError error *fs.PathError *fs.PathError *net.OpError"},
	} {
		var got []string
		for i := range tt.errs {
			got = append(got, title(tt.errs, i))
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%v: got %s, want %s", tt.errs, s, tt.want)
		}
	}
}

// An error among the attributes of a log record hangs below the message, which stays the title.
func TestLogRecordWithAnError(t *testing.T) {
	var pcs [8]uintptr
	made := pcs[:runtime.Callers(1, pcs[:])]
	g := newRig(1<<20, nil)
	g.put(t, blackbox.Event, encoded(raised(record.LogType), "cannot save", nil, []record.Error{
		{Type: "*fmt.wrapError", Text: "write: permission denied"},
		{Type: "*errors.joinError", Text: "two", Parent: 0},
		{Type: "syscall.Errno", Text: "permission denied", Parent: 1, Index: 1, PCs: made},
	}))
	ev := g.only(t)
	var got []string
	for _, x := range ev.Exception.Values {
		got = append(got, fmt.Sprint(x.Type, "|", x.Value, "|", x.Mechanism["source"], "|", x.Mechanism["exception_id"], "<", x.Mechanism["parent_id"]))
	}
	want := []string{
		"syscall.Errno|permission denied|errors[0]|3<2", "syscall.Errno|two|unwrap|2<1", "syscall.Errno|write: permission denied|error|1<0", "channel0|cannot save|<nil>|0<<nil>",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if s := ev.Exception.Values[0].Stacktrace; s == nil || s.Frames[len(s.Frames)-1].Function != "TestLogRecordWithAnError" {
		t.Errorf("the error that keeps its stack has %v", s)
	}
	if ev.LogEntry["message"] != "cannot save" || ev.Fingerprint[0] != "channel0" || ev.Fingerprint[1] != "cannot save" {
		t.Errorf("log entry %v, fingerprint %v", ev.LogEntry, ev.Fingerprint)
	}
}

// Panics and errors are parted by the game's function, and what the game says wins over all.
func TestGrouping(t *testing.T) {
	here := func() []uintptr {
		var pcs [8]uintptr
		return pcs[:runtime.Callers(1, pcs[:])]
	}()
	errs := []record.Error{{Type: "T", Text: "x"}}
	group := record.Field{Key: "group", Kind: record.Group, Str: "mine"}
	for _, tt := range []struct {
		name   string
		typ    record.Type
		pcs    []uintptr
		errs   []record.Error
		fields []record.Field
		want   string
	}{
		{"a report", record.ErrorType, here, errs, nil, "[{{ default }} github.com/krunk-go/krunk/internal/recorder.TestGrouping]"},
		{"a panic", record.PanicType, here, errs, nil, "[{{ default }} github.com/krunk-go/krunk/internal/recorder.TestGrouping]"},
		{"an error that keeps its stack", record.ErrorType, nil, []record.Error{{Type: "T", PCs: here}}, nil, "[{{ default }} github.com/krunk-go/krunk/internal/recorder.TestGrouping]"},
		{"no stack", record.ErrorType, nil, errs, nil, "[]"},
		{"the game's word", record.ErrorType, here, errs, []record.Field{group}, "[mine]"},
		{"the game's word in a log record", record.LogType, here, nil, []record.Field{group, num("n", 1)}, "[mine]"},
	} {
		g := newRig(1<<20, func(c *Config) { c.Stacks.InApp = []string{"github.com/krunk-go/krunk/internal/recorder"} })
		g.put(t, blackbox.Event, encoded(raised(tt.typ), "m", tt.pcs, tt.errs, tt.fields...))
		ev := g.only(t)
		if got := fmt.Sprint(ev.Fingerprint); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
		if ev.Contexts["attributes"]["group"] != nil {
			t.Errorf("%s: the grouping is an attribute as well", tt.name)
		}
	}
}

func TestErrorRecordWithoutErrors(t *testing.T) {
	g := newRig(1<<20, nil)
	g.put(t, blackbox.Event, encoded(raised(record.ErrorType), "", nil, nil))
	if x := g.only(t).Exception.Values; len(x) != 1 || x[0].Type != "error" {
		t.Errorf("exceptions %v", x)
	}
}
