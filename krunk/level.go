package krunk

import "github.com/krunk-go/krunk/internal/gate"

// Level is the severity of a record, on slog's scale. Values in between are legal and keep their order; on the wire they
// take the name of the next lower one.
type Level int

// The named levels.
const (
	LevelTrace Level = -8
	LevelDebug Level = -4
	LevelInfo  Level = 0
	LevelWarn  Level = 4
	LevelError Level = 8
	LevelFatal Level = 12
)

// String returns the name of l, such as "warn" or "info+2".
func (l Level) String() string { return l.clamp().String() }

// clamp brings l into the range that a gate compares; LevelOff itself is not a level of a record.
func (l Level) clamp() gate.Level {
	return gate.Level(max(min(l, Level(gate.LevelOff)-1), -1<<15))
}
