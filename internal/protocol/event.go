// Package protocol holds what Sentry's wire knows by name: the event, the log record, the envelope, rate limits and client
// reports. The wire types stand here once, as plain structs; two encoders write them (encode_gojson.go; encode_lean.go
// with lean.go and the tables of shape.go) and a test holds both byte-equal. No other package knows a field name of Sentry's.
package protocol

// Raw is one JSON value that is encoded already, Valid and without white space between its tokens. It is copied as it is and not looked
// at again: who takes one from outside looks at it. An empty Raw is left out.
type Raw []byte

// MarshalJSON returns r itself. It is there for go-json; the lean encoder copies the bytes.
func (r Raw) MarshalJSON() ([]byte, error) {
	if len(r) == 0 {
		return []byte("null"), nil
	}
	return r, nil
}

// Event is the payload of an `event` item. All memory is owned by who built it and may be reused after encoding.
type Event struct {
	EventID     string      `json:"event_id"`
	Timestamp   float64     `json:"timestamp"` // Unix seconds
	Platform    string      `json:"platform"`
	Level       string      `json:"level"`
	Logger      string      `json:"logger,omitempty"`
	Release     string      `json:"release,omitempty"`
	Dist        string      `json:"dist,omitempty"`
	Environment string      `json:"environment,omitempty"`
	SDK         *SDK        `json:"sdk,omitempty"`
	User        *User       `json:"user,omitempty"`
	Fingerprint []string    `json:"fingerprint,omitempty"`
	LogEntry    *LogEntry   `json:"logentry,omitempty"`
	Exception   *Exceptions `json:"exception,omitempty"`
	Threads     *Threads    `json:"threads,omitempty"`

	// Tags and Contexts are objects whose members have the names of the game. A name is in a list once; they go out in this order.
	// Both encoders write them alike, behind the members above. Tags are MaxTags at most, as CleanTag makes them: Trim does not look at them.
	Tags     []Tag     `json:"-"`
	Contexts []Context `json:"-"`

	// Breadcrumbs run from the oldest to the newest, each an object that was encoded before and is not looked at again. They are the
	// last member, so that it is known where the rest of an event ends.
	Breadcrumbs []Raw `json:"-"`
}

// Tag is a member of an event's tags.
type Tag struct {
	_          [0]func() // no code to compare it
	Key, Value string
}

// Context is a member of an event's contexts. Fields is a JSON object, and not empty.
type Context struct {
	Name   string
	Fields Raw
}

// SDK names who made the event. Settings.InferIP "never" keeps the server from storing the peer's address.
type SDK struct {
	_        [0]func()    // no code to compare it
	Name     string       `json:"name"`
	Version  string       `json:"version"`
	Settings *SDKSettings `json:"settings,omitempty"`
}

// SDKSettings carries settings.infer_ip: auto, never or legacy.
type SDKSettings struct {
	InferIP string `json:"infer_ip,omitempty"`
}

// User is the player, as far as the game said so.
type User struct {
	_        [0]func() // no code to compare it
	ID       string    `json:"id,omitempty"`
	Username string    `json:"username,omitempty"`
	Email    string    `json:"email,omitempty"`
}

// LogEntry is the text of an event that comes from a log record. Servers also know a member "formatted"; one without
// "message" beside it is refused by some, and Spotlight shows the message only.
type LogEntry struct {
	Message string `json:"message"`
}

// Exceptions runs from the root cause to the outermost error.
type Exceptions struct {
	Values []Exception `json:"values"`
}

// Exception is one error of a chain. Only the outermost one carries the stack.
type Exception struct {
	_          [0]func()   // no code to compare it
	Type       string      `json:"type,omitempty"`
	Value      string      `json:"value,omitempty"`
	Module     string      `json:"module,omitempty"`
	ThreadID   uint64      `json:"thread_id,omitempty"`
	Mechanism  *Mechanism  `json:"mechanism,omitempty"`
	Stacktrace *Stacktrace `json:"stacktrace,omitempty"`
}

// Mechanism says how an exception was caught and where it hangs in the tree of errors.
type Mechanism struct {
	_                [0]func() // no code to compare it
	Type             string    `json:"type"`
	Handled          *bool     `json:"handled,omitempty"`
	Synthetic        bool      `json:"synthetic,omitempty"` // the type of the exception is not the program's
	Source           string    `json:"source,omitempty"`
	ExceptionID      *int      `json:"exception_id,omitempty"`
	ParentID         *int      `json:"parent_id,omitempty"`
	IsExceptionGroup bool      `json:"is_exception_group,omitempty"`
}

// Stacktrace holds frames from the outermost caller to the place of the crash.
type Stacktrace struct {
	Frames []Frame `json:"frames"`
}

// Frame is one call. Filename is short and always there when the file is known; AbsPath only when it differs.
type Frame struct {
	_               [0]func() // no code to compare it
	Function        string    `json:"function,omitempty"`
	Module          string    `json:"module,omitempty"`
	Filename        string    `json:"filename,omitempty"`
	AbsPath         string    `json:"abs_path,omitempty"`
	Lineno          int       `json:"lineno,omitempty"`
	InApp           bool      `json:"in_app"`
	InstructionAddr string    `json:"instruction_addr,omitempty"`
}

// Threads names the goroutine that crashed, and those beside it that are known.
type Threads struct {
	Values []Thread `json:"values"`
}

// Thread is one goroutine. The one that crashed has no Stacktrace: its frames are those of the exception that has its ID.
type Thread struct {
	_          [0]func()   // no code to compare it
	ID         uint64      `json:"id"`
	Name       string      `json:"name,omitempty"`
	Crashed    bool        `json:"crashed,omitempty"`
	Current    bool        `json:"current,omitempty"`
	Main       bool        `json:"main,omitempty"`
	State      string      `json:"state,omitempty"` // "chan receive"
	Stacktrace *Stacktrace `json:"stacktrace,omitempty"`
}

// Log is one structured log record. Attributes is a JSON object of {"value":…,"type":…} objects, encoded before.
type Log struct {
	Timestamp  float64 `json:"timestamp"`
	TraceID    string  `json:"trace_id"`
	Level      string  `json:"level"`
	Severity   int     `json:"severity_number"`
	Body       string  `json:"body"`
	Attributes Raw     `json:"attributes,omitempty"`
}
