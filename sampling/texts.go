package sampling

import (
	"strconv"
	"strings"

	"github.com/krunk-go/krunk/internal/gate"
)

// text says what is wrong and what to write.
func (p *problem) text() (what, write string) {
	switch p.kind {
	case kSyntax, kTwice, kMore, kDepth, kUTF8, kSize:
		return p.syntaxText()
	case kShape:
		return p.arg + " is not " + p.more, "write " + p.more
	case kFormat:
		if p.more == "newer" {
			return "format " + p.arg + " is newer than this krunk understands (1)", "keeping the current policy; update this tool or write 1"
		}
		return p.arg + " is not a format", "write 1"
	case kVersion:
		return p.arg + " is not allowed", "start at 1 and raise it with every change, to 9007199254740991 at most"
	case kEpoch:
		return p.arg + " is not allowed", "write a whole number from 0 to 2147483647"
	case kMissing:
		return strconv.Quote(p.arg) + " is missing", "write \"" + p.arg + "\": " + p.more
	case kTime:
		return p.arg + " is not a time", "write e.g. 2026-10-10T14:00:00Z"
	case kExpires:
		return "is not after \"issued\"", "write a later time"
	case kUntil:
		return "is not after \"issued\", so the rule would never apply", "write a later time or take the rule out"
	case kForever, kLong, kShadowed, kNoEffect, kNoChannel, kReshuffle, kPanics:
		return p.arg, p.more
	case kFraction:
		return p.arg + " — did you mean " + times100(p.arg) + " (percent)?", "values are percentages, not fractions; a \"note\" silences this"
	}
	return p.fieldText()
}

func (p *problem) syntaxText() (what, write string) {
	at := "offset " + strconv.Itoa(p.at) + ": "
	switch p.kind {
	case kTwice:
		in := ""
		if p.path != "" {
			in = " in " + p.path
		}
		return at + "duplicate key " + quoted(p.arg) + in, "write it once"
	case kMore:
		return at + "something follows the document", "write one JSON object and nothing after it"
	case kDepth:
		return at + "nested deeper than 16", "a policy needs six levels"
	case kUTF8:
		return at + "not UTF-8", "save the file as UTF-8"
	case kSize:
		return "larger than 64 KiB", "a policy is read by every client: shorten its lists"
	}
	return at + "not valid JSON", "expected " + p.arg
}

func (p *problem) fieldText() (what, write string) {
	switch p.kind {
	case kPercent:
		return p.arg + " is not a percentage", "write a number from 0 to 100"
	case kFine:
		return p.arg + " is finer than 0.0001 % (1 client in a million)", "write at most 4 decimals"
	case kLevel:
		return p.arg + " is not a level", "use trace, debug, info, warn, error, fatal or off"
	case kOrder:
		return p.arg + " is below " + p.more, "write levels in the order trail <= send <= issue, or off"
	case kCovered:
		name, _, _ := strings.Cut(p.arg, "*")
		if name = strings.Trim(name, "."); name == "" {
			return `"*" is only allowed alone`, "name the channel, or write \"*\" for all of them"
		}
		return `"*" is only allowed alone`, quoted(name) + " already covers " + name + " and everything below it"
	case kChannel:
		return quoted(p.arg) + " is not a channel", "write letters, digits, _ and -, with dots between parts, at most 64 bytes"
	case kRate:
		if hint := rateHint(p.arg); hint != "" {
			return p.arg, "write " + hint
		}
		return p.arg + " is not a rate", "write e.g. 120/m: a whole number from 1, then /s, /m or /h"
	case kBurst:
		if p.arg == "alone" {
			return "needs a \"rate\" beside it", "write e.g. \"rate\": \"120/m\""
		}
		return p.arg + " is not a burst", "write a whole number from 1"
	case kFirst:
		return p.arg + " is not a count", "write a whole number from 0 to 1000"
	case kSpan:
		return p.arg + " is not a duration", "write e.g. 5m: a whole number, then s, m or h, at most a day"
	case kBy:
		return p.arg + " is not an id", "use client, player or match"
	case kSalt:
		if strings.Contains(p.arg, ":") {
			return p.arg + " contains ':' which separates salt and id in the hash", "write e.g. 2026-w41"
		}
		return p.arg + " is not a salt", "write at most 64 letters, digits, '.', '_' and '-'"
	case kHash:
		return p.arg, "this krunk knows m3/1"
	case kCount:
		most := strconv.Itoa(maxChannels)
		if p.arg == "rules" {
			most = strconv.Itoa(maxRules)
		}
		return p.more + " " + p.arg + " are too many", "at most " + most
	}
	return p.ruleText()
}

func (p *problem) ruleText() (what, write string) {
	switch p.kind {
	case kRuleID:
		if p.arg == `""` {
			return "is missing", "write a short name, which reports and diffs use"
		}
		return p.arg + " is not an id", "write a string of 1 to 64 bytes"
	case kRuleTwice:
		return p.arg + " is already used by " + p.more, "write another one"
	case kWhen:
		if p.arg != "" {
			return p.arg + " is not a condition", "write an object, e.g. {\"release\": [\"1.42.0\"]}"
		}
		return "a rule needs a condition", "write e.g. \"when\": {\"release\": [\"1.42.0\"]}; what holds for everybody stands outside of rules"
	case kCondition:
		return "unknown condition", suggest(p.arg, strings.Fields(conditionNames), "use "+strings.ReplaceAll(conditionNames, " ", ", ")+", tags.<name> or not")
	case kList:
		if p.more == "count" {
			return "a list of " + p.arg, "write 1 to 1000 strings"
		}
		return p.arg + " is not " + p.more, "write a list of strings, e.g. [\"windows\"]"
	case kRange:
		return p.arg + " is not a version range", "write e.g. \">=1.42 <1.43\", with <, <=, >, >= or ="
	case kUnknown:
		members := membersAt(p.path)
		return "unknown field", suggest(p.arg, members, "use "+strings.Join(members, ", "))
	}
	return "is wrong", "see the validation table"
}

// rateHint recognises "2 per sec" and its kin.
func rateHint(arg string) string {
	s, err := strconv.Unquote(arg)
	if err != nil {
		return ""
	}
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	rest := strings.TrimLeft(strings.TrimPrefix(strings.TrimSpace(s[n:]), "per"), " /p")
	if n == 0 || rest == "" {
		return ""
	}
	for _, u := range [...]string{"s", "m", "h"} {
		if _, ok := ParseRate(s[:n] + "/" + u); ok && strings.HasPrefix(rest, u) {
			return s[:n] + "/" + u
		}
	}
	return ""
}

// times100 is the percentage that a fraction was meant to be.
func times100(lit string) string {
	n, _ := decimal(lit, 4)
	return percentText(uint32(min(n*100, gate.Million)))
}

// percentText writes ppm as a percentage.
func percentText(ppm uint32) string {
	s := strconv.Itoa(int(ppm / 10_000))
	if rest := ppm % 10_000; rest > 0 {
		s += "." + strings.TrimRight(strconv.Itoa(int(10_000 + rest))[1:], "0")
	}
	return s
}
