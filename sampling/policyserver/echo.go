package policyserver

import (
	"fmt"
	"strings"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

// state is what one client says about itself.
type state struct {
	have, seen sampling.Version
	code       uint8 // N of "err=EN", 0 for none, or one of the codes below
}

// odd is the state of clients whose echo makes no sense or names versions that were never served.
var odd = state{have: sampling.Version{Epoch: -1}}

// parseEcho reads "have=3.1187; seen=3.1188; err=E12". It does not allocate. Members that it does not know are skipped.
func parseEcho(s string) (st state, ok bool) {
	if len(s) > 200 {
		return odd, false
	}
	for s != "" {
		var one string
		one, s, _ = strings.Cut(s, ";")
		key, value, _ := strings.Cut(strings.TrimSpace(one), "=")
		good := true
		switch key {
		case "have":
			st.have, good = parseVersion(value)
			ok = true
		case "seen":
			st.seen, good = parseVersion(value)
		case "err":
			st.code, good = parseCode(value)
		}
		if !good {
			return odd, false
		}
	}
	return st, ok
}

// parseVersion is sampling.ParseVersion without its errors, which allocate.
func parseVersion(s string) (v sampling.Version, ok bool) {
	epoch, n, ok := strings.Cut(s, ".")
	if !ok {
		return v, false
	}
	v.Epoch, ok = digits(epoch, 1<<31-1)
	if !ok {
		return v, false
	}
	v.N, ok = digits(n, 1<<53-1)
	return v, ok
}

func digits(s string, most int64) (n int64, ok bool) {
	if len(s) == 0 || len(s) > 16 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, n <= most
}

// codeFirst is the number of the first of plan.Codes, above the rows of the validation table.
const codeFirst = 100

// codeOther is what a code of a newer client counts as.
const codeOther = codeFirst + plan.CodeCount - 1

func parseCode(s string) (uint8, bool) {
	if s == "" {
		return 0, true
	}
	for i, code := range plan.Codes() {
		if s == code {
			return codeFirst + uint8(i), true
		}
	}
	if len(s) == 3 && s[0] == 'E' {
		if n, ok := digits(s[1:], 99); ok {
			return uint8(n), true
		}
	}
	return codeOther, true
}

// refusals are plan.Codes in words; immutable.
var refusals = [plan.CodeCount]string{
	"same version with other content", "no valid signature", "already expired", "signed and without an end", "another reason",
}

// reason puts a code into words: "E06 unknown level".
func reason(code uint8) string {
	if code >= codeFirst {
		return refusals[code-codeFirst]
	}
	s := fmt.Sprintf("E%02d", code)
	if int(code) < len(reasons) && reasons[code] != "" {
		s += " " + reasons[code]
	}
	return s
}

// reasons are the rows of the validation table in short; immutable.
var reasons = [...]string{
	1: "not valid JSON or too large", 2: "unknown format", 3: "bad version", 4: "bad time", 5: "bad percentage", 6: "unknown level",
	7: "bad channel name", 8: "bad rate", 9: "unknown id to draw by", 10: "bad salt", 11: "bad rule id",
	12: "unknown condition", 13: "bad release range", 14: "rule without an end", 15: "unknown field",
	16: "too many entries", 17: "unknown hash", 18: "panics hidden without a note", 19: "bad ramp", 20: "bad kind", 21: "bad pull",
}
