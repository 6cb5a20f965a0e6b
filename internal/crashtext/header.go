package crashtext

import (
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
)

// goroutine reads what stands behind "goroutine ":
//
//	N [gp=X m=N|nil [mp=X]] [STATE[ (leaked)][ (scan)][ (durable)][, N minutes][, locked to thread][, synctest bubble N][ labels:{…}]][ {labels}]:
//
// Labels stand behind the state since Go 1.27, and before it inside of the brackets where GODEBUG asks for them. They can hold what a
// player typed, and everything from them on is thrown away.
func goroutine(line string) (g Goroutine, ok bool) {
	g.ID, ok = number(line)
	i := strings.IndexByte(line, '[')
	if !ok || i < 0 || line[len(line)-1] != ':' {
		return g, false
	}
	state := line[i+1:]
	end := strings.IndexByte(state, ']')
	if labels := ascii.Index(state, " labels:{"); labels >= 0 && (end < 0 || labels < end) {
		end = labels
	}
	if end < 0 {
		return g, false
	}
	g.System = g.ID == 0
	var more bool
	for rest := state[:end]; ; {
		var part string
		part, rest, more = ascii.Cut(rest, ',')
		part = ascii.Trim(part, " ")
		switch {
		case g.State == "":
			g.State = withoutMarks(part)
		case part == "locked to thread":
			g.Locked = true
		case strings.HasSuffix(part, " minutes"):
			n, _, _ := digits(part)
			g.Minutes = n
		}
		if !more {
			return g, true
		}
	}
}

// withoutMarks cuts off what the garbage collector and testing/synctest add to a state: "chan receive (leaked) (durable)".
func withoutMarks(state string) string {
	for _, mark := range [...]string{" (durable)", " (scan)", " (leaked)"} { // from the end
		state = strings.TrimSuffix(state, mark)
	}
	return state
}

// number reads the digits that s begins with.
func number(s string) (n uint64, ok bool) {
	i := 0
	for ; i < len(s) && i < 19 && s[i] >= '0' && s[i] <= '9'; i++ {
		n = n*10 + uint64(s[i]-'0')
	}
	return n, i > 0
}

// digits is number for a line of a file, and says where the digits end.
func digits(s string) (n, end int, ok bool) {
	for end < len(s) && end < 9 && s[end] >= '0' && s[end] <= '9' {
		n = n*10 + int(s[end]-'0')
		end++
	}
	return n, end, end > 0
}
