package plan

import (
	"time"

	"github.com/krunk-go/krunk/internal/gate"
)

// Rate is a number of records per second, minute or hour; the zero rate is no limit.
type Rate struct {
	N   uint32
	Per time.Duration
}

// ParseRate reads "N/s", "N/m" or "N/h" with N from 1 to 1,000,000.
func ParseRate(s string) (Rate, bool) {
	if len(s) < 3 || s[len(s)-2] != '/' {
		return Rate{}, false
	}
	n, ok := count(s[:len(s)-2])
	per := unit(s[len(s)-1])
	if !ok || per == 0 {
		return Rate{}, false
	}
	return Rate{N: n, Per: per}, true
}

// span reads a duration such as "5m": one whole number and one unit.
func span(s string) (time.Duration, bool) {
	if len(s) < 2 {
		return 0, false
	}
	n, ok := count(s[:len(s)-1])
	per := unit(s[len(s)-1])
	return time.Duration(n) * per, ok && per != 0
}

func unit(c byte) time.Duration {
	switch c {
	case 's':
		return time.Second
	case 'm':
		return time.Minute
	case 'h':
		return time.Hour
	}
	return 0
}

func count(s string) (uint32, bool) {
	n := uint32(0)
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' || i > 6 {
			return 0, false
		}
		n = n*10 + uint32(s[i]-'0')
	}
	return n, len(s) > 0 && s[0] != '0' && n <= gate.Million
}

// rfc3339 reads a time with zone. It stands here because time.Parse brings every layout with it, and time.Date 4 KiB.
func rfc3339(s string) (Moment, bool) {
	if len(s) < 20 || len(s) > 40 {
		return 0, false
	}
	v, ok := numbers(s[:19], "0000-00-00T00:00:00")
	micros, rest := fraction(s[19:])
	ahead, ok2 := zone(rest)
	day, exists := civil(v[0], v[1], v[2])
	if !ok || !ok2 || !exists || v[3] > 23 || v[4] > 59 || v[5] > 59 {
		return 0, false
	}
	return MomentAt(int64(day)*86400+int64(v[3]*3600+v[4]*60+v[5]-ahead)) + Moment(micros), true
}

// numbers reads those that a layout has as zeros.
func numbers(s, layout string) (v [6]int, ok bool) {
	n := 0
	for i := range len(layout) {
		digit := int(s[i]) - '0'
		switch {
		case layout[i] != '0' && layout[i] == s[i]:
			n++
		case layout[i] == '0' && digit >= 0 && digit <= 9:
			v[n] = v[n]*10 + digit
		default:
			return v, false
		}
	}
	return v, true
}

// civil returns the days from 1970-01-01 to a date of the Gregorian calendar, and whether there is such a date. Years begin in
// March, so that the leap day is the last one.
func civil(year, month, day int) (days int, exists bool) {
	const lengths = "\x1f\x1c\x1f\x1e\x1f\x1e\x1f\x1f\x1e\x1f\x1e\x1f"
	if month < 1 || month > 12 || day < 1 {
		return 0, false
	}
	last := int(lengths[month-1])
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		last = 29
	}
	if month < 3 {
		year, month = year-1, month+12
	}
	// 719469 brings 1 March of the year 0 to where 1970-01-01 is 0; year is at least -1.
	leaps := (year+400)/4 - (year+400)/100 + (year+400)/400 - 97
	return 365*year + leaps + (153*(month-3)+2)/5 + day - 719469, day <= last
}

// Whole reads a number of decimal digits alone.
func Whole(s string) (uint64, bool) {
	n := uint64(0)
	for i := range len(s) {
		c := uint64(s[i] - '0')
		if c > 9 || n > (1<<64-1-c)/10 {
			return 0, false
		}
		n = n*10 + c
	}
	return n, s != ""
}

func digits(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// fraction reads what is behind the seconds; of more than six digits the first.
func fraction(s string) (micros int, rest string) {
	if s == "" || s[0] != '.' {
		return 0, s
	}
	scale := 100_000
	i := 1
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		micros += int(s[i]-'0') * scale
		scale /= 10
	}
	if i == 1 {
		return 0, ""
	}
	return micros, s[i:]
}

// zone reads how many seconds a zone is ahead.
func zone(s string) (ahead int, ok bool) {
	if s == "Z" {
		return 0, true
	}
	if len(s) != 6 {
		return 0, false
	}
	v, ok := numbers(s[1:], "00:00")
	if ahead = v[0]*3600 + v[1]*60; s[0] == '-' {
		ahead = -ahead
	}
	return ahead, ok && (s[0] == '-' || s[0] == '+') && v[0] < 24 && v[1] < 60
}

// numeral says why a number is not usable.
type numeral uint8

const (
	numGood     numeral = iota
	numNegative         // below zero
	numFine             // has more decimals than the scale
	numLarge            // beyond 10^17
)

// Decimal returns the JSON number lit times 10^scale, exactly or not at all.
func Decimal(lit string, scale int) (uint64, numeral) {
	const most = 100_000_000_000_000_000
	m, zeros, point, behind, lost, i := uint64(0), 0, 0, 0, false, 0
	for ; i < len(lit) && lit[i]|0x20 != 'e'; i++ {
		switch lit[i] {
		case '-':
		case '.':
			point = 1
		default:
			// Zeros wait until another digit follows them, so that nothing has to be divided at the end.
			behind += point
			if zeros++; lit[i] == '0' {
				continue
			}
			for ; zeros > 0 && m < most; zeros-- {
				m *= 10
			}
			lost, zeros = zeros > 0, 0
			m += uint64(lit[i] - '0')
		}
	}
	tens := scale + zeros - behind
	if i < len(lit) {
		tens += exponent(lit[i+1:])
	}
	if m == 0 {
		return 0, numGood
	}
	for ; tens > 0 && m < most; tens-- {
		m *= 10
	}
	switch {
	case lit[0] == '-':
		return 0, numNegative
	case tens < 0 || lost:
		return 0, numFine
	case tens > 0 || m > most:
		return 0, numLarge
	}
	return m, numGood
}

// exponent reads the digits after e, saturating far beyond what any field takes.
func exponent(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] >= '0' && n < 1<<20 {
			n = n*10 + int(s[i]-'0')
		}
	}
	if s[0] == '-' {
		return -n
	}
	return n
}
