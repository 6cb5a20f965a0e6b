package scrub

import (
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
)

// Home directories, in which <name> and all before it is cut; separators may be slashes, backslashes, doubled, \/ or %2F, and
// the colon %3A:
//
//	/home/<name>  /Users/<name>  /root  /media/<name>  /run/media/<name>  /run/user/<id>  /Volumes/<name>
//	/mnt/c/Users/<name>, /var/home/<name> and others where Users or home comes within the first three below a root as roots has them
//	C:\Users\<name>  Z:\home\<name>  C:\Documents and Settings\<name>, on any drive, also one directory further down; \Users\<name>
//	\\<server>\<share>, and \Users\<name> or \home\<name> below it; //<server>/<share> if the server's name has no dot
//	drive_c/users/<name> (Wine), of which the name is cut
//	/var/mobile/Containers/Data/Application/<id> (iOS), also below /private
//	what the device itself calls home
//
// Users named Shared, Public and Default are nobody. A path begins behind anything but a letter, a digit or one of "-._~", or
// behind "..".

// directory returns the home directory that the separator or colon at i belongs to.
func (l *look) directory(i int) (start, end int) {
	s := l.s
	if n := colon(s, i); n > 0 {
		if i <= l.from || !isLetter(s[i-1]) || !l.begins(i-1) {
			return 0, 0
		}
		if end = l.own(i - 1); end > 0 {
			return i - 1, end
		}
		if j := separators(s, i+n); j > 0 {
			return i - 1, l.below(j, 1, true)
		}
		return 0, 0
	}
	n := separator(s, i)
	if n == 0 {
		return 0, 0
	}
	if j, ok := element(s, i+n, "drive_c"); ok {
		if j = separators(s, j); j > 0 {
			if k, ok := element(s, j, "users"); ok && separators(s, k) > 0 {
				return separators(s, k), l.nameEnd(separators(s, k), i)
			}
		}
	}
	if !l.begins(i) {
		return 0, 0
	}
	if end = l.own(i); end > 0 {
		return i, end
	}
	if isSlash(s[i+n-1]) {
		return i, l.unix(i, i+n)
	}
	j := separators(s, i)
	if end = l.share(i, j); end == 0 {
		end = l.below(j, 0, true)
	}
	return i, end
}

// unix returns the end of the home directory whose first separator is at i and whose first element at j.
func (l *look) unix(i, j int) int {
	s := l.s
	if separator(s, j) > 0 {
		return l.share(i, separators(s, j))
	}
	k := word(s, j, "")
	first := s[j:k]
	if first == "run" {
		j = max(separators(s, k), k)
		k = word(s, j, "")
		if first = s[j:k]; first != "media" && first != "user" {
			return 0
		}
	}
	switch first {
	case "root":
		if k == len(s) || separator(s, k) > 0 || ends(s[k]) {
			return k
		}
	case "home", "Users", "user":
		return l.nameBelow(k, i)
	case "media", "Volumes":
		return max(l.nameBelow(k, i), l.volume(k))
	}
	if !isRoot(first) {
		return 0
	}
	const containers = "/var/mobile/Containers/Data/Application/"
	if t := strings.TrimPrefix(s[i:], "/private"); strings.HasPrefix(t, containers) {
		return l.nameEnd(len(s)-len(t)+len(containers), i)
	}
	return l.volume(k)
}

// volume returns the end of the home directory on a disk or share that is mounted below the element which ends at k.
func (l *look) volume(k int) int {
	if k = separators(l.s, k); k == 0 {
		return 0
	}
	return l.below(k, 2, false)
}

// isRoot reports whether dir is a directory right below / under which other systems, disks and people are found; a letter is a
// drive, as MSYS writes it.
func isRoot(dir string) bool {
	const roots = " mnt media Volumes net nfs data srv export usr var private System cygdrive sysroot host "
	return oneOf(roots, dir) || len(dir) == 1 && isLetter(dir[0])
}

// below returns the end of the name that follows one of the directories of people, which is the element at i or one of the next
// few. On Windows case does not count.
func (l *look) below(i, more int, windows bool) int {
	s := l.s
	for {
		for _, dir := range [...]string{"Users", "home", "Documents and Settings"} {
			k, ok := element(s, i, dir)
			if ok && (windows || s[i:k] == dir) {
				if end := l.nameBelow(k, i); end > 0 {
					return end
				}
			}
		}
		i = separators(s, elementEnd(s, i))
		if more--; more < 0 || i == 0 {
			return 0
		}
	}
}

// share returns the end of \\server\share whose first separators are at i and whose server's name is at j, and of the home
// directory on it.
func (l *look) share(i, j int) int {
	s := l.s
	n := separator(s, i)
	forward := isSlash(s[i+n-1])
	c := l.before(i)
	if j-i < 2 || s[i] == '%' && j == i+n || forward && (c == ':' || c == '/' || separator(s, i+n) < j-i-n) {
		return 0
	}
	if c == ':' && i >= l.from+2 && isLetter(s[i-2]) && !isWord(l.before(i-2)) {
		return 0 // "D:\\x" with its backslashes doubled, \x, "https://", "file:///"
	}
	const more = "-.$" // in the name of a machine: \\wsl$
	k := word(s, j, more)
	if dot := s[j:k] == "."; dot || k == j && l.peek(j) == '?' { // \\?\UNC\server\share, but not \\?\C:\ and \\.\pipe\
		j = separators(s, j+1)
		m, ok := element(s, j, "UNC")
		if ok = ok && j > 0; ok {
			j = separators(s, m)
		}
		if !ok || j == 0 {
			return 0
		}
		k = word(s, j, more)
	}
	m := separators(s, k)
	if k == j || m == 0 || forward && strings.IndexByte(s[j:k], '.') >= 0 {
		return 0
	}
	end := l.nameEnd(m, i)
	if end == 0 {
		return 0
	}
	if user := l.below(m, 1, true); user > end {
		return user
	}
	return end
}

// own returns the end of what the device calls home if that begins at i.
func (l *look) own(i int) int {
	s, j := l.s, 0
	for j < len(l.home) && i < len(s) {
		if n := separators(l.home, j); n > 0 {
			if i = separators(s, i); i == 0 {
				return 0
			}
			j = n
			continue
		}
		c, n := s[i], 1
		if c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			c, n = digit(s[i+1])<<4|digit(s[i+2]), 3
		}
		if c != l.home[j] && !(isLetter(c) && c^l.home[j] == 0x20) {
			return 0
		}
		i, j = i+n, j+1
	}
	if j == 0 || j < len(l.home) || i < len(s) && separator(s, i) == 0 && !ends(s[i]) {
		return 0
	}
	return i
}

// begins reports whether a path may begin at i: "web/home/x" and "~/home/x" hold no home, "../home/anna" does.
func (l *look) begins(i int) bool {
	c := l.before(i)
	if c == '.' && i >= l.from+2 && l.s[i-2] == '.' {
		return true
	}
	return !isWord(c) && !has("-.~", c)
}

// nameBelow returns the end of the name in the directory that ends at k; start is where its path begins.
func (l *look) nameBelow(k, start int) int {
	if k = separators(l.s, k); k == 0 {
		return 0
	}
	return l.nameEnd(k, start)
}

// nameEnd returns the end of the name that begins at i, 0 when there is none. It ends at a separator. What a text may go on with
// belongs to it where a separator follows soon, the quote with which its path began, or, in a single path, the end; a space does
// too where a capital follows.
func (l *look) nameEnd(i, start int) int {
	s, j, doubt, doubts := l.s, i, 0, 0
	whole := false
	for ; j < len(s); j++ {
		c := s[j]
		if c == '\\' && l.isEscape(j, i) {
			j += 5
			continue
		}
		if separator(s, j) > 0 {
			whole = isWord(s[j-1]) || has(".-')", s[j-1]) || l.path
			break
		}
		if !has(" '(),&", c) {
			if ends(c) || c == '~' && !isDigit(l.peek(j+1)) { // ANNASM~1 is a name, what was cut before is none
				whole = c == l.quote(start)
				break
			}
			continue
		}
		if c == l.quote(start) && c != ' ' {
			whole = true
			break
		}
		if doubts++; doubts > 4 && !l.path {
			break
		}
		if next := l.peek(j + 1); doubt == 0 && !(c == ' ' && (next >= 'A' && next <= 'Z' || next >= 0x80)) {
			doubt = j
		}
	}
	if doubt > 0 && !whole && !(l.path && j == len(s)) {
		j = doubt
	}
	for j > i && s[j-1] == ' ' {
		j--
	}
	if j <= i || nobody(s[i:j]) {
		return 0
	}
	return j
}

// isEscape reports whether a letter such as \u00fc stands at i, of a name that begins at name.
func (l *look) isEscape(i, name int) bool {
	s := l.s
	if i+6 > len(s) || s[i+1] != 'u' || s[name-1] == '\\' && (name < 2 || s[name-2] != '\\') {
		return false
	}
	for j := i + 2; j < i+6; j++ {
		if !isHex(s[j]) {
			return false
		}
	}
	return true
}

// quote returns the quote in which a path stands that begins at start, 0 if none.
func (l *look) quote(start int) byte {
	if c := l.before(start); c == '"' || c == '\'' || c == '`' {
		return c
	}
	return 0
}

// nobody reports whether a name is no person's, by its first word: what follows a space may be replaced later on, and the answer
// must not change with it. A name that begins with ~ was replaced before.
func nobody(name string) bool {
	first, _, _ := ascii.Cut(name, ' ')
	return first == "" || first[0] == '~' || oneOf(" . .. Shared Public Default ", first)
}

// ends reports whether c cannot be part of a name in running text.
//
//go:noinline
func ends(c byte) bool {
	return c <= ' ' || c == 0x7f || has("\"'`:;,()[]{}<>|&?*=\\/", c)
}

// colon returns the length of the colon at s[i].
func colon(s string, i int) int {
	switch {
	case s[i] == ':':
		return 1
	case strings.HasPrefix(s[i:], "%3A"), strings.HasPrefix(s[i:], "%3a"):
		return 3
	}
	return 0
}

// separator returns the length of the separator at s[i], 0 if there is none. Backslashes are one, with the slash behind them.
func separator(s string, i int) int {
	if i >= len(s) {
		return 0
	}
	switch s[i] {
	case '/':
		return 1
	case '\\':
		n := 1
		for i+n < len(s) && s[i+n] == '\\' {
			n++
		}
		if i+n < len(s) && s[i+n] == '/' {
			n++
		}
		return n
	case '%':
		n := 1
		for strings.HasPrefix(s[i+n:], "25") { // escaped twice
			n += 2
		}
		if rest := s[i+n:]; len(rest) >= 2 && (rest[0] == '2' && rest[1]|0x20 == 'f' || rest[0] == '5' && rest[1]|0x20 == 'c') {
			return n + 2
		}
	}
	return 0
}

// isSlash tells a separator by its last byte: / \/ %2F and not \ %5C.
func isSlash(c byte) bool { return c == '/' || c|0x20 == 'f' }

// separators returns the end of the separators that begin at i, 0 when there are none.
//
//go:noinline
func separators(s string, i int) int {
	start := i
	for n := separator(s, i); n > 0; n = separator(s, i) {
		i += n
	}
	if i == start {
		return 0
	}
	return i
}

// element returns the end of the element at i if it is called name, in any case.
//
//go:noinline
func element(s string, i int, name string) (end int, ok bool) {
	end = i + len(name)
	return end, end <= len(s) && ascii.EqualFold(s[i:end], name)
}

// elementEnd returns the end of the element that begins at i.
//
//go:noinline
func elementEnd(s string, i int) int {
	for i < len(s) && separator(s, i) == 0 && (s[i] == ' ' || !ends(s[i])) {
		i++
	}
	return i
}
