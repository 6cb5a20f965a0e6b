package crashtext

import (
	"strings"
	"testing"
)

// A text that is like none that is known tells its first lines, but for those with addresses.
func TestParseOfNoKind(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "",
		"\x00\x00\n \t\n\r\n":                 "",
		"runtime: something new\n":            "runtime: something new",
		"a\r\n\n  \nb \nrax 0x17\nc\nd\ne\n":  "a\nb\nc\nd",
		strings.Repeat("x", 2000) + "\nshort": "short",
		strings.Repeat("y\n", 5):              "y\ny\ny\ny",
		"rax 0x0\nrip 0x401000\n":             "",
		"panic: x\n":                          "x",
		"SIGQUIT: quit\nPC=0x1\n":             "SIGQUIT: quit",
		"goroutine 1 [running]:\nmain.f()\n\t/a.go:1\n": NotRecorded,
	} {
		r := Parse(text)
		if r.Message != want || (r.Kind == Unknown) != (want == "") {
			t.Errorf("%.40q: kind %d, message %q, want %q", text, r.Kind, r.Message, want)
		}
	}
}
