package krunk

import "github.com/krunk-go/krunk/internal/protocol"

// unversioned is the version of a build that does not know its own, as Go calls it. Events that have no release at all would
// only look as if all was well.
const unversioned = "devel"

// defaultRelease names a build whose Config has no Release.
func defaultRelease(module string) string {
	if r := buildRelease(module); protocol.CheckRelease(r) == nil {
		return r
	}
	return "game@" + unversioned
}

// moduleName returns the last element of a module's path that is not its major version, "game" if there is none.
func moduleName(path string) string {
	for end := len(path); end > 0; {
		start := end
		for start > 0 && path[start-1] != '/' {
			start--
		}
		if name := path[start:end]; !isMajor(name) && name != "" {
			return name
		}
		end = start - 1
	}
	return "game"
}

// isMajor reports whether s is v2 and the like.
func isMajor(s string) bool {
	if len(s) < 2 || s[0] != 'v' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
