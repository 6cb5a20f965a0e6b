package scrub

import "strings"

// dot returns what to cut on account of the dot at i: a private IPv4 address or the local name of a machine.
func (l *look) dot(i int) (start, end int) {
	s := l.s
	start = i
	for start > l.from && isDigit(s[start-1]) {
		start--
	}
	if c := l.before(start); start < i && !isWord(c) && c != '.' {
		if end, private := ipv4(s, start); end > 0 {
			return l.address(start, end, private)
		}
	}
	if !isLocal(s[i+1:]) {
		return 0, 0
	}
	start = l.back(i, "-.")
	switch c := l.before(start); {
	case c == '/' && start >= 2 && s[start-2] != '/', has("*&)]$", c) && c != 0: // a file, a type, a field
		return 0, 0
	}
	return start, i
}

// isLocal reports whether a name that goes on with s behind a dot is that of a machine at home or at work.
func isLocal(s string) bool {
	if s == "" || !has("lihf", s[0]) {
		return false
	}
	const names = " local lan home internal localdomain intranet home.arpa fritz.box "
	end := word(s, 0, ".-~")
	name := s[:end]
	if end > 0 && s[end-1] == '.' {
		name = s[:end-1]
	}
	return oneOf(names, name) && (end == len(s) || !has("([=", s[end]))
}

// address returns what to cut of an address: all of it if it is private or the own one of a connection, and what was looked up
// there if it is a resolver's.
func (l *look) address(start, end int, private bool) (int, int) {
	s := l.s
	first := start
	if first > l.from && s[first-1] == '[' {
		first--
	}
	if i, j := l.lookedUp(first); j > 0 {
		return i, j
	}
	if private || l.listens(first) {
		return start, end
	}
	port := end
	for c := l.peek(port); c == ']' || c == ':' || isDigit(c); c = l.peek(port) {
		port++
	}
	if port > end && strings.HasPrefix(s[port:], "->") { // "read tcp 203.0.113.5:49152->198.51.100.7:443"
		return start, end
	}
	return 0, 0
}

// listens reports whether the text before an address says that it is the own one.
func (l *look) listens(i int) bool {
	end := max(i-1, l.from)
	network := l.back(end, "")
	return oneOf(" tcp tcp4 tcp6 udp udp4 udp6 ", l.s[network:end]) && strings.HasSuffix(l.s[l.from:network], "listen ")
}

// lookedUp returns the name without a dot, which is that of a machine nearby, in "lookup anna-pc: no such host" and
// "lookup anna-pc on 192.168.0.1:53: no such host"; i is where the colon or the address of the resolver stands.
func (l *look) lookedUp(i int) (start, end int) {
	const lookup = "lookup "
	end = l.from + len(strings.TrimSuffix(l.s[l.from:i], " on "))
	start = l.back(end, "-")
	if start == end || !strings.HasSuffix(l.s[l.from:start], lookup) || l.s[start:end] == "localhost" {
		return 0, 0
	}
	return start, end
}

// ipv4 returns the end of the address at s[i], 0 if there is none, and whether no other network can reach it.
func ipv4(s string, i int) (end int, private bool) {
	var part [4]int
	for n := range part {
		if n > 0 {
			if i >= len(s) || s[i] != '.' {
				return 0, false
			}
			i++
		}
		first := i
		for i < len(s) && isDigit(s[i]) && i-first < 3 {
			part[n] = part[n]*10 + int(s[i]-'0')
			i++
		}
		if i == first || part[n] > 255 {
			return 0, false
		}
	}
	if i < len(s) && (joins(s[i]) || s[i] == '.' && i+1 < len(s) && joins(s[i+1])) {
		return 0, false
	}
	a, b := part[0], part[1]
	return i, a == 10 || a == 127 || a == 192 && b == 168 || a == 172 && b>>4 == 1 || a == 169 && b == 254 || a == 100 && b>>6 == 1
}

// ipv6 returns the end of the address that begins at s[i] with its zone, 0 if there is none, and whether no other network can
// reach it.
func ipv6(s string, i int) (end int, private bool) {
	n, first, last, gap := 0, 0, 0, -1
	for n < 8 {
		j := i
		if n > 0 || i+1 < len(s) && s[i] == ':' && s[i+1] == ':' {
			if j >= len(s) || s[j] != ':' {
				break
			}
			if j++; j < len(s) && s[j] == ':' && gap < 0 {
				gap = n
				i = j + 1
				j++
			} else if n == 0 {
				return 0, false
			}
		}
		digits := j
		v := 0
		for j < len(s) && isHex(s[j]) && j-digits < 5 {
			v = v<<4 | int(digit(s[j]))
			j++
		}
		if j == digits || j-digits > 4 {
			break
		}
		if j < len(s) && s[j] == '.' && (n > 0 || gap == 0) {
			if end, inner := ipv4(s, digits); end > 0 {
				return end, inner
			}
		}
		if last = v; n == 0 && gap < 0 {
			first = v
		}
		i = j
		n++
	}
	if gap < 0 && n < 8 || n == 0 || i < len(s) && joins(s[i]) {
		return 0, false
	}
	loopback := gap == 0 && n == 1 && last == 1
	private = loopback || first>>9 == 0xfc00>>9 || first>>6 == 0xfe80>>6
	if i < len(s) && s[i] == '%' && private {
		i = word(s, i+1, "-")
	}
	return i, private
}

// mac returns the hardware address to which the colon or dash at i belongs as its first.
func (l *look) mac(i int) (start, end int) {
	s := l.s
	start, end = i-2, i+15
	if start < l.from || end > len(s) || isWord(l.before(start)) || l.before(start) == s[i] {
		return 0, 0
	}
	for j := start; j < end; j++ {
		if at := (j - start) % 3; at == 2 && s[j] != s[i] || at < 2 && !isHex(s[j]) {
			return 0, 0
		}
	}
	if c := l.peek(end); joins(c) || c == s[i] && joins(l.peek(end+1)) {
		return 0, 0
	}
	return start, end
}
