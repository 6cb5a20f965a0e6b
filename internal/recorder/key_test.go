package recorder

import (
	"strings"
	"testing"
)

func FuzzCleanKey(f *testing.F) {
	for _, s := range []string{"a", "a\nb", "\xff\xfea\xff", "é\x7f\u2028", "\x00\xff\x00", "\ufffd\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, key string) {
		b := []byte(key)
		for i, c := range b {
			if c < ' ' || c == 0x7f {
				b[i] = '_'
			}
		}
		want := strings.ToValidUTF8(string(b), "\ufffd")
		if key == "" {
			want = "(no key)"
		}
		if got := cleanKey(key); got != want {
			t.Errorf("cleanKey(%q): got %q, want %q", key, got, want)
		}
	})
}
