package scrub

import "strings"

// unixHome returns the end of the home directory that begins at s[i], a slash; 0 when there is none.
func unixHome(s string, i int, path bool) int {
	rest := s[i:]
	if strings.HasPrefix(rest, "/root") {
		end := i + len("/root")
		if end == len(s) || s[end] == '/' || ends(s[end]) {
			return end
		}
		return 0
	}
	n := unixPrefix(rest)
	if n == 0 {
		return 0
	}
	return nameEnd(s, i+n, "/", path, path)
}

// unixPrefix returns the length of the part of s in front of a user's name, 0 when it is none.
func unixPrefix(s string) int {
	switch {
	case strings.HasPrefix(s, "/home/"):
		return len("/home/")
	case strings.HasPrefix(s, "/Users/"):
		return len("/Users/")
	case strings.HasPrefix(s, "/var/home/"), strings.HasPrefix(s, "/usr/home/"):
		return len("/var/home/")
	case strings.HasPrefix(s, "/export/home/"):
		return len("/export/home/")
	case strings.HasPrefix(s, "/run/media/"):
		return len("/run/media/")
	case strings.HasPrefix(s, "/System/Volumes/Data/Users/"):
		return len("/System/Volumes/Data/Users/")
	}
	s, private := strings.CutPrefix(s, "/private")
	const container = "/var/mobile/Containers/Data/Application/"
	if !strings.HasPrefix(s, container) {
		return 0
	}
	if private {
		return len("/private") + len(container)
	}
	return len(container)
}

// driveHome returns the end of the home directory whose drive's colon stands before s[i]; 0 when there is none.
func driveHome(s string, i int, path bool) int {
	i = separators(s, i)
	if i == 0 {
		return 0
	}
	n := 0
	for _, dir := range [...]string{"users", "home"} {
		if len(s)-i >= len(dir) && strings.EqualFold(s[i:i+len(dir)], dir) {
			n = separators(s, i+len(dir))
			break
		}
	}
	if n == 0 {
		return 0
	}
	return nameEnd(s, n, `/\`, true, path)
}

// separators returns the end of a run of slashes and backslashes, 0 when there is none.
func separators(s string, i int) int {
	start := i
	for i < len(s) && (s[i] == '/' || s[i] == '\\') {
		i++
	}
	if i == start {
		return 0
	}
	return i
}

// nameEnd returns the end of the user's name that begins at s[i], 0 when there is none. A name ends at a separator;
// where spaces are allowed it may hold them if a separator follows before the text goes on otherwise, and in a path
// also up to the end.
func nameEnd(s string, i int, seps string, spaces, path bool) int {
	space, j := 0, i
	for ; j < len(s); j++ {
		if strings.IndexByte(seps, s[j]) >= 0 {
			break
		}
		if s[j] == ' ' && spaces {
			if space == 0 {
				space = j
			}
			continue
		}
		if ends(s[j]) {
			break
		}
	}
	whole := path || j < len(s) && strings.IndexByte(seps, s[j]) >= 0
	if space > 0 && (!whole || s[j-1] == ' ') {
		j = space
	}
	if j == i || nobody(s[i:j]) {
		return 0
	}
	return j
}

// nobody reports whether a name is no person's, by its first word: what follows a space may be replaced later on, and
// the answer must not change with it. A name that begins with ~ was replaced before.
func nobody(name string) bool {
	first, _, _ := strings.Cut(name, " ")
	switch first {
	case ".", "..", "Shared", "Public":
		return true
	}
	return first == "" || first[0] == '~'
}

// ends reports whether c cannot be part of a name in running text.
func ends(c byte) bool {
	return c <= ' ' || c == 0x7f || strings.IndexByte("\"'`:;,()[]{}<>|&?*=\\/", c) >= 0
}
