//go:build ((amd64 || arm64 || 386) && !(nintendosdk || playstation5 || microsoftgdk || krunk_lean)) || krunk_gojson

package krunk

import (
	"runtime/debug"
	"testing"
)

func TestReleaseOfTheBuild(t *testing.T) {
	for _, tt := range []struct{ path, version, revision, want string }{
		{"example.com/moonfall", "v1.4.2", "", "moonfall@1.4.2"},
		{"example.com/moonfall", "v1.4.2+dirty", "", "moonfall@1.4.2+dirty"},
		{"example.com/moonfall", "v1.4.3-0.20261125120000-0123456789ab", "", "moonfall@1.4.3-0.20261125120000-0123456789ab"},
		{"moonfall", "vanilla", "", "moonfall@vanilla"},
		{"moonfall", "v", "", "moonfall@v"},
		{"example.com/moonfall", "(devel)", "0123456789abcdef0123", "moonfall@0123456789ab"},
		{"example.com/moonfall", "(devel)", "", "moonfall@devel"},
		{"example.com/moonfall", "", "", "moonfall@devel"},
		{"example.com/moonfall/v2", "v2.0.1", "", "moonfall@2.0.1"},
		{"example.com/v2/", "v2.0.1", "", "example.com@2.0.1"},
		{"v2", "v2.0.1", "", "game@2.0.1"},
		{"", "v1.4.2", "", "game@1.4.2"},
		{"", "", "", "game@devel"},
	} {
		info := debug.BuildInfo{Main: debug.Module{Path: tt.path, Version: tt.version}}
		if tt.revision != "" {
			info.Settings = []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: tt.revision}}
		}
		if got := releaseOf(&info); got != tt.want {
			t.Errorf("%q %q %q: release %q, want %q", tt.path, tt.version, tt.revision, got, tt.want)
		}
	}
}
