package plan

import (
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/text"
)

// Release is a version in pieces: numbers, then an optional pre-release, which comes before the version without one.
type Release struct {
	_       [0]func() // see Fields
	Numbers [4]uint32
	Pre     string
}

func isRange(s string) bool { return ascii.LastIndexAny(s, "<>=^~*|") >= 0 }

// Comparison takes the first one off a range, which is a list of comparisons that must all hold, such as ">=1.42 <1.43".
func Comparison(list string) (op string, v Release, rest string, ok bool) {
	list = text.TrimSpace(list)
	part, rest, _ := ascii.Cut(list, ' ')
	n := 0
	for n < len(part) && strings.IndexByte("<>=", part[n]) >= 0 {
		n++
	}
	v, ok = parseRelease(part[n:])
	op = part[:n]
	return op, v, text.TrimSpace(rest), ok && wordAt(">= <= > < =", op) >= 0
}

// within reports whether a release lies in a range, and whether it is one.
func (r *Release) within(list string) (holds, ok bool) {
	holds = true
	for more := true; more; more = list != "" {
		var op string
		var v Release
		if op, v, list, ok = Comparison(list); !ok {
			return false, false
		}
		holds = holds && strings.IndexByte(op, "<=>"[r.compare(&v)+1]) >= 0
	}
	return holds, true
}

// parseRelease reads one to four numbers, after an optional name and "@" and an optional "v"; what follows "+" is ignored.
func parseRelease(s string) (Release, bool) {
	if _, after, ok := ascii.Cut(s, '@'); ok {
		s = after
	}
	s, _, _ = ascii.Cut(strings.TrimPrefix(s, "v"), '+')
	s, pre, dash := ascii.Cut(s, '-')
	r := Release{Pre: pre}
	for i := range r.Numbers {
		word, rest, more := ascii.Cut(s, '.')
		if word == "" || len(word) > 9 {
			return r, false
		}
		n, ok := digits(word)
		if !ok {
			return r, false
		}
		r.Numbers[i] = uint32(n)
		if s = rest; !more {
			return r, !dash || pre != ""
		}
	}
	return r, false
}

// compare returns -1, 0 or 1.
func (r *Release) compare(s *Release) int {
	for i, n := range r.Numbers {
		if n != s.Numbers[i] {
			if n < s.Numbers[i] {
				return -1
			}
			return 1
		}
	}
	switch {
	case r.Pre == s.Pre:
		return 0
	case r.Pre == "":
		return 1
	case s.Pre == "":
		return -1
	}
	return comparePre(r.Pre, s.Pre)
}

// comparePre orders pre-releases as semver does: numbers by value and before words, then the shorter first.
func comparePre(a, b string) int {
	for {
		x, restA, moreA := ascii.Cut(a, '.')
		y, restB, moreB := ascii.Cut(b, '.')
		switch m, n := rank(x), rank(y); {
		case m < n:
			return -1
		case m > n:
			return 1
		case x != y:
			return strings.Compare(x, y)
		case !moreA && !moreB:
			return 0
		case !moreA:
			return -1
		case !moreB:
			return 1
		}
		a, b = restA, restB
	}
}

// rank is the value of a number, of which nine digits count, and above all of them for a word.
//
//go:noinline
func rank(s string) int {
	n, ok := digits(s[:min(len(s), 9)])
	if !ok {
		n = 1e9
	}
	return n
}
