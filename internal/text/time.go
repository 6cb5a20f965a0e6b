package text

// Package time's own formatting and parsing link time zones and their files, 100 KiB on 32-bit ARM, for three fixed forms.

const (
	perDay = 24 * 60 * 60
)

// AppendTime appends a moment in nanoseconds since 1970 as RFC 3339 in UTC, such as 2026-09-21T14:13:21.004Z, with as many
// digits of a second as asked for: 0, 3, 6 or 9.
func AppendTime(dst []byte, ns int64, digits int) []byte {
	sec, frac := ns/1e9, ns%1e9
	if frac < 0 {
		sec, frac = sec-1, frac+1e9
	}
	return AppendUnix(dst, sec, frac, digits)
}

// AppendUnix is AppendTime for a moment in seconds since 1970 and nanoseconds beyond, which need not fit into an int64 as
// nanoseconds. Years of more than four digits and those before the year 0 are written with their sign, as ISO 8601 has it.
func AppendUnix(dst []byte, sec, frac int64, digits int) []byte {
	days, rest := sec/perDay, int(sec%perDay) // divisions of 64 bits are calls on 32-bit machines
	if rest < 0 {
		days, rest = days-1, rest+perDay
	}
	y, m, d := civil(days)
	if y < 0 {
		dst, y = append(dst, '-'), -y
	} else if y > 9999 {
		dst = append(dst, '+')
	}
	width := 4
	for most := 9999; y > most && width < 9; most = most*10 + 9 {
		width++
	}
	dst = append(padded(dst, y, width), '-')
	dst = append(padded(dst, m, 2), '-')
	dst = append(padded(dst, d, 2), 'T')
	dst = append(padded(dst, rest/3600, 2), ':')
	dst = append(padded(dst, rest/60%60, 2), ':')
	dst = padded(dst, rest%60, 2)
	if digits > 0 {
		part := int(frac)
		for n := digits; n < 9; n++ {
			part /= 10
		}
		dst = padded(append(dst, '.'), part, digits)
	}
	return append(dst, 'Z')
}

//go:noinline
func padded(dst []byte, v, width int) []byte {
	start := len(dst)
	for range width {
		dst = append(dst, '0')
	}
	for i := len(dst) - 1; i >= start; i-- {
		dst[i] = byte('0' + v%10)
		v /= 10
	}
	return dst
}

// civil returns the date of a day since 1970, in the Gregorian calendar. Years are counted from March on, so that the leap
// day is the last one of a year; 400 years have 146097 days.
func civil(days int64) (y, m, d int) {
	n := days + 719468 // since 1 March of the year 0
	era := n / 146097
	if n < 0 {
		era = (n - 146096) / 146097
	}
	doe := int(n - era*146097)
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d, m, y = doy-(153*mp+2)/5+1, mp+3, yoe+int(era)*400
	if m > 12 {
		m, y = m-12, y+1
	}
	return y, m, d
}
