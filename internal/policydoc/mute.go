package policydoc

import (
	"fmt"
	"time"
)

// Mute writes a member of kinds: without a rate all of the kind but the first of each client and day is kept back.
func Mute(until time.Time, rate string, panics bool) string {
	what := `"mute": true`
	if rate != "" {
		what = `"rate": ` + Quote(rate)
	}
	if panics {
		what += `, "panics": true`
	}
	return fmt.Sprintf(`{ "until": %s, %s }`, Stamp(until), what)
}
