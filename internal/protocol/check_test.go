package protocol

import (
	"strings"
	"testing"
)

func TestChecks(t *testing.T) {
	checks := map[string]func(string) error{"release": CheckRelease, "environment": CheckEnvironment, "dist": CheckDist}
	tests := []struct {
		what, s string
		want    string // "" is good; else a part of the error
	}{
		{"release", "moonfall@1.4.2+881", ""},
		{"release", "a", ""},
		{"release", "späte Ausgabe 2", ""},
		{"release", "...", ""},
		{"release", "latest2", ""},
		{"release", strings.Repeat("x", 200), ""},
		{"release", strings.Repeat("x", 201), "has 201 bytes and may have 200"},
		{"release", "example.test/moonfall@1", `"example.test/moonfall@1" holds "/"`},
		{"release", `a\b`, `holds "\\"`},
		{"release", "a\nb", `holds "\n"`},
		{"release", "a\x00", `holds "\u0000"`},
		{"release", "a\x7fb", "holds"},
		{"release", "a\xffb", "holds"},
		{"release", strings.Repeat("世", 70), "世...\" has 210 bytes"},
		{"release", "latest", `"latest"`},
		{"release", "LateST", `"LateST"`},
		{"release", ".", `"."`},
		{"release", "..", `".."`},
		{"release", " a", "spaces at an end"},
		{"release", "a ", "spaces at an end"},
		{"environment", "production", ""},
		{"environment", "latest", ""},
		{"environment", strings.Repeat("é", 32), ""},
		{"environment", strings.Repeat("é", 33), "has 66 bytes and may have 64"},
		{"environment", "None", `"None"`},
		{"environment", "none", `"none"`},
		{"environment", "..", `".."`},
		{"environment", "a/b", `holds "/"`},
		{"dist", "881", ""},
		{"dist", "a_B-9.", ""},
		{"dist", strings.Repeat("x", 64), ""},
		{"dist", strings.Repeat("x", 65), "has 65 bytes and may have 64"},
		{"dist", "a b", `holds " "`},
		{"dist", "aé", `"aé" holds "é"`},
		{"dist", "a\xff", `holds "`},
	}
	for _, tt := range tests {
		t.Run(tt.what+" "+tt.s[:min(len(tt.s), 12)], func(t *testing.T) {
			err := checks[tt.what](tt.s)
			if tt.want == "" {
				if err != nil {
					t.Fatalf("got %v, want no error", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "write e.g.") {
				t.Errorf("got %v, want %q and what to write", err, tt.want)
			}
		})
	}
}

func TestCleanTagKey(t *testing.T) {
	long := strings.Repeat("k", 32)
	tests := []struct {
		key, want string
		ok        bool
	}{
		{"scene", "scene", true}, {"a.b:c-d_E9", "a.b:c-d_E9", true}, {"a b", "a-b", true}, {"é", "-.9de8c1", true}, {"a\n", "a-.24c6d2", true},
		{long, long, true}, {long + "x", long[:25] + ".76a067", true}, {"", "", false}, {"a b ", "a-b-", true},
		{"release", "", false}, {"dist", "", false}, {"environment", "", false}, {"user", "", false}, {"filename", "", false}, {"function", "", false},
		{"Release", "Release", true}, {"user.id", "user.id", true},
	}
	for _, tt := range tests {
		if got, ok := CleanTagKey(tt.key); got != tt.want || ok != tt.ok {
			t.Errorf("%q: got %q, %v, want %q, %v", tt.key, got, ok, tt.want, tt.ok)
		}
	}
	seen := make(map[string]string)
	for _, key := range []string{"名前", "名剎", "\xff", "\xfe", "a/b", "a-b", "a|b", "имя", "ник!", long + "x", long + "y", long + " "} {
		got, ok := CleanTagKey(key)
		if !ok || len(got) > MaxTagKey || seen[got] != "" {
			t.Errorf("%q becomes %q, as %q does", key, got, seen[got])
		}
		if again, _ := CleanTagKey(got); again != got {
			t.Errorf("%q becomes %q and then %q", key, got, again)
		}
		seen[got] = key
	}
	if got := testing.AllocsPerRun(100, func() { CleanTagKey("a.b:c-d_E9") }); got != 0 {
		t.Errorf("got %v allocations for a clean key, want 0", got)
	}
}

func TestCleanTag(t *testing.T) {
	long := strings.Repeat("v", MaxTag)
	tests := []struct {
		key, value string
		want       Tag
		ok         bool
	}{
		{"scene", "boss_3", Tag{Key: "scene", Value: "boss_3"}, true},
		{"a b", "c\r\nd", Tag{Key: "a-b", Value: "c  d"}, true},
		{"long", long, Tag{Key: "long", Value: long}, true},
		{"longer", long + "v", Tag{Key: "longer", Value: long[:MaxTag-3] + "..."}, true},
		{"empty", "", Tag{}, false},
		{"release", "v", Tag{}, false},
		{"", "v", Tag{}, false},
	}
	for _, tt := range tests {
		got, ok := CleanTag(tt.key, tt.value)
		if ok != tt.ok || ok && (got.Key != tt.want.Key || got.Value != tt.want.Value) {
			t.Errorf("%q, %q: got %v, %v, want %v, %v", tt.key, tt.value, got, ok, tt.want, tt.ok)
		}
	}
}
