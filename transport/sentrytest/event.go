package sentrytest

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// Event is one error event.
type Event struct {
	ID          string
	Time        time.Time
	Platform    string
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

func newEvent(c *check, n *node, payload []byte) Event {
	sdk, entry, user := n.get("sdk"), n.get("logentry"), n.get("user")
	e := Event{
		ID: n.get("event_id").text(), Time: n.get("timestamp").when(), Platform: n.get("platform").text(), Level: n.get("level").text(),
		Logger: n.get("logger").text(), Release: n.get("release").text(), Dist: n.get("dist").text(),
		Environment: n.get("environment").text(), Tags: n.get("tags").strings(), Raw: bytes.Clone(payload), Envelope: c.number,
		User: User{user.get("id").label(), user.get("username").text(), user.get("name").text(), user.get("email").text(), user.get("ip_address").text()},
		SDK:  SDK{sdk.get("name").text(), sdk.get("version").text(), sdk.get("settings").get("infer_ip").text()},
		LogEntry: LogEntry{
			Formatted: entry.get("formatted").text(), Message: entry.get("message").text(), Params: entry.get("params").any(),
		},
	}
	if c.eventID != "" {
		e.ID = c.eventID // the header wins
	}
	if e.LogEntry.Formatted == "" { // as Relay does with a message that has no values
		e.LogEntry.Formatted = e.LogEntry.Message
	}
	if e.LogEntry.Formatted == "" {
		e.LogEntry.Formatted = n.get("message").text()
	}
	if f := n.get("fingerprint"); f != nil {
		for _, s := range f.elems {
			e.Fingerprint = append(e.Fingerprint, s.text())
		}
	}
	e.lists(n)
	return e
}

func (e *Event) lists(n *node) {
	if contexts := n.get("contexts"); contexts != nil {
		e.Contexts = make(map[string]map[string]any, len(contexts.members))
		for _, m := range contexts.members {
			e.Contexts[m.name] = m.val.object()
		}
	}
	for _, b := range n.get("breadcrumbs").values() {
		e.Breadcrumbs = append(e.Breadcrumbs, Breadcrumb{
			b.get("timestamp").when(), b.get("type").text(), b.get("category").text(), b.get("message").text(), b.get("level").text(), b.get("data").object(),
		})
	}
	for _, x := range n.get("exception").values() {
		e.Exceptions = append(e.Exceptions, Exception{
			x.get("type").text(), x.get("value").text(), x.get("module").text(), x.get("thread_id").label(),
			newMechanism(x.get("mechanism")), newFrames(x.get("stacktrace")),
		})
	}
	for _, t := range n.get("threads").values() {
		e.Threads = append(e.Threads, Thread{
			t.get("id").label(), t.get("name").text(), t.get("state").text(), t.get("crashed").bool(), t.get("current").bool(),
			t.get("main").bool(), newFrames(t.get("stacktrace")),
		})
	}
}

func newMechanism(n *node) *Mechanism {
	if n == nil || n.kind != object {
		return nil
	}
	return &Mechanism{
		n.get("type").text(), n.get("handled").boolPtr(), n.get("synthetic").bool(), n.get("source").text(), n.get("exception_id").intPtr(),
		n.get("parent_id").intPtr(), n.get("is_exception_group").bool(), n.get("meta").object(), n.get("data").object(),
	}
}

func newFrames(stack *node) []Frame {
	frames := stack.get("frames")
	if frames == nil {
		return nil
	}
	var out []Frame
	for _, f := range frames.elems {
		out = append(out, Frame{
			f.get("function").text(), f.get("raw_function").text(), f.get("module").text(), f.get("package").text(), f.get("filename").text(),
			f.get("abs_path").text(), int(int32(f.get("lineno").num())), int(int32(f.get("colno").num())), f.get("in_app").boolPtr(),
			f.get("instruction_addr").text(), f.get("platform").text(),
		})
	}
	return out
}
