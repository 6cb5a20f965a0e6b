//go:build ((amd64 || arm64 || 386) && !(nintendosdk || playstation5 || microsoftgdk || krunk_lean)) || krunk_gojson

package krunk

import (
	"runtime/debug"
	"strings"

	"github.com/krunk-go/krunk/internal/protocol"
)

// buildRelease returns name@version of the main module, "" if the build information does not say.
func buildRelease() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return releaseOf(info)
}

// releaseOf leaves out the v of Go's versions, which is all that keeps a server from parsing them: without it releases have an
// order, and an issue can be resolved in the next one.
func releaseOf(info *debug.BuildInfo) string {
	if info.Main.Path == "" {
		return ""
	}
	name := info.Main.Path[strings.LastIndexByte(info.Main.Path, '/')+1:]
	version := info.Main.Version
	if version == "" || version == "(devel)" {
		version = ""
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				version = s.Value[:min(len(s.Value), 12)]
			}
		}
	}
	if len(version) > 1 && version[0] == 'v' && version[1] >= '0' && version[1] <= '9' {
		version = version[1:]
	}
	release := name + "@" + version
	if version == "" || protocol.CheckRelease(release) != nil {
		return ""
	}
	return release
}

// mainModule returns the import path of the main module; caller is not needed here.
func mainModule(_, _ string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Path
	}
	return ""
}
