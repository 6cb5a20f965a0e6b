package protocol

import "unsafe"

// shape describes a wire type, so that the lean encoder, Trim and least are one loop each instead of code for every member.
// A test holds it to what go-json makes of the type.
type shape struct {
	size    uintptr
	least   int // bytes that one takes in a list, beside its texts
	members []member
}

// member is one member of a wire type, in the order in which it is written.
type member struct {
	name string
	at   uintptr // where it lies in the struct
	kind kind
	max  uint16 // bytes that a server keeps of it; 0: Trim leaves it alone
	of   *shape // of what it points to or lists
}

// kind is the Go type of a member. All but those that begin with must are left out when they are empty.
type kind uint8

const (
	texts       kind = iota // string
	mustTexts               // string
	lines                   // string without line breaks
	raws                    // Raw
	floats                  // float64, always there
	bools                   // bool
	mustBools               // bool
	handles                 // *bool
	numbers                 // int
	mustNumbers             // int
	places                  // *int
	ids                     // uint64
	mustIDs                 // uint64
	lists                   // []string
	refs                    // pointer to a wire type
	many                    // slice of a wire type, always there
)

// visit calls f for each member of the wire type at p, and of those in it, but not for what is nil.
func (s *shape) visit(p unsafe.Pointer, f func(m *member, at unsafe.Pointer)) {
	for i := range s.members {
		m := &s.members[i]
		at := unsafe.Add(p, m.at)
		switch m.kind {
		case refs:
			if at = *(*unsafe.Pointer)(at); at != nil {
				m.of.visit(at, f)
			}
		case many:
			f(m, at)
			for j := range length(at) {
				m.of.visit(m.of.element(at, j), f)
			}
		default:
			f(m, at)
		}
	}
}

// visit calls f for each member of ev but its tags, contexts and breadcrumbs.
func (ev *Event) visit(f func(m *member, at unsafe.Pointer)) { eventShape.visit(unsafe.Pointer(ev), f) }

// length returns the length of the string, or of the slice of whatever type, at p. A string's words are fewer than a slice's: to read
// it as one would look behind it, which the race detector's checks of pointers end the program for.
func length(p unsafe.Pointer) int {
	return (*struct {
		data unsafe.Pointer
		n    int
	})(p).n
}

// element returns the element i of the slice at p.
func (s *shape) element(p unsafe.Pointer, i int) unsafe.Pointer {
	return unsafe.Add(*(*unsafe.Pointer)(p), uintptr(i)*s.size)
}

var (
	eventShape = shape{members: []member{
		{name: "event_id", at: unsafe.Offsetof(Event{}.EventID), kind: mustTexts},
		{name: "timestamp", at: unsafe.Offsetof(Event{}.Timestamp), kind: floats},
		{name: "platform", at: unsafe.Offsetof(Event{}.Platform), kind: mustTexts},
		{name: "level", at: unsafe.Offsetof(Event{}.Level), kind: mustTexts},
		{name: "logger", at: unsafe.Offsetof(Event{}.Logger), kind: lines, max: MaxLogger},
		{name: "release", at: unsafe.Offsetof(Event{}.Release), max: MaxRelease},
		{name: "dist", at: unsafe.Offsetof(Event{}.Dist), max: MaxDist},
		{name: "environment", at: unsafe.Offsetof(Event{}.Environment), max: MaxEnvironment},
		{name: "sdk", at: unsafe.Offsetof(Event{}.SDK), kind: refs, of: &sdkShape},
		{name: "user", at: unsafe.Offsetof(Event{}.User), kind: refs, of: &userShape},
		{name: "fingerprint", at: unsafe.Offsetof(Event{}.Fingerprint), kind: lists, max: MaxTag},
		{name: "logentry", at: unsafe.Offsetof(Event{}.LogEntry), kind: refs, of: &shape{members: []member{
			{name: "message", at: unsafe.Offsetof(LogEntry{}.Message), kind: mustTexts, max: MaxMessage},
		}}},
		{name: "exception", at: unsafe.Offsetof(Event{}.Exception), kind: refs, of: &shape{members: []member{
			{name: "values", at: unsafe.Offsetof(Exceptions{}.Values), kind: many, of: &exceptionShape},
		}}},
		{name: "threads", at: unsafe.Offsetof(Event{}.Threads), kind: refs, of: &shape{members: []member{
			{name: "values", at: unsafe.Offsetof(Threads{}.Values), kind: many, of: &threadShape},
		}}},
	}}

	sdkShape = shape{members: []member{
		{name: "name", at: unsafe.Offsetof(SDK{}.Name), kind: mustTexts},
		{name: "version", at: unsafe.Offsetof(SDK{}.Version), kind: mustTexts},
		{name: "settings", at: unsafe.Offsetof(SDK{}.Settings), kind: refs, of: &shape{members: []member{
			{name: "infer_ip", at: unsafe.Offsetof(SDKSettings{}.InferIP)},
		}}},
	}}

	userShape = shape{members: []member{
		{name: "id", at: unsafe.Offsetof(User{}.ID), max: MaxUser},
		{name: "username", at: unsafe.Offsetof(User{}.Username), max: MaxUser},
		{name: "email", at: unsafe.Offsetof(User{}.Email), max: MaxEmail},
	}}

	exceptionShape = shape{unsafe.Sizeof(Exception{}), len(`{}`), []member{
		{name: "type", at: unsafe.Offsetof(Exception{}.Type), max: MaxName},
		{name: "value", at: unsafe.Offsetof(Exception{}.Value), max: MaxMessage},
		{name: "module", at: unsafe.Offsetof(Exception{}.Module), max: MaxName},
		{name: "thread_id", at: unsafe.Offsetof(Exception{}.ThreadID), kind: ids},
		{name: "mechanism", at: unsafe.Offsetof(Exception{}.Mechanism), kind: refs, of: &shape{members: []member{
			{name: "type", at: unsafe.Offsetof(Mechanism{}.Type), kind: mustTexts, max: MaxName},
			{name: "handled", at: unsafe.Offsetof(Mechanism{}.Handled), kind: handles},
			{name: "synthetic", at: unsafe.Offsetof(Mechanism{}.Synthetic), kind: bools},
			{name: "source", at: unsafe.Offsetof(Mechanism{}.Source), max: MaxName},
			{name: "exception_id", at: unsafe.Offsetof(Mechanism{}.ExceptionID), kind: places},
			{name: "parent_id", at: unsafe.Offsetof(Mechanism{}.ParentID), kind: places},
			{name: "is_exception_group", at: unsafe.Offsetof(Mechanism{}.IsExceptionGroup), kind: bools},
		}}},
		{name: "stacktrace", at: unsafe.Offsetof(Exception{}.Stacktrace), kind: refs, of: &stackShape},
	}}

	stackShape = shape{members: []member{
		{name: "frames", at: unsafe.Offsetof(Stacktrace{}.Frames), kind: many, of: &frameShape},
	}}

	frameShape = shape{unsafe.Sizeof(Frame{}), len(`{"in_app":true}`), []member{
		{name: "function", at: unsafe.Offsetof(Frame{}.Function), max: MaxName},
		{name: "module", at: unsafe.Offsetof(Frame{}.Module), max: MaxName},
		{name: "filename", at: unsafe.Offsetof(Frame{}.Filename), max: MaxName},
		{name: "abs_path", at: unsafe.Offsetof(Frame{}.AbsPath), max: MaxName},
		{name: "lineno", at: unsafe.Offsetof(Frame{}.Lineno), kind: numbers},
		{name: "in_app", at: unsafe.Offsetof(Frame{}.InApp), kind: mustBools},
		{name: "instruction_addr", at: unsafe.Offsetof(Frame{}.InstructionAddr)},
	}}

	threadShape = shape{unsafe.Sizeof(Thread{}), len(`{"id":0}`), []member{
		{name: "id", at: unsafe.Offsetof(Thread{}.ID), kind: mustIDs},
		{name: "name", at: unsafe.Offsetof(Thread{}.Name), max: MaxThread},
		{name: "crashed", at: unsafe.Offsetof(Thread{}.Crashed), kind: bools},
		{name: "current", at: unsafe.Offsetof(Thread{}.Current), kind: bools},
		{name: "main", at: unsafe.Offsetof(Thread{}.Main), kind: bools},
		{name: "state", at: unsafe.Offsetof(Thread{}.State), max: MaxName},
		{name: "stacktrace", at: unsafe.Offsetof(Thread{}.Stacktrace), kind: refs, of: &stackShape},
	}}
)
