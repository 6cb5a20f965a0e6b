package protocol

import "github.com/krunk-go/krunk/internal/ascii"

const (
	perDay = 24 * 60 * 60
	months = "JanFebMarAprMayJunJulAugSepOctNovDec"
)

// parseHTTPDate reads "Mon, 02 Jan 2006 15:04:05 GMT" as seconds since 1970.
func parseHTTPDate(s string) (int64, bool) {
	n, ok := parts(s, "?????00?????0000?00?00?00 GMT")
	if !ok || n[0] < 1 || n[0] > 31 || n[1] < 1970 {
		return 0, false
	}
	m := ascii.Index(months, s[8:11])
	return seconds(n[1], m/3+1, n[0], n[2], n[3], n[4]), m >= 0 && m%3 == 0
}

// parts reads the numbers of a text that looks like form: a 0 stands for a digit and a ? for anything.
func parts(s, form string) (n [7]int, ok bool) {
	if len(s) != len(form) {
		return n, false
	}
	at := -1
	for i := range len(form) {
		c := s[i]
		switch f := form[i]; {
		case f == '0' && c >= '0' && c <= '9':
			if i == 0 || form[i-1] != '0' {
				at++
			}
			n[at] = n[at]*10 + int(c-'0')
		case f != '?' && (f == '0' || f != c):
			return n, false
		}
	}
	return n, true
}

// seconds returns those since 1970 of a date in the Gregorian calendar.
func seconds(y, m, d, hour, min, sec int) int64 {
	if m <= 2 {
		y, m = y-1, m+12
	}
	days := 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 1 - 719468
	return int64(days)*perDay + int64(hour*3600+min*60+sec)
}

// number reads up to 18 digits.
//
//go:noinline
func number(s string) (n int64, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, s != "" && len(s) <= 18
}
