package recorder

import (
	"sync/atomic"
	"unsafe"

	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/scrub"
)

// cleaner takes out of texts and values what is private. It is owned by the recorder.
type cleaner struct {
	*scrub.Scrubber
	nested *Nested
}

// Nested reads values that are JSON, for a program that has such ones: any other one does not link what it takes. The zero Nested
// has none.
type Nested struct {
	read unsafe.Pointer // *reading, atomic
}

// NewUses returns a Changes of that limit, and the others.
func NewUses(changes int) Uses {
	u := new(struct {
		changes     Changes
		nested      Nested
		attachments Attachments
		feedback    Feedback
		deaths      Deaths
		lines       Lines
	})
	u.changes.limit = changes
	return Uses{Changes: &u.changes, Nested: &u.nested, Attachments: &u.attachments, Feedback: &u.feedback, Deaths: &u.deaths, Lines: &u.lines}
}

// reading returns what may go out of a value.
type reading struct {
	_     [0]func() // no code to compare it
	clean func(s *scrub.Scrubber, v string) string
}

// reads is immutable. Use alone reaches it.
var reads = reading{clean: cleanJSON}

// Use is called before the first value is captured, and may be called before each.
func (n *Nested) Use() {
	if atomic.LoadPointer(&n.read) == nil {
		atomic.StorePointer(&n.read, unsafe.Pointer(&reads))
	}
}

// notJSON stands in the place of a value that is none. Servers would refuse the whole event.
const notJSON = `"[krunk: value is not JSON]"`

// clean returns v without what is private, as JSON that goes out as it is.
func (n *Nested) clean(s *scrub.Scrubber, v string) string {
	if n != nil {
		if r := (*reading)(atomic.LoadPointer(&n.read)); r != nil {
			return r.clean(s, v)
		}
	}
	return notJSON
}

func cleanJSON(s *scrub.Scrubber, v string) string {
	if v = s.JSON(v); !protocol.Valid([]byte(v)) {
		return notJSON
	}
	return protocol.Readable(v)
}
