package text

import (
	"strings"
	"testing"
	"unicode"
)

func FuzzTrimSpace(f *testing.F) {
	for _, s := range []string{"", " ", "a", " a b ", "\u00a0ä\u3000", "\xff \xff", "\u2028\xe2\x80", "\t\n\v\f\r\u0085x", "\u200b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := TrimSpace(s), strings.TrimSpace(s); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestSpaces(t *testing.T) {
	for r := range rune(unicode.MaxRune + 1) {
		if got, want := isSpace(r), unicode.IsSpace(r); got != want {
			t.Errorf("%U: got %v, want %v", r, got, want)
		}
	}
}
