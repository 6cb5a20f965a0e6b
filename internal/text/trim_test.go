package text

import (
	"strings"
	"testing"
)

func TestTrim(t *testing.T) {
	tests := []struct {
		name, s string
		max     int
		want    string
		cut     bool
	}{
		{"short", "abc", 3, "abc", false},
		{"empty", "", 0, "", false},
		{"long", "abcdef", 5, "ab...", true},
		{"between characters", "aéé", 4, "a...", true}, // 5 bytes; é would end at 3
		{"wide character", "😀😀", 7, "😀...", true},
		{"wide character, cut inside", "😀😀", 6, "...", true},
		{"only the dots", "abcdef", 3, "...", true},
		{"no room for dots", "abcdef", 2, "", true},
		{"zero", "a", 0, "", true},
		{"negative", "a", -1, "", true},
		{"continuation bytes alone", strings.Repeat("\x80", 20), 13, strings.Repeat("\x80", 7) + "...", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, cut := Trim(tt.s, tt.max)
			if got != tt.want || cut != tt.cut {
				t.Errorf("got %q, %v, want %q, %v", got, cut, tt.want, tt.cut)
			}
		})
	}
}
