package device

import "testing"

func TestAgent(t *testing.T) {
	tests := []struct {
		agent, browser string
		major          int
		os             string
	}{
		{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36", "Chrome", 141, "Linux"},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0", "Edge", 141, "Windows"},
		{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15", "Safari", 18, "macOS"},
		{"Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0", "Firefox", 132, "Android"},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1", "Safari", 18, "iOS"},
		{"Firefox/99999999999999999999999", "Firefox", 0, ""},
		{"Node.js/22", "Node.js", 22, ""},
		{"", "", 0, ""},
	}
	for _, tt := range tests {
		name, major := browser(tt.agent)
		if tt.major == 0 {
			major = 0
		}
		if name != tt.browser || major != tt.major || platform(tt.agent) != tt.os {
			t.Errorf("%q: got %s %d %s, want %s %d %s", tt.agent, name, major, platform(tt.agent), tt.browser, tt.major, tt.os)
		}
	}
}

func TestName(t *testing.T) {
	for in, want := range map[string]string{
		"Galileo\n": "Galileo", "Anbernic RG353P\x00": "Anbernic RG353P", "To Be Filled By O.E.M.": "", "  a\t\tb ": "a b", "None": "", "\xff\xfe": "",
	} {
		if got := name(in, maxName); got != want {
			t.Errorf("name(%q): got %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"6.5.0-valve22": "6.5.0", "5.": "5", "anna": "", "": "", "24.6.0": "24.6.0"} {
		if got := number(in); got != want {
			t.Errorf("number(%q): got %q, want %q", in, got, want)
		}
	}
}
