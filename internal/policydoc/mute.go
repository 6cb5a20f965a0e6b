package policydoc

import (
	"fmt"
	"strconv"
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

// Raise writes a member of kinds by which that share of clients, in percent with at most four decimals, sends all of the kind, each of them
// no more than the rate, if there is one.
func Raise(until time.Time, clients float64, rate string, panics bool) string {
	what := `"clients": ` + strconv.FormatFloat(clients, 'f', -1, 64)
	if rate != "" {
		what += `, "rate": ` + Quote(rate)
	}
	if panics {
		what += `, "panics": true`
	}
	return fmt.Sprintf(`{ "until": %s, %s }`, Stamp(until), what)
}
