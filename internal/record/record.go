// Package record is the layout of what lies in the black box: one capture call as bytes, without pointers. Writing happens
// on the game's goroutine between Reserve and Commit, so it is bounded, allocates nothing and runs no foreign code; reading
// happens on the recorder, or after a crash, and trusts no length.
//
//	 0 int64   nanoseconds since the start of the run (monotonic)
//	 8 uint32  number of the frame
//	12 uint32  microseconds since the frame began
//	16 uint32  for how many records it stands: a share of package gate
//	20 int16   level
//	22 uint16  channel
//	24 uint8   type
//	25 uint8   number of PCs
//	26 uint16  flags
//	28 uint16  number of attributes
//	30 uint8   number of errors
//	31 uint8   attributes left out, in steps of 1, then 255 for "more"
//	32         event id, 16 bytes, uint32 suppressed and uint32 place, if FlagID; what follows is aligned to 8 bytes, since the
//	           checksum reads words, and one that was written in two parts makes the processor wait
//	           goroutine, 8 bytes, if the type is Panic
//	           PCs, 8 bytes each
//	           text: uint32 length and bytes
//	           errors: uint8 parent, uint8 index, uint8 number of PCs and these, 8 bytes each, uint16 length and bytes of the
//	           type, uint32 length and bytes of the text
//	           attributes: uint8 kind, uint8 length and bytes of the key, then 8 bytes or uint16 length and bytes
package record

import (
	"encoding/binary"

	"github.com/krunk-go/krunk/internal/text"
)

// Type says which call made a record.
type Type uint8

// The types of records. Those from SetTag on change the scope and are no record of the game's.
const (
	LogType Type = iota + 1
	ErrorType
	PanicType
	SetTag
	RemoveTag
	SetUser
	SetContext
	SetTrace
)

// The flags of a record.
const (
	FlagID       = 1 << iota // has an event id: it was raised as an event
	FlagTrail                // becomes a breadcrumb
	FlagSend                 // goes out as a log record
	FlagText                 // its text was cut
	FlagPlain                // its text is no template: it holds values
	FlagStack                // its stack was deeper than what was kept
	FlagErrors               // its chain of errors was longer than what was kept
	FlagForeign              // came through a bridge: frames of logging libraries are not the game's
	FlagSite                 // its PCs begin at the call site, as the bridge knew it; else a bridge's own frames may lead
	FlagTime                 // its time made no sense and is a bound that did
	FlagSlow                 // tells of a slow frame; the next event says how many there were
	FlagHang                 // tells that frames stand still
	FlagFeedback             // what the player wrote; of PanicType: that the program told of an earlier run's death
	FlagLine                 // its text is what another library made of message and attributes; a Line among its attributes says which one
	FlagDoubt                // with FlagID: whether it is an event is settled when its kind is known
	FlagDrawn                // with FlagDoubt: it was drawn with its log record, which FlagSend tells of
)

const (
	fixed = 32

	// When is how many of the first bytes of a record say when it was captured and nothing else.
	When = 16

	// MaxText is what is kept of a message or an error's text, in bytes: the server keeps no more.
	MaxText = 8192
	// MaxKey is what is kept of an attribute's key, in bytes.
	MaxKey = 200
	// MaxValue is what is kept of one attribute's value, in bytes.
	MaxValue = 2048
	// MaxFields is how many attributes a record keeps.
	MaxFields = 128
	// MaxErrors is how many errors of a chain are kept.
	MaxErrors = 16
	// MaxType is what is kept of the name of an error's type, in bytes.
	MaxType = 256
	// MaxPCs is how many return addresses are kept.
	MaxPCs = 250
	// MaxErrorPCs is how many return addresses are kept of the stack that one error of a chain holds.
	MaxErrorPCs = 64
)

// Head is the fixed part of a record.
type Head struct {
	Time    int64
	Frame   uint32
	Since   uint32 // microseconds since the frame began
	PPM     uint32
	Level   int16
	Channel uint16
	Type    Type
	Flags   uint16
	ID      [16]byte
	Gid     uint64 // goroutine of a panic, 0 if not known

	// Suppressed is how many events of the same kind were not raised before this one, and Place where package repeat counts that
	// kind in the run that wrote the record. They are written only with FlagID.
	Suppressed uint32
	Place      uint16
}

// Error is one error of a chain.
type Error struct {
	Type   string
	Text   string
	Parent uint8     // index of the error that wraps it; its own index for the outermost
	Index  uint8     // 1 + which of the errors that Parent joins, 0 if Parent wraps just this one
	PCs    []uintptr // return addresses of the place where the error was made, innermost first, if it keeps them
}

// FeedbackFor is the key of the attribute that says which event a feedback is about, by the server's name for it.
const FeedbackFor = "associated_event_id"

// Joined reports in an Error's Index that Parent joins several errors.
const Joined = 1

// cut returns s without what is over n bytes.
func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// marked returns s in at most n bytes, ending in "..." where it was cut.
func marked(s string, n int) string {
	if len(s) > n {
		s, _ = text.Trim(s, n)
	}
	return s
}

func putString16(b []byte, s string) []byte {
	binary.LittleEndian.PutUint16(b, uint16(len(s)))
	return b[2+copy(b[2:], s):]
}

func putString32(b []byte, s string) []byte {
	binary.LittleEndian.PutUint32(b, uint32(len(s)))
	return b[4+copy(b[4:], s):]
}
