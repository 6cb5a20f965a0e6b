package gate

import "strconv"

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

// Inherit stands for a threshold that a program leaves to the entry above.
const Inherit Level = -1 << 15

// ParseLevel returns the level with that exact name: trace, debug, info, warn, error, fatal or off.
func ParseLevel(name string) (Level, bool) {
	switch name {
	case "trace":
		return LevelTrace, true
	case "debug":
		return LevelDebug, true
	case "info":
		return LevelInfo, true
	case "warn":
		return LevelWarn, true
	case "error":
		return LevelError, true
	case "fatal":
		return LevelFatal, true
	case "off":
		return LevelOff, true
	}
	return 0, false
}

// String returns the name of l; a level in between is its lower neighbour with the distance, such as "info+2".
func (l Level) String() string {
	switch {
	case l == LevelOff:
		return "off"
	case l < LevelTrace:
		return "trace" + strconv.Itoa(int(l-LevelTrace))
	case l < LevelDebug:
		return above("trace", l-LevelTrace)
	case l < LevelInfo:
		return above("debug", l-LevelDebug)
	case l < LevelWarn:
		return above("info", l-LevelInfo)
	case l < LevelError:
		return above("warn", l-LevelWarn)
	case l < LevelFatal:
		return above("error", l-LevelError)
	}
	return above("fatal", l-LevelFatal)
}

func above(name string, d Level) string {
	if d == 0 {
		return name
	}
	return name + "+" + strconv.Itoa(int(d))
}
