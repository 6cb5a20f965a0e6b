package protocol

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/internal/text"
)

func TestObject(t *testing.T) {
	b := text.AppendString(AppendKey([]byte("{"), `a"`), "x")
	b = strconv.AppendInt(AppendKey(b, "b"), math.MinInt64, 10)
	b = strconv.AppendUint(AppendKey(b, "c"), math.MaxUint64, 10)
	b = strconv.AppendBool(AppendKey(b, "d"), true)
	b = append(b, '}')
	if got, want := string(b), `{"a\"":"x","b":-9223372036854775808,"c":18446744073709551615,"d":true}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLogAttributes(t *testing.T) {
	appended := func(f func(a *LogAttrs)) string {
		var a LogAttrs
		f(&a)
		return string(a.B)
	}
	tests := []struct{ name, got, want string }{
		{"text", appended(func(a *LogAttrs) { a.Text("a", "x\n") }), `"a":{"value":"x\n","type":"string"}`},
		{"boolean", appended(func(a *LogAttrs) { a.Bool("a", false) }), `"a":{"value":false,"type":"boolean"}`},
		{"integer", appended(func(a *LogAttrs) { a.Int("a", -7) }), `"a":{"value":-7,"type":"integer"}`},
		{"zero", appended(func(a *LogAttrs) { a.Int("a", 0) }), `"a":{"value":0,"type":"integer"}`},
		{"largest integer", appended(func(a *LogAttrs) { a.Uint("a", 1<<63-1) }), `"a":{"value":9223372036854775807,"type":"integer"}`},
		{"over int64", appended(func(a *LogAttrs) { a.Uint("a", 1<<63) }), `"a":{"value":"9223372036854775808","type":"string"}`},
		{"double", appended(func(a *LogAttrs) { a.Float("a", 41.7) }), `"a":{"value":41.7,"type":"double"}`},
		{"milliseconds", appended(func(a *LogAttrs) { a.Millis("a", 41.7) }), `"a":{"value":41.7,"type":"double","unit":"millisecond"}`},
		{"whole double", appended(func(a *LogAttrs) { a.Float("a", 3) }), `"a":{"value":3.0,"type":"double"}`},
		{"large whole double", appended(func(a *LogAttrs) { a.Float("a", 1e20) }), `"a":{"value":100000000000000000000.0,"type":"double"}`},
		{"exponent", appended(func(a *LogAttrs) { a.Float("a", 1e21) }), `"a":{"value":1e+21,"type":"double"}`},
		{"NaN", appended(func(a *LogAttrs) { a.Float("a", math.NaN()) }), `"a":{"value":"NaN","type":"string"}`},
		{"infinity", appended(func(a *LogAttrs) { a.Float("a", math.Inf(-1)) }), `"a":{"value":"-Inf","type":"string"}`},
		{"second", appended(func(a *LogAttrs) { a.B = []byte(`{"a":{}`); a.Bool("b", true) }), `{"a":{},"b":{"value":true,"type":"boolean"}`},
		{"what is not there", appended(func(a *LogAttrs) {
			a.B = []byte("{")
			a.Some("a", "")
			a.Count("b", 0)
			a.Some("c", "d")
			a.Count("e", 1)
		}),
			`{"c":{"value":"d","type":"string"},"e":{"value":1,"type":"integer"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got %s, want %s", tt.got, tt.want)
			}
			if whole := "{" + strings.TrimPrefix(tt.got, "{") + "}"; !json.Valid([]byte(whole)) {
				t.Errorf("no JSON: %s", whole)
			}
		})
	}
}

func TestAppendDoesNotAllocate(t *testing.T) {
	buf := make([]byte, 0, 1024)
	f := func() {
		buf = text.AppendString(AppendKey(append(buf[:0], '{'), "a\xff"), "x\n\u2028")
		a := LogAttrs{B: buf}
		a.Text("b", "c")
		a.Uint("d", 1<<63)
		a.Float("e", 1.5)
		a.Float("f", math.NaN())
		buf = a.B
		buf = text.AppendTime(buf, 1790000000_125000000, 9)
	}
	if got := testing.AllocsPerRun(100, f); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}

// encodedLen tells how long AppendString makes a text.
func TestEncodedLen(t *testing.T) {
	for _, s := range []string{"", "plain", "\b\f\n\r\t\"\\", "\x00\x0b\x1f\x7f", "a\u2028b\u2029c", "\u2027\u202a", "a\xffb\xc3", "\xed\xa0\x80", "\ufffd", "é😀"} {
		total := 2
		for rest := s; rest != ""; {
			encoded, n := encodedLen(rest)
			total, rest = total+encoded, rest[n:]
		}
		if want := len(text.AppendString(nil, s)); total != want {
			t.Errorf("%q: got %d, want %d", s, total, want)
		}
	}
}
