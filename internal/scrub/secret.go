package scrub

import "strings"

// Secret reports whether the name of a value says that nobody else may read it, such as password, api_key, accessToken,
// Authorization or Set-Cookie: what stands last in a name says what it is. Case, dashes, dots, spaces and underscores do not
// count. It does not allocate.
func Secret(key string) bool {
	var room [20]byte
	n := len(room)
	for i := len(key) - 1; i >= 0 && n > 0; i-- {
		c := key[i]
		if c == '_' || c == '-' || c == '.' || c == ' ' {
			continue
		}
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		n--
		room[n] = c
	}
	name := view(room[n:])
	if oneOf(" auth session ", name) {
		return true
	}
	for _, word := range [...]string{
		"password", "passwd", "pwd", "passphrase", "secret", "token", "authorization", "cookie", "cookies", "apikey", "privatekey",
		"secretkey", "accesskey", "sessionid", "sessionkey", "credential", "credentials", "jwt", "bearer",
	} {
		if n := len(name) - len(word); n >= 0 && name[n] == word[0] && name[n:] == word {
			return true
		}
	}
	return false
}

// secret returns the value behind the = at i if it is one of a query, or its key says secret: token=abc, token="a b".
func (l *look) secret(i int) (start, end int) {
	if l.query {
		return l.unlessMarked(i+1, l.valueEnd(i+1))
	}
	if !Secret(l.s[l.back(i, "-"):i]) {
		return 0, 0
	}
	return l.value(i + 1)
}

// named returns the value behind the colon at i if its key says secret: "token": "abc", Token:abc, Cookie: a=b; c=d. In running
// text a colon and a space follow many a word, so that there the key has to begin with a capital and the value ends with the line.
func (l *look) named(i int) (start, end int) {
	s := l.s
	last := i
	for last > l.from && (s[last-1] == '"' || s[last-1] == '\'' || s[last-1] == '\\') {
		last--
	}
	first := l.back(last, "-")
	if !Secret(s[first:last]) {
		return 0, 0
	}
	start = i + 1
	if last < i || l.peek(start) > ' ' {
		for l.peek(start) == ' ' {
			start++
		}
		return l.value(start)
	}
	if l.peek(start) != ' ' || s[first] < 'A' || s[first] > 'Z' {
		return 0, 0
	}
	for start++; l.peek(start) == ' '; {
		start++
	}
	for end = start; end < len(s) && s[end] >= ' ' && s[end] != '"'; {
		end++
	}
	return l.unlessMarked(start, end)
}

// value returns the secret that begins at i: up to the quote with which it began, the bracket, or what ends a word.
func (l *look) value(i int) (start, end int) {
	s := l.s
	start = i
	for l.peek(start) == '\\' {
		start++
	}
	switch c := l.peek(start); c {
	case '"', '\'':
		escapes := start - i // the quote at the end has as many
		for start++; ; end++ {
			n := strings.IndexByte(s[max(start, end):], c)
			if n < 0 {
				return l.unlessMarked(start, len(s))
			}
			end = max(start, end) + n
			first := end
			for first > start && s[first-1] == '\\' {
				first--
			}
			if end-first <= escapes {
				return l.unlessMarked(start, first)
			}
		}
	case '{', '[':
		return i, l.secretEnd(valueEnd(s, start))
	}
	start = i
	end = l.secretEnd(start)
	for _, scheme := range [...]string{"Bearer", "Basic", "Digest"} {
		if s[start:end] == scheme && l.peek(end) == ' ' {
			end = l.secretEnd(end + 1)
		}
	}
	return l.unlessMarked(start, end)
}

// secretEnd returns where a secret without quotes ends. A | does not end it: tokens such as 7|abc hold one.
func (l *look) secretEnd(i int) int { return until(l.s, i, "&,;\"'<>)}]") }

//go:noinline
func (l *look) unlessMarked(start, end int) (int, int) {
	if l.s[start:end] == Mark {
		return 0, 0
	}
	return start, end
}
