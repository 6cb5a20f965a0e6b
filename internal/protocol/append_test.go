package protocol

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/krunk-go/krunk/internal/text"
)

func TestAppendString(t *testing.T) {
	tests := []struct{ name, s, want string }{
		{"empty", "", `""`},
		{"plain", "boss_3", `"boss_3"`},
		{"quotes", `a"b\c`, `"a\"b\\c"`},
		{"short escapes", "\b\f\n\r\t", `"\b\f\n\r\t"`},
		{"control", "\x00\x0b\x1f\x7f", `"\u0000\u000b\u001f` + "\x7f" + `"`},
		{"no HTML", "<a&b>", `"<a&b>"`},
		{"line separators", "a\u2028b\u2029c", `"a\u2028b\u2029c"`},
		{"neighbours", "\u2027\u202a", "\"\u2027\u202a\""},
		{"invalid UTF-8", "a\xffb\xc3", `"a\ufffdb\ufffd"`},
		{"surrogate", "\xed\xa0\x80", `"\ufffd\ufffd\ufffd"`},
		{"replacement character", "\ufffd", "\"\ufffd\""},
		{"wide", "é😀", `"é😀"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(text.AppendString([]byte("kept"), tt.s)); got != "kept"+tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			total := 2
			for s := tt.s; s != ""; {
				encoded, n := encodedLen(s)
				total, s = total+encoded, s[n:]
			}
			if total != len(tt.want) {
				t.Errorf("encodedLen: got %d, want %d", total, len(tt.want))
			}
		})
	}
}

// Every single character reads back as itself.
func TestAppendStringReadsBack(t *testing.T) {
	for r := rune(0); r <= 0x11000; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		var got string
		if err := json.Unmarshal(text.AppendString(nil, string(r)), &got); err != nil || got != string(r) {
			t.Fatalf("%U: got %q, %v", r, got, err)
		}
	}
}

func TestAppendFloat(t *testing.T) {
	for _, f := range []float64{0, math.Copysign(0, -1), 1, -1.5, 1e-6, 9.99e-7, 1e-7, -1e-9, 1e-10, 1e20, 1e21, 1.5e300, math.MaxFloat64, math.SmallestNonzeroFloat64, 1790000000.125} {
		want, _ := json.Marshal(f)
		if got := text.AppendFloat(nil, f); string(got) != string(want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := string(text.AppendFloat(nil, f)); got != "0" {
			t.Errorf("%v: got %s, want 0", f, got)
		}
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		f := finite(math.Float64frombits(rnd.Uint64()))
		want, _ := json.Marshal(f)
		if got := text.AppendFloat(nil, f); string(got) != string(want) {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
}

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
	tests := []struct{ name, got, want string }{
		{"string", string(AppendLogAttrString(nil, "a", "x\n")), `"a":{"value":"x\n","type":"string"}`},
		{"boolean", string(AppendLogAttrBool(nil, "a", false)), `"a":{"value":false,"type":"boolean"}`},
		{"integer", string(AppendLogAttrInt(nil, "a", -7, "")), `"a":{"value":-7,"type":"integer"}`},
		{"unit", string(AppendLogAttrInt(nil, "a", 7, "byte")), `"a":{"value":7,"type":"integer","unit":"byte"}`},
		{"largest integer", string(AppendLogAttrUint(nil, "a", 1<<63-1, "")), `"a":{"value":9223372036854775807,"type":"integer"}`},
		{"over int64", string(AppendLogAttrUint(nil, "a", 1<<63, "byte")), `"a":{"value":"9223372036854775808","type":"string","unit":"byte"}`},
		{"double", string(AppendLogAttrFloat(nil, "a", 41.7, "millisecond")), `"a":{"value":41.7,"type":"double","unit":"millisecond"}`},
		{"whole double", string(AppendLogAttrFloat(nil, "a", 3, "")), `"a":{"value":3.0,"type":"double"}`},
		{"large whole double", string(AppendLogAttrFloat(nil, "a", 1e20, "")), `"a":{"value":100000000000000000000.0,"type":"double"}`},
		{"exponent", string(AppendLogAttrFloat(nil, "a", 1e21, "")), `"a":{"value":1e+21,"type":"double"}`},
		{"NaN", string(AppendLogAttrFloat(nil, "a", math.NaN(), "")), `"a":{"value":"NaN","type":"string"}`},
		{"infinity", string(AppendLogAttrFloat(nil, "a", math.Inf(-1), "")), `"a":{"value":"-Inf","type":"string"}`},
		{"second", string(AppendLogAttrBool([]byte(`{"a":{}`), "b", true)), `{"a":{},"b":{"value":true,"type":"boolean"}`},
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
		buf = AppendLogAttrFloat(AppendLogAttrUint(AppendLogAttrString(buf, "b", "c"), "d", 1<<63, "byte"), "e", 1.5, "")
		buf = text.AppendTime(buf, 1790000000_125000000, 9)
	}
	if got := testing.AllocsPerRun(100, f); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}

func TestQuote(t *testing.T) {
	if got, want := text.Quote("a\"\n"), `"a\"\n"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := text.Quote(strings.Repeat("x", 100)); len(got) != 62 || !strings.HasSuffix(got, `..."`) {
		t.Errorf("got %s, want 60 bytes with dots at the end", got)
	}
}

func TestSortKeysAndHex(t *testing.T) {
	keys := []string{"b", "", "a!", "a", "\xff", "é", "a"}
	want := slices.Sorted(slices.Values(keys))
	if text.SortKeys(keys); !slices.Equal(keys, want) {
		t.Errorf("got %q, want %q", keys, want)
	}
	b := []byte{0, 0x0f, 0xa0, 0xff}
	if got, want := text.Hex(b), hex.EncodeToString(b); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
