package policy

import (
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

// Level is the severity of a record on slog's scale; values in between are legal and keep their order.
type Level int16

// The named levels. LevelOff is above every record: a threshold set to it lets nothing pass.
const (
	LevelTrace Level = -8
	LevelDebug Level = -4
	LevelInfo  Level = 0
	LevelWarn  Level = 4
	LevelError Level = 8
	LevelFatal Level = 12
	LevelOff   Level = 1<<15 - 1
)

// ParseLevel returns the level with that exact name: trace, debug, info, warn, error, fatal or off.
func ParseLevel(name string) (Level, bool) {
	l, ok := gate.ParseLevel(name)
	return Level(l), ok
}

// String returns the name of l; a level in between is its lower neighbour with the distance, such as "info+2".
func (l Level) String() string { return gate.Level(l).String() }

// ParseRate reads "N/s", "N/m" or "N/h" with N from 1 to 1,000,000.
func ParseRate(s string) (sampling.Rate, bool) {
	r, ok := plan.ParseRate(s)
	return sampling.Rate(r), ok
}
