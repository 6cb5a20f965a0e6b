//go:build ((amd64 || arm64 || 386) && !(nintendosdk || playstation5 || microsoftgdk || krunk_lean)) || krunk_gojson

package krunk

import (
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/text"
)

type jsonMarshaler interface{ MarshalJSON() ([]byte, error) }
type textMarshaler interface{ MarshalText() ([]byte, error) }

// marshals reports whether v says itself how it is written.
func marshals(v any) bool {
	switch v.(type) {
	case jsonMarshaler, textMarshaler:
		return true
	}
	return false
}

// plain returns v as an interface, or its address where it has one, so that methods of both can be called and nothing is
// copied. It is nil where v cannot have methods.
func plain(v reflect.Value) any {
	t := v.Type()
	if t.PkgPath() == "" && v.Kind() != reflect.Pointer && v.Kind() != reflect.Struct || v.Kind() == reflect.Interface || !v.CanInterface() {
		return nil
	}
	if v.CanAddr() && v.Kind() != reflect.Pointer {
		return v.Addr().Interface()
	}
	return v.Interface()
}

// method appends what a method of v says it is, or reports false.
func (e *encoder) method(v reflect.Value, depth int) bool {
	switch m := plain(v).(type) {
	case nil:
		return false
	case time.Time:
		e.time(m)
	case *time.Time:
		e.time(*m)
	case time.Duration:
		e.duration(m)
	case *time.Duration:
		e.duration(*m)
	case jsonMarshaler:
		e.work -= 16
		e.foreign(m, depth)
	case textMarshaler:
		e.work -= 16
		b, err := called(m.MarshalText)
		if err != "" {
			e.note("MarshalText of "+typeName(m)+err, depth)
			return true
		}
		e.text(string(b[:min(len(b), anyMax)]), depth)
	case error:
		e.work -= 16
		e.text(errorText(m), depth)
	case interface{ Redacted() string }: // a URL, which has a form without its password
		e.work -= 16
		e.text(stringText(redacted{m}), depth)
	case interface{ Password() (string, bool) }:
		e.note("a "+v.Type().String(), depth)
	default:
		return number(v, e)
	}
	return true
}

type redacted struct {
	v interface{ Redacted() string }
}

func (r redacted) String() string { return r.v.Redacted() }

// number appends a json.Number, which is a text by its kind.
func number(v reflect.Value, e *encoder) bool {
	t := v.Type()
	if t.Kind() != reflect.String || t.PkgPath() != "encoding/json" || t.Name() != "Number" {
		return false
	}
	s := v.String()
	if len(s) == 0 || len(s) > 64 || s[0] == '"' || !protocol.Valid([]byte(s)) {
		return false
	}
	e.b = tame(e.b, []byte(s), 0)
	return true
}

// called runs a method of the game's and returns its result, or why there is none.
func called(f func() ([]byte, error)) (b []byte, why string) {
	defer func() {
		if r := recover(); r != nil {
			b, why = nil, " panicked"+because(r)
		}
	}()
	b, err := f()
	if err != nil {
		s, _ := text.Trim(errorText(err), 200)
		return nil, ": " + s
	}
	return b, ""
}

// foreign appends what MarshalJSON returns, if it is JSON.
func (e *encoder) foreign(m jsonMarshaler, depth int) {
	b, why := called(m.MarshalJSON)
	switch room := limit(depth) - len(e.b); {
	case why != "":
		e.note("MarshalJSON of "+typeName(m)+why, depth)
	case len(b) > max(room, 64):
		e.text(string(b[:min(len(b), anyMax)])+"...", depth) // a cut value is no JSON: it travels as text that begins like it
	case !protocol.Valid(b):
		e.note("MarshalJSON of "+typeName(m)+" wrote no JSON", depth)
	default:
		e.b = tame(e.b, b, depth)
	}
}

// tame appends valid JSON without white space, without what lies too deep, and with numbers as text that readers would round.
func tame(dst, src []byte, depth int) []byte {
	for i := 0; i < len(src); i++ {
		start, c := i, src[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			continue
		case c == '"':
			for i++; src[i] != '"'; i++ {
				if src[i] == '\\' {
					i++
				}
			}
		case c == '-' || c >= '0' && c <= '9':
			for i+1 < len(src) && numeric(src[i+1]) {
				i++
			}
		case c == '{' || c == '[':
			if depth++; depth == anyDepth+1 {
				dst = append(dst, `"`+mark+`"`...)
			}
		case c == '}' || c == ']':
			if depth--; depth == anyDepth {
				continue
			}
		}
		if depth > anyDepth {
			continue
		}
		if token := src[start : i+1]; c != '"' && numeric(c) && rounded(token) {
			dst = append(append(append(dst, '"'), token...), '"')
		} else {
			dst = append(dst, token...)
		}
	}
	return dst
}

func numeric(c byte) bool {
	return c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'
}

// rounded reports whether a number is whole and beyond what readers show with all digits.
func rounded(number []byte) bool {
	if len(number) < 16 {
		return false
	}
	for _, c := range number {
		if c == '.' || c == 'e' || c == 'E' {
			return false
		}
	}
	n, err := strconv.ParseInt(string(number), 10, 64)
	return err != nil || n > exact || n < -exact
}

// settled returns what was encoded as the black box keeps it: texts, numbers and truths as such. It uses the encoder's memory.
func (e *encoder) settled() (k record.Kind, num uint64, str string) {
	b, s := e.b, view(e.b)
	switch {
	case s == "true":
		return record.Bool, 1, ""
	case s == "false":
		return record.Bool, 0, ""
	case s[0] == '"':
		return record.String, 0, unquoted(b[1 : len(b)-1])
	case s[0] != '{' && s[0] != '[':
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return record.Int64, uint64(n), ""
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return record.Float64, math.Float64bits(f), ""
		}
	}
	return record.JSON, 0, s
}

// unquoted undoes the escapes of a valid JSON string.
func unquoted(b []byte) string {
	out := b[:0]
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c != '\\' {
			out = append(out, c)
			continue
		}
		i++
		switch b[i] {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r, _ := strconv.ParseUint(string(b[i+1:i+5]), 16, 32)
			i += 4
			if r >= 0xd800 && r < 0xdc00 { // a pair, as the text was valid
				low, _ := strconv.ParseUint(string(b[i+3:i+7]), 16, 32)
				r = (r-0xd800)<<10 + (low - 0xdc00) + 0x10000
				i += 6
			}
			out = append(out, string(rune(r))...)
			continue
		default:
			c = b[i]
		}
		out = append(out, c)
	}
	return view(out)
}

func (e *encoder) note(s string, depth int) { e.text("[krunk: "+s+"]", depth) }
