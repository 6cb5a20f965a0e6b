// Package scrub takes what is private out of texts: home directories, and with them the names of people. It goes by the form of
// a text and asks the system nothing, so it works the same on what another machine wrote; only how this device calls its own
// home is told to it.
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

// Mark stands where something was cut out of a text.
const Mark = "~"

// Filtered stands for a value whose key says that it is a secret, as Sentry shows it.
const Filtered = "[Filtered]"

// Scrubber is owned by one goroutine.
type Scrubber struct {
	home string // of this device; immutable after New
	text []byte // a JSON string without its escapes
}

// New returns a scrubber that knows what this device calls its home directory; empty: only what a home looks like counts.
func New(home string) *Scrubber {
	home = strings.TrimRight(home, `/\`)
	if strings.LastIndexAny(home, `/\`) < 0 || len(home) < 3 {
		home = "" // no absolute path, or a whole drive
	}
	return &Scrubber{home: home}
}

// Text returns s without what is private, and s itself, without an allocation, where there is none. The result is never longer
// than s.
func (c *Scrubber) Text(s string) string { return c.replace(s, false) }

// Path is Text for a single path: a name may hold spaces up to the end of s, and nothing but home directories is cut.
func (c *Scrubber) Path(s string) string { return c.replace(s, true) }

func (c *Scrubber) replace(s string, path bool) string {
	start, end, ok := c.next(s, 0, path)
	if !ok {
		return s
	}
	dst, done := make([]byte, 0, len(s)), 0
	for ok {
		dst = append(append(dst, s[done:start]...), Mark...)
		done = end
		start, end, ok = c.next(s, done, path)
	}
	return string(append(dst, s[done:]...))
}

// next finds the first home directory in s[from:]. Before from, when it is not 0, stands a ~ in the output.
func (c *Scrubber) next(s string, from int, path bool) (start, end int, ok bool) {
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
