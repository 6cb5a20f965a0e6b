package policy

import (
	"strconv"
	"strings"

	"github.com/krunk-go/krunk/internal/gate"

	"github.com/krunk-go/krunk/internal/plan"
)

// text says what is wrong and what to write.
func text(p *plan.Problem) (what, write string) {
	switch p.Kind {
	case plan.KSyntax, plan.KTwice, plan.KMore, plan.KDepth, plan.KUTF8, plan.KSize:
		return syntaxText(p)
	case plan.KShape:
		return p.Arg + " is not " + shape(p.More), "write " + shape(p.More)
	case plan.KFormat:
		if p.More == "newer" {
			return "format " + p.Arg + " is newer than this krunk understands (1)", "keeping the current policy; update this tool or write 1"
		}
		return p.Arg + " is not a format", "write 1"
	case plan.KVersion:
		return p.Arg + " is not allowed", "start at 1 and raise it with every change, to 9007199254740991 at most"
	case plan.KEpoch:
		return p.Arg + " is not allowed", "write a whole number from 0 to 2147483647"
	case plan.KMissing:
		return strconv.Quote(p.Arg) + " is missing", "write \"" + p.Arg + "\": " + p.More
	case plan.KTime:
		return p.Arg + " is not a time", "write e.g. 2026-10-10T14:00:00Z"
	case plan.KExpires:
		return "is not after \"issued\"", "write a later time"
	case plan.KUntil:
		return "is not after \"issued\", so the rule would never apply", "write a later time or take the rule out"
	case plan.KFrom:
		return "is not before \"until\", so the rule would never start", "write an earlier time or take the rule out"
	case plan.KRampAlone, plan.KRampStep, plan.KRampCount, plan.KRampOrder, plan.KRampDown:
		return rampProblem(p)
	case plan.KKind, plan.KKindEnd, plan.KKindWhat, plan.KRaiseWhat:
		return kindProblem(p)
	case plan.KPullID, plan.KPullEnd, plan.KPullWho, plan.KPullPlain, plan.KPullMany, plan.KPullBytes:
		return pullProblem(p)
	case plan.KPullLong, plan.KPullHash, plan.KMuteLong, plan.KRaiseWide, plan.KRaiseThin, plan.KLate, plan.KForever, plan.KLong, plan.KShadowed, plan.KNoEffect, plan.KNoChannel, plan.KReshuffle, plan.KPanics:
		return p.Arg, p.More
	case plan.KFraction:
		return p.Arg + " — did you mean " + times100(p.Arg) + " (percent)?", "values are percentages, not fractions; a \"note\" silences this"
	}
	return fieldText(p)
}

// shape names what begins with a character.
func shape(first string) string {
	switch first {
	case "{":
		return "an object"
	case "[":
		return "a list"
	case `"`:
		return "a string"
	}
	return "true or false"
}

func pullProblem(p *plan.Problem) (what, write string) {
	most := strconv.Itoa(plan.MaxPulled)
	switch p.Kind {
	case plan.KPullID:
		return p.Arg + " is not an id", "write a name of 1 to 64 bytes, such as a ticket's; who has sent under it does not send again"
	case plan.KPullEnd:
		return `has no "until"`, `add the time up to which clients may be asked, at most 7 days after "issued"`
	case plan.KPullWho:
		return "does not say whose flight log it wants", `write one of "player", "client" and "match"`
	case plan.KPullPlain:
		return p.Arg + " can be read by everybody", "write sha256: and 16 digits, as krunkpolicy pull does"
	case plan.KPullMany:
		if p.More == "match" {
			return p.Arg + " matches", "write one"
		}
		return p.Arg + " " + p.More + "s", "write at most " + most + ": a flight log is for a few; more clients report more by a rule"
	}
	return p.Arg + " is not a number of bytes for a flight log", "write a whole number from 1024 to 1048576"
}

func kindProblem(p *plan.Problem) (what, write string) {
	switch p.Kind {
	case plan.KKindEnd:
		return `has no "until"`, `add the time at which it ends, at most 30 days after "issued"`
	case plan.KKindWhat:
		return "does nothing, or two things", `write "mute": true, a "rate" such as "5/h", or "clients", the share that sends all of it`
	case plan.KRaiseWhat:
		return `"clients" is 0, or "mute" stands beside it`, `write a share above 0 that sends all of the kind, with or without a "rate", or "mute": true alone`
	}
	if p.Arg == "*" || p.Arg == "" {
		return "that would be every issue", "name one kind, as the tag krunk.kind of its events has it; all reporting is stopped by \"enabled\": false"
	}
	return plan.Quoted(p.Arg) + " is not a kind", "write the tag krunk.kind of an event of it: eight of 0-9 and a-f"
}

func rampProblem(p *plan.Problem) (what, write string) {
	switch p.Kind {
	case plan.KRampAlone:
		return `has no "clients" beside it to start from`, `write e.g. "clients": 1`
	case plan.KRampStep:
		return `a step needs "at" and "clients"`, `write e.g. {"at": "2026-10-10T14:00:00Z", "clients": 25}`
	case plan.KRampCount:
		return p.Arg + " steps", "write 1 to " + strconv.Itoa(plan.MaxSteps)
	case plan.KRampOrder:
		return "is not after the step before it, so the two overlap", "write the steps in the order of their times"
	}
	return shareText(p.Arg) + " is not above " + shareText(p.More) + ", which holds before it",
		"write a larger share: a ramp only adds, and to go down takes a new version"
}

// shareText writes ppm in digits as a percentage.
func shareText(ppm string) string {
	n, _ := strconv.Atoi(ppm) // of our own decoder
	return percentText(uint32(n))
}

func syntaxText(p *plan.Problem) (what, write string) {
	at := "offset " + strconv.Itoa(p.At) + ": "
	switch p.Kind {
	case plan.KTwice:
		in := ""
		if p.Path != "" {
			in = " in " + p.Path
		}
		return at + "duplicate key " + plan.Quoted(p.Arg) + in, "write it once"
	case plan.KMore:
		return at + "something follows the document", "write one JSON object and nothing after it"
	case plan.KDepth:
		return at + "nested deeper than 16", "a policy needs six levels"
	case plan.KUTF8:
		return at + "not UTF-8", "save the file as UTF-8"
	case plan.KSize:
		return "larger than 64 KiB", "a policy is read by every client: shorten its lists"
	}
	return at + "not valid JSON", "expected " + p.Arg
}

func fieldText(p *plan.Problem) (what, write string) {
	switch p.Kind {
	case plan.KPercent:
		return p.Arg + " is not a percentage", "write a number from 0 to 100"
	case plan.KFine:
		return p.Arg + " is finer than 0.0001 % (1 client in a million)", "write at most 4 decimals"
	case plan.KLevel:
		return p.Arg + " is not a level", "use trace, debug, info, warn, error, fatal or off"
	case plan.KOrder:
		return p.Arg + " is below " + p.More, "write levels in the order trail <= send <= issue, or off"
	case plan.KCovered:
		name, _, _ := strings.Cut(p.Arg, "*")
		if name = strings.Trim(name, "."); name == "" {
			return `"*" is only allowed alone`, "name the channel, or write \"*\" for all of them"
		}
		return `"*" is only allowed alone`, plan.Quoted(name) + " already covers " + name + " and everything below it"
	case plan.KChannel:
		return plan.Quoted(p.Arg) + " is not a channel", "write letters, digits, _ and -, with dots between parts, at most 64 bytes"
	case plan.KRate:
		if hint := rateHint(p.Arg); hint != "" {
			return p.Arg, "write " + hint
		}
		return p.Arg + " is not a rate", "write e.g. 120/m: a whole number from 1, then /s, /m or /h"
	case plan.KBurst:
		if p.Arg == "alone" {
			return "needs a \"rate\" beside it", "write e.g. \"rate\": \"120/m\""
		}
		return p.Arg + " is not a burst", "write a whole number from 1"
	case plan.KFirst:
		return p.Arg + " is not a count", "write a whole number from 0 to 1000"
	case plan.KSpan:
		return p.Arg + " is not a duration", "write e.g. 5m: a whole number, then s, m or h, at most a day"
	case plan.KBy:
		return p.Arg + " is not an id", "use client, player or match"
	case plan.KSalt:
		if strings.Contains(p.Arg, ":") {
			return p.Arg + " contains ':' which separates salt and id in the hash", "write e.g. 2026-w41"
		}
		return p.Arg + " is not a salt", "write at most 64 letters, digits, '.', '_' and '-'"
	case plan.KHash:
		return p.Arg, "this krunk knows m3/1"
	case plan.KCount:
		most := strconv.Itoa(plan.MaxChannels)
		switch p.Arg {
		case "rules":
			most = strconv.Itoa(plan.MaxRules)
		case "kinds":
			most = strconv.Itoa(plan.MaxKinds)
		case "pulls":
			most = strconv.Itoa(plan.MaxPulls)
		}
		return p.More + " " + p.Arg + " are too many", "at most " + most
	}
	return ruleText(p)
}

func ruleText(p *plan.Problem) (what, write string) {
	switch p.Kind {
	case plan.KRuleID:
		if p.Arg == `""` {
			return "is missing", "write a short name, which reports and diffs use"
		}
		return p.Arg + " is not an id", "write a string of 1 to 64 bytes"
	case plan.KRuleTwice:
		return p.Arg + " is already used by " + p.More, "write another one"
	case plan.KWhen:
		if p.Arg != "" {
			return p.Arg + " is not a condition", "write an object, e.g. {\"release\": [\"1.42.0\"]}"
		}
		return "a rule needs a condition", "write e.g. \"when\": {\"release\": [\"1.42.0\"]}; what holds for everybody stands outside of rules"
	case plan.KCondition:
		names, more := plan.ConditionNames+" from", ", tags.<name>, from or not"
		if strings.Contains(p.Path, ".not.") {
			names, more = plan.ConditionNames, " or tags.<name>"
		}
		return "unknown condition", suggest(p.Arg, strings.Fields(names), "use "+strings.ReplaceAll(plan.ConditionNames, " ", ", ")+more)
	case plan.KList:
		if p.More == "count" {
			return "a list of " + p.Arg, "write 1 to 1000 strings"
		}
		return p.Arg + " is not " + shape(p.More), "write a list of strings, e.g. [\"windows\"]"
	case plan.KRange:
		return p.Arg + " is not a version range", "write e.g. \">=1.42 <1.43\", with <, <=, >, >= or ="
	case plan.KUnknown:
		members := membersAt(p.Path)
		return "unknown field", suggest(p.Arg, members, "use "+strings.Join(members, ", "))
	}
	return "is wrong", "see the validation table"
}

// rateHint recognises rates in words, such as "2 per sec".
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
		if _, ok := plan.ParseRate(s[:n] + "/" + u); ok && strings.HasPrefix(rest, u) {
			return s[:n] + "/" + u
		}
	}
	return ""
}

// times100 is the percentage that a fraction was meant to be.
func times100(lit string) string {
	n, _ := plan.Decimal(lit, 4)
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
