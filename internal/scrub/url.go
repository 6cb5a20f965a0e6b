package scrub

import (
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
)

// colon returns what to cut on account of the colon at i: userinfo and host of a URL, an IPv6 or hardware address, the name that
// was looked up, a secret.
func (l *look) colon(i int) (start, end int) {
	s := l.s
	if start, end, is := l.url(i); is {
		return start, end
	}
	if start, end = l.mac(i); end > 0 {
		return start, end
	}
	start = i
	for start > l.from && isHex(s[start-1]) {
		start--
	}
	if c := l.before(start); i-start <= 4 && !isWord(c) && c != ':' {
		if end, private := ipv6(s, start); end > 0 {
			if start, end = l.address(start, end, private); end > start {
				return start, end
			}
		}
	}
	if start, end = l.lookedUp(i); end > 0 {
		return start, end
	}
	return l.named(i)
}

// url returns what to cut of the URL whose colon is at i: its userinfo, or then its host if that is no public name.
func (l *look) url(i int) (start, end int, is bool) {
	s := l.s
	host := i + 1
	for range 2 {
		n := separator(s, host)
		if n == 0 || s[host+n-1] != '/' {
			return 0, 0, n == 0 && l.peek(host) == '~' && host > i+1 // file://home/anna was cut
		}
		host += n
	}
	scheme := s[l.back(i, "+-"):i]
	if len(scheme) < 2 {
		return 0, 0, false
	}
	at := -1
	if n := strings.LastIndexByte(s[host:until(s, host, "/\\?#\"'`<>%")], '@'); n > 0 {
		at = host + n
	}
	if at > host && s[host:at] != Mark {
		return host, at, true
	}
	start, end = l.nearby(max(host, at+1), scheme)
	return start, end, true
}

// nearby returns the host at i if its name has no dot: that is a machine in the same network.
func (l *look) nearby(i int, scheme string) (start, end int) {
	s := l.s
	end = word(s, i, "-")
	c := l.peek(end)
	if end == i || s[i:end] == "localhost" || c == '.' && joins(l.peek(end+1)) || c == '@' || c == '~' {
		return 0, 0
	}
	if c == ':' && isDigit(l.peek(end+1)) {
		return i, end
	}
	if oneOf(" http https ws wss ftp ftps sftp tcp tls udp quic smb ssh file ", scheme) {
		return i, end
	}
	return 0, 0
}

// mail returns the name before the @ at i if that is an e-mail address. Behind a userinfo that was cut it is the host that
// counts.
func (l *look) mail(i int) (start, end int) {
	s := l.s
	if l.before(i) == '~' {
		return l.nearby(i+1, "http")
	}
	start = l.back(i, ".%+-")
	if c := l.before(start); start == i || c == '/' || c == '~' || isDigit(l.peek(i+1)) { // lib/x@v1.0.zip, icon@2x.png
		return 0, 0
	}
	domain := ascii.TrimRight(s[i+1:word(s, i+1, "-.")], ".")
	dot := strings.LastIndexByte(domain, '.')
	if dot < 1 || len(domain)-dot < 3 {
		return 0, 0
	}
	for _, c := range []byte(domain[dot+1:]) { // lib@v1.2.3-rc4
		if !isLetter(c) && c < 0x80 {
			return 0, 0
		}
	}
	return start, i
}

// question looks at what follows the ? or # at i: a query, whose values are found at their =, or a single value.
func (l *look) question(i int) (start, end int) {
	s := l.s
	end = word(s, i+1, "")
	c := l.before(i)
	if s[i] == '?' && end > i+1 && (end == len(s) || s[end] <= ' ' || s[end] == '"') && (isWord(c) || c == '/' || c == '~') {
		return i + 1, end
	}
	l.query = true
	return 0, 0
}

// valueEnd returns the end of a query's value that begins at i, without what a sentence goes on with.
func (l *look) valueEnd(i int) int {
	s := l.s
	j := until(s, i, "&#\"<>`")
	if j < len(s) && s[j] == '"' {
		for j > i && s[j-1] == '\\' {
			j--
		}
	}
	for j > i && has(".,:;!)'", s[j-1]) {
		j--
	}
	return j
}
