// Package scrub takes home directories, and with them the names of people, out of paths and texts. It looks at the
// text alone and asks the system nothing, so it works the same on the crash text of another machine.
//
// Replaced by ~ are, with the separator behind left in place:
//
//	/home/<name>  /var/home/<name>  /usr/home/<name>  /export/home/<name>  /run/media/<name>
//	/Users/<name>  /System/Volumes/Data/Users/<name>  /root
//	/var/mobile/Containers/Data/Application/<id>, also below /private
//	C:\Users\<name> and Z:\home\<name> (Wine) with any drive, any case, and forward or doubled backslashes
//
// Users named Shared and Public are nobody. A path is found after anything but a letter, a digit or one of "-._~".
package scrub

import "strings"

// Path returns the path s with its home directory replaced. Unlike in Text, a name may hold spaces up to the end of
// s. It does not allocate when nothing matches, and the result is never longer than s.
func Path(s string) string { return replace(s, true) }

// String is Text for strings. It returns s itself, and does not allocate, when nothing matches.
func String(s string) string { return replace(s, false) }

// Text appends s to dst with every home directory in it replaced, wherever it stands, and returns the result. At most
// len(s) bytes are appended. It does not allocate when dst has room. It must not retain s.
func Text(dst []byte, s string) []byte { return appendClean(dst, s, false) }

func replace(s string, path bool) string {
	if _, _, ok := next(s, 0, path); !ok {
		return s
	}
	return string(appendClean(make([]byte, 0, len(s)), s, path))
}

func appendClean(dst []byte, s string, path bool) []byte {
	done := 0
	for {
		start, end, ok := next(s, done, path)
		if !ok {
			return append(dst, s[done:]...)
		}
		dst = append(dst, s[done:start]...)
		dst = append(dst, '~')
		done = end
	}
}

// next finds the first home directory in s[from:]. Before from, when it is not 0, stands a ~ in the output.
func next(s string, from int, path bool) (start, end int, ok bool) {
	for i := from; i < len(s); i++ {
		switch s[i] {
		case '/':
			if boundary(s, i, from) {
				if end = unixHome(s, i, path); end > 0 {
					return i, end, true
				}
			}
		case ':':
			if i > from && isLetter(s[i-1]) && boundary(s, i-1, from) {
				if end = driveHome(s, i+1, path); end > 0 {
					return i - 1, end, true
				}
			}
		}
	}
	return 0, 0, false
}

// boundary reports whether a path may begin at i: "/srv/home/x" and "~/home/x" hold no home.
func boundary(s string, i, from int) bool {
	if i == 0 {
		return true
	}
	if i == from {
		return false // behind the ~ of the match before
	}
	c := s[i-1]
	return !isLetter(c) && !(c >= '0' && c <= '9') && c < 0x80 && strings.IndexByte("-._~", c) < 0
}

func isLetter(c byte) bool {
	c |= 0x20
	return c >= 'a' && c <= 'z'
}
