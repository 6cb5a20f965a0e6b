package policy

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/plan"
)

// wants are the words for what a syntax error lacks.
var wants = [...]string{
	plan.AValue: "a value", plan.AColon: `":"`, plan.ACommaInObject: `"," or "}"`, plan.ACommaInList: `"," or "]"`, plan.AString: "a string",
	plan.AQuote: `"`, plan.ANumber: "a number", plan.AnEscape: "an escape", plan.NoControl: "no control character",
}

// fill gives a problem the values that its words quote: the decoder, which clients link, notes where they stand and no more.
func fill(p *plan.Problem, doc *plan.Document, b []byte) {
	switch p.Kind {
	case plan.KSyntax:
		p.Arg = wants[p.N]
	case plan.KShape, plan.KVersion, plan.KEpoch, plan.KTime, plan.KPercent, plan.KFine, plan.KFraction, plan.KLevel, plan.KRate, plan.KFirst,
		plan.KSpan, plan.KBy, plan.KSalt, plan.KHash, plan.KRange, plan.KPullBytes:
		p.Arg, p.More = given(p.Kind, b, p.At), first(p.N)
	case plan.KTwice, plan.KChannel, plan.KCovered, plan.KKind, plan.KUnknown, plan.KCondition:
		p.Arg = keyAt(b, p.At)
	case plan.KFormat:
		if p.Arg = given(p.Kind, b, p.At); p.N == plan.Newer {
			p.More = "newer"
		}
	case plan.KMissing:
		p.Arg, p.More = [...]string{"krunk", "version"}[p.N], "1"
	case plan.KBurst:
		if p.Arg = "alone"; p.N != plan.Alone {
			p.Arg = given(p.Kind, b, p.At)
		}
	case plan.KOrder:
		p.Arg, p.More = stated(p.N>>16), stated(p.N)
	case plan.KCount:
		p.Arg, p.More = keyBefore(b[:p.At]), strconv.Itoa(p.N)
	case plan.KRampCount:
		p.Arg = strconv.Itoa(p.N)
	case plan.KRampDown:
		p.Arg, p.More = strconv.Itoa(int(shareAt(b, p.At))), strconv.Itoa(p.N)
	default:
		fillRule(p, doc, b)
	}
}

func fillRule(p *plan.Problem, doc *plan.Document, b []byte) {
	switch p.Kind {
	case plan.KRuleID:
		if p.N < 0 {
			p.Arg = plan.Quoted(doc.Rules[-1-p.N].ID)
		} else {
			p.Arg = given(p.Kind, b, p.At)
		}
	case plan.KRuleTwice:
		p.Arg, p.More = plan.Quoted(doc.Rules[p.N].ID), plan.RulePath(p.N)
	case plan.KWhen:
		if p.N != 0 {
			p.Arg, p.More = given(p.Kind, b, p.At), first(p.N)
		}
	case plan.KList:
		if p.Arg, p.More = strconv.Itoa(-p.N), "count"; p.N > 0 {
			p.Arg, p.More = given(p.Kind, b, p.At), first(p.N)
		}
	case plan.KPullID:
		p.Arg = plan.Quoted(keyAt(b, p.At))
	case plan.KPullMany:
		p.Arg, p.More = strconv.Itoa(p.N), keyAt(b, p.At)
	case plan.KPullPlain:
		var list []string
		_ = valueBehind(b, p.At).Decode(&list) // which was read as a list of strings before
		p.Arg = plan.Quoted(list[p.N])
	}
}

// first is the character that a value of the right shape begins with.
func first(n int) string {
	if n <= 0 || n > '~' {
		return ""
	}
	return string(rune(n))
}

// given returns the value at an offset: a text where one belongs, anything else as it is written.
func given(k plan.Kind, b []byte, at int) string {
	var raw json.RawMessage
	if json.NewDecoder(bytes.NewReader(b[at:])).Decode(&raw) != nil {
		return ""
	}
	switch k {
	case plan.KTime, plan.KLevel, plan.KRate, plan.KSpan, plan.KBy, plan.KSalt, plan.KHash, plan.KRange:
		if s := ""; json.Unmarshal(raw, &s) == nil && raw[0] == '"' {
			return plan.Quoted(s)
		}
	}
	return plan.Cut(string(raw))
}

// keyAt returns the key at an offset.
func keyAt(b []byte, at int) (key string) {
	_ = json.NewDecoder(bytes.NewReader(b[at:])).Decode(&key) // which was read before
	return key
}

// keyBefore returns the last key, which has no quote in it: it is the name of a list.
func keyBefore(b []byte) (key string) {
	end := bytes.LastIndexByte(b, '"') + 1
	_ = json.Unmarshal(b[bytes.LastIndexByte(b[:end-1], '"'):end], &key)
	return key
}

// valueBehind reads on behind the key at an offset.
func valueBehind(b []byte, at int) *json.Decoder {
	d := json.NewDecoder(bytes.NewReader(b[at:]))
	_, _ = d.Token()
	rest := b[at+int(d.InputOffset()):]
	return json.NewDecoder(bytes.NewReader(rest[bytes.IndexByte(rest, ':')+1:]))
}

// shareAt returns the share of the step of a ramp at an offset, in ppm and as the decoder takes one that is wrong.
func shareAt(b []byte, at int) uint32 {
	var step map[string]json.RawMessage
	if json.NewDecoder(bytes.NewReader(b[at:])).Decode(&step) != nil {
		return 0
	}
	var lit json.Number
	if raw := step["clients"]; len(raw) == 0 || raw[0] == '"' || json.Unmarshal(raw, &lit) != nil || lit == "" {
		return 0
	}
	n, _ := plan.Decimal(string(lit), 4)
	return uint32(min(n, gate.Million))
}

// stated is a threshold as a message has it.
func stated(n int) string {
	return [...]string{"trail ", "send ", "issue "}[n>>8&0xff] + plan.Quoted(gate.Level(int8(n)).String())
}
