package sentrytest

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/sentryrules"
)

// Event is one error event.
type Event struct {
	ID          string
	Time        time.Time
	Level       string // as sent; "" means error
	Logger      string
	Release     string
	Dist        string
	Environment string
	Tags        map[string]string
	User        User
	Contexts    map[string]map[string]any // integers are int64, other numbers float64
	Breadcrumbs []Breadcrumb              // oldest first
	Exceptions  []Exception               // root cause first
	Threads     []Thread
	Fingerprint []string
	LogEntry    LogEntry
	SDK         SDK
	Raw         json.RawMessage // the whole payload
	Envelope    int             // number of the request
}

// User is who was playing.
type User struct{ ID, Username, Name, Email, IPAddress string }

// SDK is who sent it.
type SDK struct {
	Name    string
	Version string
	InferIP string // settings.infer_ip
}

// LogEntry is the message of an event.
type LogEntry struct {
	Formatted string
	Message   string // the template
	Params    any    // []any or map[string]any
}

// Breadcrumb is one step on the way to the event.
type Breadcrumb struct {
	Time     time.Time
	Type     string
	Category string
	Message  string
	Level    string
	Data     map[string]any
}

// Exception is one error of a chain.
type Exception struct {
	Type      string
	Value     string
	Module    string
	ThreadID  string
	Mechanism *Mechanism // nil: none was sent
	Frames    []Frame    // outermost caller first
}

// Mechanism is how an exception came to be known.
type Mechanism struct {
	Type      string
	Handled   *bool
	Synthetic bool
	Source    string
	ID        *int // exception_id
	ParentID  *int
	Group     bool // is_exception_group
	Meta      map[string]any
	Data      map[string]any
}

// Frame is one call of a stack.
type Frame struct {
	Function    string
	RawFunction string
	Module      string
	Package     string
	Filename    string
	AbsPath     string
	Line        int
	Column      int
	InApp       *bool
	Address     string // instruction_addr
	Platform    string
}

// Thread is one thread or goroutine.
type Thread struct {
	ID      string
	Name    string
	State   string
	Crashed bool
	Current bool
	Main    bool
	Frames  []Frame // outermost caller first
}

// Title is what servers show: type and first line of the value of the last exception, else the first line of the message.
func (e *Event) Title() string {
	if len(e.Exceptions) == 0 {
		text := e.LogEntry.Formatted
		if text == "" {
			text = e.LogEntry.Message
		}
		return firstLine(text)
	}
	x := e.Exceptions[len(e.Exceptions)-1]
	switch value := firstLine(x.Value); {
	case x.Type == "":
		return value
	case value == "":
		return x.Type
	default:
		return x.Type + ": " + value
	}
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// Top is the innermost frame of the last exception, or of the crashed thread; zero if there is none.
func (e *Event) Top() Frame {
	var frames []Frame
	for _, t := range e.Threads {
		if t.Crashed {
			frames = t.Frames
		}
	}
	if n := len(e.Exceptions); n > 0 && len(e.Exceptions[n-1].Frames) > 0 {
		frames = e.Exceptions[n-1].Frames
	}
	if len(frames) == 0 {
		return Frame{}
	}
	return frames[len(frames)-1]
}

// Tag is the value of a tag, "" if there is none.
func (e *Event) Tag(key string) string { return e.Tags[key] }

// Handled reports false if any exception says that it ended the program or would have.
func (e *Event) Handled() bool {
	for _, x := range e.Exceptions {
		if x.Mechanism != nil && x.Mechanism.Handled != nil && !*x.Mechanism.Handled {
			return false
		}
	}
	return true
}

func newEvent(id string, number int, n *sentryrules.Node, payload []byte) Event {
	sdk, entry, user := n.Get("sdk"), n.Get("logentry"), n.Get("user")
	e := Event{
		ID: n.Get("event_id").Text(), Time: n.Get("timestamp").When(), Level: n.Get("level").Text(),
		Logger: n.Get("logger").Text(), Release: n.Get("release").Text(), Dist: n.Get("dist").Text(),
		Environment: n.Get("environment").Text(), Tags: n.Get("tags").Strings(), Raw: bytes.Clone(payload), Envelope: number,
		User: User{user.Get("id").Label(), user.Get("username").Text(), user.Get("name").Text(), user.Get("email").Text(), user.Get("ip_address").Text()},
		SDK:  SDK{sdk.Get("name").Text(), sdk.Get("version").Text(), sdk.Get("settings").Get("infer_ip").Text()},
		LogEntry: LogEntry{
			Formatted: entry.Get("formatted").Text(), Message: entry.Get("message").Text(), Params: entry.Get("params").Any(),
		},
	}
	if id != "" {
		e.ID = id // the header wins
	}
	if e.LogEntry.Formatted == "" { // as Relay does with a message that has no values
		e.LogEntry.Formatted = e.LogEntry.Message
	}
	if e.LogEntry.Formatted == "" {
		e.LogEntry.Formatted = n.Get("message").Text()
	}
	if f := n.Get("fingerprint"); f != nil {
		for _, s := range f.Elems {
			e.Fingerprint = append(e.Fingerprint, s.Text())
		}
	}
	e.lists(n)
	return e
}

func (e *Event) lists(n *sentryrules.Node) {
	if contexts := n.Get("contexts"); contexts != nil {
		e.Contexts = make(map[string]map[string]any, len(contexts.Members))
		for _, m := range contexts.Members {
			e.Contexts[m.Name] = m.Val.Object()
		}
	}
	for _, b := range n.Get("breadcrumbs").Values() {
		e.Breadcrumbs = append(e.Breadcrumbs, Breadcrumb{
			b.Get("timestamp").When(), b.Get("type").Text(), b.Get("category").Text(), b.Get("message").Text(), b.Get("level").Text(), b.Get("data").Object(),
		})
	}
	for _, x := range n.Get("exception").Values() {
		e.Exceptions = append(e.Exceptions, Exception{
			x.Get("type").Text(), x.Get("value").Text(), x.Get("module").Text(), x.Get("thread_id").Label(),
			newMechanism(x.Get("mechanism")), newFrames(x.Get("stacktrace")),
		})
	}
	for _, t := range n.Get("threads").Values() {
		e.Threads = append(e.Threads, Thread{
			t.Get("id").Label(), t.Get("name").Text(), t.Get("state").Text(), t.Get("crashed").Bool(), t.Get("current").Bool(),
			t.Get("main").Bool(), newFrames(t.Get("stacktrace")),
		})
	}
}

func newMechanism(n *sentryrules.Node) *Mechanism {
	if n == nil || !n.IsObject() {
		return nil
	}
	return &Mechanism{
		n.Get("type").Text(), n.Get("handled").BoolPtr(), n.Get("synthetic").Bool(), n.Get("source").Text(), n.Get("exception_id").IntPtr(),
		n.Get("parent_id").IntPtr(), n.Get("is_exception_group").Bool(), n.Get("meta").Object(), n.Get("data").Object(),
	}
}

func newFrames(stack *sentryrules.Node) []Frame {
	frames := stack.Get("frames")
	if frames == nil {
		return nil
	}
	var out []Frame
	for _, f := range frames.Elems {
		out = append(out, Frame{
			f.Get("function").Text(), f.Get("raw_function").Text(), f.Get("module").Text(), f.Get("package").Text(), f.Get("filename").Text(),
			f.Get("abs_path").Text(), int(int32(f.Get("lineno").Num())), int(int32(f.Get("colno").Num())), f.Get("in_app").BoolPtr(),
			f.Get("instruction_addr").Text(), f.Get("platform").Text(),
		})
	}
	return out
}
