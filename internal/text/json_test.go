package text

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
			if got := string(AppendString([]byte("kept"), tt.s)); got != "kept"+tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
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
		if err := json.Unmarshal(AppendString(nil, string(r)), &got); err != nil || got != string(r) {
			t.Fatalf("%U: got %q, %v", r, got, err)
		}
	}
}

func TestAppendFloat(t *testing.T) {
	for _, f := range []float64{0, math.Copysign(0, -1), 1, -1.5, 1e-6, 9.99e-7, 1e-7, -1e-9, 1e-10, 1e20, 1e21, 1.5e300, math.MaxFloat64, math.SmallestNonzeroFloat64, 1790000000.125} {
		want, _ := json.Marshal(f)
		if got := AppendFloat(nil, f); string(got) != string(want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := string(AppendFloat(nil, f)); got != "0" {
			t.Errorf("%v: got %s, want 0", f, got)
		}
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		f := math.Float64frombits(rnd.Uint64())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		want, _ := json.Marshal(f)
		if got := AppendFloat(nil, f); string(got) != string(want) {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	if got, want := Quote("a\"\n"), `"a\"\n"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := Quote(strings.Repeat("x", 100)); len(got) != 62 || !strings.HasSuffix(got, `..."`) {
		t.Errorf("got %s, want 60 bytes with dots at the end", got)
	}
}

func TestSortKeysAndHex(t *testing.T) {
	keys := []string{"b", "", "a!", "a", "\xff", "é", "a"}
	want := slices.Sorted(slices.Values(keys))
	if SortKeys(keys); !slices.Equal(keys, want) {
		t.Errorf("got %q, want %q", keys, want)
	}
	b := []byte{0, 0x0f, 0xa0, 0xff}
	if got, want := Hex(b), hex.EncodeToString(b); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAppendDoesNotAllocate(t *testing.T) {
	buf := make([]byte, 0, 1024)
	if got := testing.AllocsPerRun(100, func() {
		buf = AppendString(buf[:0], "a\xff x\n\u2028")
		buf = AppendFloat(AppendTime(buf, 1790000000_125000000, 9), 1.5)
	}); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}

func TestAppendPlain(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0", 1: "1", -1.5: "-1.5", 1e-6: "0.000001", 1e-7: "0.0000001", -1e-20: "-0.00000000000000000001", 9e-22: `"9e-22"`, math.SmallestNonzeroFloat64: `"5e-324"`,
		1e15: "1000000000000000", 9e18: "9000000000000000000", 1 << 63: "9223372036854776000.0", -1e20: "-100000000000000000000.0", 1e21: `"1e+21"`,
		-math.MaxFloat64: `"-1.7976931348623157e+308"`,
	} {
		got := string(AppendPlain(nil, f))
		if n, err := strconv.ParseFloat(strings.Trim(got, `"`), 64); got != want || err != nil || n != f {
			t.Errorf("%g: got %s, want %s", f, got, want)
		}
	}
}
