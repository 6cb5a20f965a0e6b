//go:build ((amd64 || arm64 || 386) && !(nintendosdk || playstation5 || microsoftgdk || krunk_lean)) || krunk_gojson

package krunk

import "runtime/debug"

// buildRelease returns name@version of the main module; module is not needed here.
func buildRelease(_ string) string {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		info = new(debug.BuildInfo)
	}
	return releaseOf(info)
}

// releaseOf leaves out the v of Go's versions, which is all that keeps a server from parsing them: without it releases have an
// order, and an issue can be resolved in the next one.
func releaseOf(info *debug.BuildInfo) string {
	version := info.Main.Version
	if len(version) > 1 && version[0] == 'v' && version[1] >= '0' && version[1] <= '9' {
		version = version[1:]
	}
	if version == "" || version == "(devel)" {
		version = unversioned
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && s.Value != "" {
				version = s.Value[:min(len(s.Value), 12)]
			}
		}
	}
	return moduleName(info.Main.Path) + "@" + version
}

// mainModule returns what finds the import path of the main module. To read the build information takes longer than all else that
// Start does.
func mainModule() func() string {
	return func() string {
		if info, ok := debug.ReadBuildInfo(); ok {
			return info.Main.Path
		}
		return ""
	}
}
