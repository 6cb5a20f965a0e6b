package protocol

import (
	"time"

	"github.com/krunk-go/krunk/internal/ascii"
)

const (
	defaultLimit = time.Minute    // of a 429 that says nothing
	maxLimit     = 24 * time.Hour // more than that is nonsense
)

// RateLimits remembers until when the server wants nothing of a category, in the time of a clock that its owner, the sender, counts
// from a moment of his own.
type RateLimits struct {
	_     [0]func()                 // no code to compare it
	until [Categories]time.Duration // 0: nothing was ever said
}

// Update takes the headers of any answer, 200 included. A limit is never shortened. A 429 whose header has no limit that can
// be read counts for everything, for as long as Retry-After says, or a minute; a date in there is told from wall, the Unix time in nanoseconds.
func (r *RateLimits) Update(header, retryAfter string, status int, now time.Duration, wall int64) {
	read := false
	for more := true; more; {
		var part string
		part, header, more = ascii.Cut(header, ',')
		read = r.limit(part, now) || read
	}
	if status == 429 && !read {
		r.extend(CategoryAll, now, parseRetryAfter(retryAfter, wall))
	}
}

// limit takes one limit: seconds ":" categories ":" scope [":" reason [":" namespaces]]. It reports whether it could be read,
// whether or not it limits anything that Krunk sends.
func (r *RateLimits) limit(s string, now time.Duration) bool {
	seconds, rest, ok := ascii.Cut(s, ':')
	if !ok {
		return false
	}
	d, ok := ParseSeconds(ascii.Trim(seconds, ascii.Space))
	if !ok {
		return false
	}
	categories, rest, _ := ascii.Cut(rest, ':')
	if !namespaced(rest) {
		r.all(categories, now, d)
	}
	return true
}

// namespaced reports whether scope:reason:namespaces names a namespace. Only metrics have them, so the limit is not for us,
// even when its list of categories is empty.
func namespaced(s string) bool {
	_, s, _ = ascii.Cut(s, ':')
	_, s, _ = ascii.Cut(s, ':')
	s, _, _ = ascii.Cut(s, ':')
	return ascii.Trim(s, "; \t") != ""
}

// all extends every category of a list.
func (r *RateLimits) all(categories string, now, d time.Duration) {
	if ascii.Trim(categories, ascii.Space) == "" {
		r.extend(CategoryAll, now, d)
		return
	}
	// A list of names that nobody knows is not "all".
	for more := true; more; {
		var name string
		name, categories, more = ascii.Cut(categories, ';')
		if c, ok := parseCategory(ascii.Trim(name, ascii.Space)); ok {
			r.extend(c, now, d)
			if c == CategoryAttachmentItem { // who wants no pieces gets no bytes
				r.extend(CategoryAttachment, now, d)
			}
		}
	}
}

func (r *RateLimits) extend(c Category, now, d time.Duration) {
	r.until[c] = max(r.until[c], now+d)
}

// Until returns when c may be sent again; 0 or a moment in the past if now. A number that is no Category, such as one read from a
// damaged file, is held up by a limit on everything alone.
func (r *RateLimits) Until(c Category) time.Duration {
	if c >= Categories {
		c = CategoryAll
	}
	return max(r.until[c], r.until[CategoryAll])
}

// Limited reports whether c must not be sent at that moment.
func (r *RateLimits) Limited(c Category, now time.Duration) bool { return r.Until(c) > now }

// parseRetryAfter reads seconds or an HTTP date. A date that has passed is a sign of a clock that is wrong, as on a handheld
// without a battery, and counts as none.
func parseRetryAfter(s string, wall int64) time.Duration {
	s = ascii.Trim(s, ascii.Space)
	if d, ok := ParseSeconds(s); ok {
		return d
	}
	if at, ok := parseHTTPDate(s); ok {
		if left := at - wall/int64(time.Second); left > 0 {
			return min(time.Duration(min(left, 2*perDay))*time.Second-time.Duration(wall%int64(time.Second)), maxLimit)
		}
	}
	return defaultLimit
}

// ParseSeconds reads seconds with or without decimals, of which milliseconds count; what is over a day is a day.
func ParseSeconds(s string) (time.Duration, bool) {
	whole, frac, _ := ascii.Cut(s, '.')
	ms, ok := digits(whole)
	if !ok {
		return 0, false
	}
	if ms *= 1000; frac != "" {
		n, ok := digits((frac + "00")[:3])
		if _, all := digits(frac); !ok || !all {
			return 0, false
		}
		ms += n
	}
	return min(time.Duration(ms)*time.Millisecond, maxLimit), true
}

// digits reads a number without a sign; a larger one than a billion counts as a billion.
//
//go:noinline
func digits(s string) (int64, bool) {
	n := int64(0)
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = min(n*10+int64(s[i]-'0'), 1e9)
	}
	return n, s != ""
}
