package text

import (
	"strings"
	"testing"
)

func TestShape(t *testing.T) {
	for in, want := range map[string]string{
		"":                                    "",
		"connection lost":                     "connection lost",
		"peer 17 lost after 3.5s":             "peer # lost after #.#s",
		"at 0xc000123abc, id deadbeef01":      "at #, id #",
		"550e8400-e29b-41d4 in sector7":       "#-#-# in sector#",
		"a2b3c4 x2y3 decade":                  "# x#y# decade",
		"käse 5 größer":                       "käse # größer",
		strings.Repeat("ab ", 100) + "ende 1": strings.Repeat("ab ", 65) + "...",
	} {
		if got := Shape(in, 198); got != want {
			t.Errorf("Shape(%q): got %q, want %q", in, got, want)
		}
	}
}
