package policy

import "github.com/krunk-go/krunk/internal/gate"

// Level is the severity of a record on slog's scale; values in between are legal and keep their order.
type Level = gate.Level

// The named levels. LevelOff is above every record: a threshold set to it lets nothing pass.
const (
	LevelTrace = Level(gate.LevelTrace)
	LevelDebug = Level(gate.LevelDebug)
	LevelInfo  = Level(gate.LevelInfo)
	LevelWarn  = Level(gate.LevelWarn)
	LevelError = Level(gate.LevelError)
	LevelFatal = Level(gate.LevelFatal)
	LevelOff   = Level(gate.LevelOff)
)

// ParseLevel returns the level with that exact name: trace, debug, info, warn, error, fatal or off.
func ParseLevel(name string) (Level, bool) {
	l, ok := gate.ParseLevel(name)
	return Level(l), ok
}
