package protocol

import "github.com/krunk-go/krunk/internal/ascii"

const (
	perDay = 24 * 60 * 60
	months = "JanFebMarAprMayJunJulAugSepOctNovDec"
)

// parseHTTPDate reads "Mon, 02 Jan 2006 15:04:05 GMT" as seconds since 1970.
func parseHTTPDate(s string) (int64, bool) {
	const form = "Mon, dd Mmm dddd dd:dd:dd GMT"
	if len(s) != len(form) || s[len(s)-4:] != " GMT" {
		return 0, false
	}
	number := func(from, to int) int64 {
		n, ok := number(s[from:to])
		if !ok {
			return -1
		}
		return n
	}
	d, y, m := number(5, 7), number(12, 16), int64(ascii.Index(months, s[8:11]))
	h, mi, se := number(17, 19), number(20, 22), number(23, 25)
	if d < 1 || d > 31 || y < 1970 || m < 0 || m%3 != 0 || h < 0 || mi < 0 || se < 0 {
		return 0, false
	}
	return days(y, m/3+1, d)*perDay + h*3600 + mi*60 + se, true
}

// days returns the days since 1970 of a date, in the Gregorian calendar.
func days(y, m, d int64) int64 {
	if m <= 2 {
		y, m = y-1, m+12
	}
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 1 - 719468
}

// number reads up to 18 digits.
func number(s string) (n int64, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, s != "" && len(s) <= 18
}
