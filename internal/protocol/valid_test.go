package protocol

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"math/big"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestValid(t *testing.T) {
	nest := func(n int, inner string) string { return strings.Repeat("[", n) + inner + strings.Repeat("]", n) }
	tests := []struct {
		name, s string
		want    bool
	}{
		{"object", `{"a":[1,-2.5e-3,true,false,null,"x",{}],"b":{}}`, true},
		{"scalar", `"x"`, true},
		{"zero", `-0`, true},
		{"spaces", " {\t\"a\" :\r[ 1 ,\n2 ] } ", true},
		{"pair of surrogates", `"\ud83d\ude00"`, true},
		{"all escapes", `"\"\\\/\b\f\n\r\t\u00e9\uABCD"`, true},
		{"raw line separator", "\"\u2028\"", true},
		{"depth 32", nest(32, ""), true},
		{"depth 32 with a value", nest(32, "1"), true},
		{"large number", `1e307`, true},
		{"small number", `1e-9999`, true},
		{"long number", strings.Repeat("9", 308), true},
		{"empty", ``, false},
		{"spaces alone", " \n", false},
		{"two values", `1 2`, false},
		{"trailing comma", `[1,]`, false},
		{"trailing comma in object", `{"a":1,}`, false},
		{"no value", `{"a":}`, false},
		{"no colon", `{"a" 1}`, false},
		{"key without quotes", `{a:1}`, false},
		{"wrong bracket", `[1}`, false},
		{"open", `{"a":[1`, false},
		{"open string", `"abc`, false},
		{"open escape", `"abc\`, false},
		{"open unicode escape", `"\u12`, false},
		{"control character", "\"a\nb\"", false},
		{"bad escape", `"\x"`, false},
		{"bad digit", `"\u12g4"`, false},
		{"lone high surrogate", `"\ud800"`, false},
		{"high surrogate and letter", `"\ud800\u0041"`, false},
		{"lone low surrogate", `"\udc00"`, false},
		{"invalid UTF-8", "\"\xff\"", false},
		{"encoded surrogate", "\"\xed\xa0\x80\"", false},
		{"leading zero", `01`, false},
		{"plus", `+1`, false},
		{"point without digits", `1.`, false},
		{"no whole part", `.5`, false},
		{"exponent without digits", `1e`, false},
		{"minus alone", `-`, false},
		{"NaN", `NaN`, false},
		{"half a word", `tru`, false},
		{"out of range", `1e999`, false},
		{"out of range by its digits", strings.Repeat("9", 310), false},
		{"exponent of many digits", `1e99999999999999999999`, false},
		{"depth 33", nest(33, ""), false},
		{"very deep", strings.Repeat("[", 1<<20), false},
		{"NUL", "1\x00", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Valid([]byte(tt.s)); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestValidDoesNotAllocate(t *testing.T) {
	b := []byte(`{"a":[1,-2.5e-3,"\ud83d\ude00"],"n":` + strings.Repeat("9", 300) + `}`)
	if got := testing.AllocsPerRun(100, func() { _ = Valid(b) }); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}

// acceptable says the same as Valid with the standard library's means.
func acceptable(b []byte) bool {
	if !json.Valid(b) || !utf8.Valid(b) {
		return false
	}
	for d, depth := json.NewDecoder(bytes.NewReader(b)), 0; ; {
		d.UseNumber()
		before := d.InputOffset()
		token, err := d.Token()
		if err != nil {
			return err == io.EOF
		}
		switch token := token.(type) {
		case json.Delim:
			if token == '{' || token == '[' {
				depth++
			} else {
				depth--
			}
			if depth > maxDepth {
				return false
			}
		case json.Number:
			if !inRange(string(token)) {
				return false
			}
		case string: // a lone surrogate reads as U+FFFD, of which there are more then than in the source
			source := strings.ToLower(strings.ReplaceAll(string(b[before:d.InputOffset()]), `\\`, "")) // a backslash escapes nothing behind it
			if strings.Count(token, "\ufffd") > strings.Count(source, "\ufffd")+strings.Count(source, `\ufffd`) {
				return false
			}
		}
	}
}

// inRange reports whether a number is less than the next one behind the largest float64 in its 17 digits. One with an exponent
// over 309 digits before the point is too large even if it is 0.
func inRange(number string) bool {
	number = strings.ToLower(strings.TrimPrefix(number, "-"))
	mantissa, exp, _ := strings.Cut(number, "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	shift, ok := new(big.Int).SetString(cmp.Or(exp, "0"), 10)
	n := int64(len(whole))
	if whole == "0" {
		n = 0
	}
	switch shift.Add(shift, big.NewInt(n)).Cmp(big.NewInt(309)) {
	case -1:
		return ok
	case 1:
		return false
	}
	digits := whole + fraction
	if whole == "0" {
		digits = fraction
	}
	return ok && digits < "17976931348623158"
}

// Valid is what the standard library and the rules above say, and AppendFlat takes out the white space that its Compact does.
func FuzzValid(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,-2.5e-3,true,false,null,"x\u00e9",{}]}`, " [ 1 , \"a\\\" ]\" ] ", `"\ud800"`, `"\ud83d\ude00\ufffd"`, `"\\ud800"`, `"\ud800\\ufffd"`, `1e999`, `[9.9e307,12e307,0e309]`, `1.7976931348623157e+308`, `-1.7976931348623157e308`, `1.7976931348623158e308`, `17.9e307`, `0.1e309`, `0.2e309`, "\"\xff\"", `[[[]]]`,
		strings.Repeat("[", 33) + strings.Repeat("]", 33), strings.Repeat("7", 309), `{"a":1}`, `[true,false]`, "", "01",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got := Valid(b)
		if want := acceptable(b); got != want {
			t.Fatalf("%q: got %v, want %v", b, got, want)
		}
		if !got {
			return
		}
		var want bytes.Buffer
		if err := json.Compact(&want, b); err != nil {
			t.Fatal(err)
		}
		if got := AppendFlat(nil, b, maxDepth); string(got) != want.String() {
			t.Fatalf("%q: got %q, want %q", b, got, want.String())
		}
	})
}
