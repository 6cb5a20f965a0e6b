package protocol

import (
	"bytes"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/text"
)

// AppendMoved appends an item of an event or of log records with its times moved by so many nanoseconds: it was encoded when the
// device did not know the time yet. What is no time that Krunk wrote stays as it is.
func AppendMoved(dst, item []byte, by int64) []byte {
	payload, at := payloadOf(item)
	if at < 0 {
		return append(dst, item...)
	}
	return appendWith(dst, item[:at], moveObject(nil, payload, by, 0))
}

// payloadOf returns the payload of an item, and where in its line the length of that stands, less than 0 if it does not.
func payloadOf(item []byte) (payload Raw, at int) {
	const length = `"length":`
	line := bytes.IndexByte(item, '\n') + 1
	if at = ascii.LastIndex(string(item[:line]), length); at < 0 || line == len(item) {
		return nil, -1
	}
	return item[line : len(item)-1], at + len(length)
}

// appendWith appends an item of another payload whose line begins like that.
func appendWith(dst, line []byte, payload Raw) []byte {
	dst = itemLine(append(dst, line...), len(payload))
	return text.Append(append(dst, payload...), "\n")
}

// deepest is how deep the objects lie that have times: those of breadcrumbs.
const deepest = 2

// moveObject moves the times of a payload, and of the lists in it that have times.
func moveObject(dst []byte, o Raw, by int64, depth int) []byte {
	dst = text.Append(dst, "{")
	for _, m := range AppendMembers(nil, o) {
		switch key := string(m.Key); {
		case key == `"timestamp"`:
			m.Value = moveTime(m.Value, by)
		case depth == deepest:
		case key == `"breadcrumbs"`:
			m.Value = moveObject(nil, m.Value, by, depth+1)
		case key == `"values"`, key == `"items"`:
			m.Value = moveList(m.Value, by, depth+1)
		}
		dst = m.append(dst)
	}
	return text.Append(dst, "}")
}

func moveList(list Raw, by int64, depth int) Raw {
	out := append(make(Raw, 0, len(list)+len(list)/8), '[')
	for i := inside(list, '['); i < len(list) && list[i] == '{'; {
		to := end(list, i)
		if len(out) > 1 {
			out = text.Append(out, ",")
		}
		out = moveObject(out, list[i:to], by, depth)
		i = next(list, to)
	}
	return text.Append(out, "]")
}

// moveTime moves Unix seconds or a time of RFC 3339, with the resolution of a microsecond.
func moveTime(v Raw, by int64) Raw {
	if v[0] != '"' {
		if us, ok := parseMicroseconds(v); ok {
			return text.AppendFloat(nil, float64(us+by/1000)/1e6)
		}
	} else if us, ok := parseTime(string(v[1:max(len(v)-1, 1)])); ok {
		return append(text.AppendTime(Raw{'"'}, us*1000+by, 6), '"')
	}
	return v
}

// parseMicroseconds reads a number of seconds that is not negative and written without an exponent.
func parseMicroseconds(b []byte) (us int64, ok bool) {
	whole, fraction, _ := ascii.Cut(string(b), '.')
	sec, ok := number(whole)
	for i := range 6 {
		us *= 10
		if i < len(fraction) {
			us += int64(fraction[i] - '0')
		}
	}
	_, digits := number(fraction)
	return sec*1e6 + us, ok && sec < 1<<40 && (digits || len(fraction) == 0)
}

// parseTime reads a time as breadcrumbs have it.
func parseTime(s string) (us int64, ok bool) {
	n, ok := parts(s, "0000-00-00T00:00:00.000000Z")
	return seconds(n[0], n[1], n[2], n[3], n[4], n[5])*1e6 + int64(n[6]), ok
}
