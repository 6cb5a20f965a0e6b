package ascii

import (
	"strings"
	"testing"
)

// On ASCII each function answers as the one of package strings with its name, whatever is around it.
func FuzzAgainstStrings(f *testing.F) {
	for _, s := range []string{"", "a", "HTTPS://Key@sentry.example/42", " \tx\n", "K\u212a\u0130", "a/b/c", "[\\]^_`{|}~@", `C:\Users\x`, "\xff/\x80", "..", "aab", "aaab"} {
		for _, sub := range []string{"/", "://", "aab", `/\`, ".", " \t\r\n\v\f"} {
			f.Add(s, sub)
		}
	}
	f.Fuzz(func(t *testing.T, s, sub string) {
		if got, want := Index(s, sub), strings.Index(s, sub); got != want {
			t.Errorf("Index(%q, %q): got %d, want %d", s, sub, got, want)
		}
		if got, want := LastIndex(s, sub), strings.LastIndex(s, sub); got != want {
			t.Errorf("LastIndex(%q, %q): got %d, want %d", s, sub, got, want)
		}
		if sub == "" || !ascii(sub) {
			return
		}
		if got, want := LastIndexAny(s, sub), strings.LastIndexAny(s, sub); got != want {
			t.Errorf("LastIndexAny(%q, %q): got %d, want %d", s, sub, got, want)
		}
		if got, want := Trim(s, sub), strings.Trim(s, sub); got != want {
			t.Errorf("Trim(%q, %q): got %q, want %q", s, sub, got, want)
		}
		if got, want := TrimRight(s, sub), strings.TrimRight(s, sub); got != want {
			t.Errorf("TrimRight(%q, %q): got %q, want %q", s, sub, got, want)
		}
		before, after, found := Cut(s, sub[0])
		if b, a, ok := strings.Cut(s, sub[:1]); before != b || after != a || found != ok {
			t.Errorf("Cut(%q, %q): got %q, %q, %v, want %q, %q, %v", s, sub[0], before, after, found, b, a, ok)
		}
		if !ascii(s) {
			return
		}
		if got, want := Lower(s), strings.ToLower(s); got != want {
			t.Errorf("Lower(%q): got %q, want %q", s, got, want)
		}
		for _, of := range []string{sub, strings.ToUpper(s), strings.ToLower(s)} {
			if got, want := EqualFold(s, of), strings.EqualFold(s, of); got != want {
				t.Errorf("EqualFold(%q, %q): got %v, want %v", s, of, got, want)
			}
		}
	})
}

// What is no ASCII stays as it is and is the same as nothing else: the sign of Kelvin is no k.
func TestOtherBytes(t *testing.T) {
	if got, want := Lower("\u212aÄB"), "\u212aÄb"; got != want {
		t.Errorf("Lower: got %q, want %q", got, want)
	}
	if EqualFold("\u212a", "k") || EqualFold("Ä", "ä") {
		t.Error("EqualFold: got true for letters beyond ASCII, want false")
	}
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
