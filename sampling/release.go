package sampling

import "strings"

// versionRange is a list of comparisons that must all hold, such as ">=1.42 <1.43".
type versionRange []comparison

type comparison struct {
	op      string
	version release
}

// release is a version in pieces: numbers, then an optional pre-release, which comes before the version without one.
type release struct {
	numbers [4]uint32
	pre     string
}

func isRange(s string) bool { return strings.ContainsAny(s, "<>=^~*|") }

func parseRange(s string) (versionRange, bool) {
	var out versionRange
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		end := strings.IndexByte(s, ' ') // strings.Fields would bring a kilobyte
		if end < 0 {
			end = len(s)
		}
		part := s[:end]
		s = s[end:]
		n := 0
		for n < len(part) && strings.IndexByte("<>=", part[n]) >= 0 {
			n++
		}
		v, ok := parseRelease(part[n:])
		if op := part[:n]; !ok || op != ">=" && op != "<=" && op != ">" && op != "<" && op != "=" {
			return nil, false
		}
		out = append(out, comparison{part[:n], v})
	}
	return out, len(out) > 0
}

// parseRelease reads one to four numbers, after an optional name and "@" and an optional "v"; what follows "+" is ignored.
func parseRelease(s string) (release, bool) {
	if _, after, ok := strings.Cut(s, "@"); ok {
		s = after
	}
	s, _, _ = strings.Cut(strings.TrimPrefix(s, "v"), "+")
	s, pre, dash := strings.Cut(s, "-")
	r := release{pre: pre}
	for i := range r.numbers {
		word, rest, more := strings.Cut(s, ".")
		if word == "" || len(word) > 9 {
			return r, false
		}
		n, ok := digits(word)
		if !ok {
			return r, false
		}
		r.numbers[i] = uint32(n)
		if s = rest; !more {
			return r, !dash || pre != ""
		}
	}
	return r, false
}

func (v versionRange) holds(s string) bool {
	mine, ok := parseRelease(s)
	if !ok || len(v) == 0 {
		return false
	}
	for _, c := range v {
		n := mine.compare(c.version)
		switch c.op {
		case ">=":
			ok = n >= 0
		case "<=":
			ok = n <= 0
		case ">":
			ok = n > 0
		case "<":
			ok = n < 0
		default:
			ok = n == 0
		}
		if !ok {
			return false
		}
	}
	return true
}

func (r release) compare(s release) int {
	for i, n := range r.numbers {
		if n != s.numbers[i] {
			if n < s.numbers[i] {
				return -1
			}
			return 1
		}
	}
	switch {
	case r.pre == s.pre:
		return 0
	case r.pre == "":
		return 1
	case s.pre == "":
		return -1
	}
	return comparePre(r.pre, s.pre)
}

// comparePre orders pre-releases as semver does: numbers by value and before words, then the shorter first.
func comparePre(a, b string) int {
	for {
		x, restA, moreA := strings.Cut(a, ".")
		y, restB, moreB := strings.Cut(b, ".")
		m, isM := digits(x[:min(len(x), 9)])
		n, isN := digits(y[:min(len(y), 9)])
		switch {
		case isM && isN && m != n:
			if m < n {
				return -1
			}
			return 1
		case isM != isN:
			if isM {
				return -1
			}
			return 1
		case x != y:
			return strings.Compare(x, y)
		case !moreA || !moreB:
			if moreA == moreB {
				return 0
			}
			if moreB {
				return -1
			}
			return 1
		}
		a, b = restA, restB
	}
}
