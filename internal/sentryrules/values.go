package sentryrules

import (
	"fmt"
	"strings"
	"time"
)

func isHex(s string) bool {
	for i := 0; i < len(s); i++ {
		if (s[i] < '0' || s[i] > '9') && (s[i] < 'a' || s[i] > 'f') {
			return false
		}
	}
	return s != ""
}

// hexID is an id of so many lower-case hex digits, not all zero.
func hexID(digits int, loss Loss) rule {
	return func(c *check, n *Node) {
		want := fmt.Sprintf("%d lower-case hex digits, not all zero", digits)
		switch {
		case !c.is(n, text):
		case len(n.str) != digits || !isHex(n.str):
			c.faultf(n, loss, want, "id %q", Clip(n.str))
		case strings.Trim(n.str, "0") == "":
			c.faultf(n, loss, want, "id of zeros")
		}
	}
}

// eventID is an event's id: dashes and capitals are understood, garbage and zeros are not.
func eventID(loss Loss) rule {
	const want = "32 lower-case hex digits without dashes (UUIDv4), not all zero"
	return func(c *check, n *Node) {
		if n.kind != text {
			c.faultf(n, loss, want, "event id is %v", n.kind)
			return
		}
		plain := strings.ReplaceAll(strings.ToLower(n.str), "-", "")
		switch {
		case len(plain) != 32 || !isHex(plain) || strings.Trim(plain, "0") == "":
			c.faultf(n, loss, want, "event id %q", Clip(n.str))
		case plain != n.str:
			c.faultf(n, lossNone, want, "event id %q", Clip(n.str))
		case n.str[12] != '4' || strings.IndexByte("89ab", n.str[16]) < 0:
			c.note(n, "event id is no UUIDv4", want)
		}
	}
}

func isUUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return len(s) == 32 && isHex(strings.ToLower(s))
	}
	plain := strings.ReplaceAll(strings.ToLower(s), "-", "")
	return len(plain) == 32 && isHex(plain)
}

// address is a hex number with 0x in a string.
func address(c *check, n *Node) {
	if !c.is(n, text) {
		return
	}
	digits, ok := strings.CutPrefix(n.str, "0x")
	if !ok || len(digits) > 16 || !isHex(strings.ToLower(digits)) {
		c.faultf(n, lossField, `a string such as "0x7f00a8"`, "address %q", Clip(n.str))
	}
}

// moment is a point in time, sane by itself, and at most past old and future ahead (0: any).
func moment(loss Loss, past, future time.Duration) rule {
	return func(c *check, n *Node) {
		t, ok := n.time()
		switch {
		case n.kind == null || n.kind != text && n.kind != number:
			c.faultf(n, loss, "Unix seconds or RFC 3339", "time is %v", n.kind)
		case !ok:
			c.faultf(n, loss, "Unix seconds as a number, or RFC 3339", "time %q", Clip(n.str))
		case t.Year() < 1990 || t.Year() >= 2100:
			c.faultf(n, loss, "seconds since 1970, not milliseconds nor time since boot", "time %s", Clip(n.str))
		case c.opt.AnyTime:
		case past > 0 && c.now.Sub(t) > past:
			c.faultf(n, loss, fmt.Sprintf("nothing older than %v", past), "time %s is %v old", Clip(n.str), c.now.Sub(t).Round(time.Second))
		case future > 0 && t.Sub(c.now) > future:
			c.faultf(n, loss, fmt.Sprintf("nothing later than %v from now", future), "time %s is %v ahead", Clip(n.str), t.Sub(c.now).Round(time.Second))
		}
	}
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

// release is a release that keeps its health data.
func release(c *check, n *Node) {
	const want = "package@version+build: at most 200 characters without / \\ and control characters"
	if !c.is(n, text) {
		return
	}
	s := n.str
	switch {
	case s == "" || s == "." || s == ".." || strings.EqualFold(s, "latest"):
		c.faultf(n, lossField, want, "release %q is not allowed", s)
	case hasControl(s) || strings.ContainsAny(s, `/\`):
		c.faultf(n, lossField, want, "release %q holds a forbidden character", Clip(s))
	case strings.TrimSpace(s) != s:
		c.faultf(n, lossField, want, "release %q has spaces at its ends", Clip(s))
	case !strings.Contains(s, "@"):
		c.note(n, "release without package@: servers cannot order it", want)
	}
	str(200)(c, n)
}

func environment(c *check, n *Node) {
	const want = "at most 64 characters without / \\ and control characters, not none"
	if !c.is(n, text) {
		return
	}
	switch s := n.str; {
	case s == "" || s == "." || s == ".." || strings.EqualFold(s, "none"):
		c.faultf(n, lossField, want, "environment %q is not allowed", s)
	case hasControl(s) || strings.ContainsAny(s, `/\`) || strings.TrimSpace(s) != s:
		c.faultf(n, lossField, want, "environment %q holds a forbidden character", Clip(s))
	}
	str(64)(c, n)
}

func charset(s, extra string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(extra, r)
	})
}

func dist(c *check, n *Node) {
	filled(64)(c, n)
	if n.kind == text && !charset(n.str, "_.-") {
		c.faultf(n, lossField, "letters, digits, _ . and -", "dist %q", Clip(n.str))
	}
}

// scrubbed notes a key whose value the default scrubbing of servers removes.
func (c *check) scrubbed(n *Node, name string) {
	lower := strings.ToLower(name)
	for _, part := range []string{"password", "passwd", "secret", "api_key", "apikey", "auth", "credentials", "token", "bearer", "private_key", "privatekey"} {
		if strings.Contains(lower, part) {
			c.note(n, "key holds "+part+": servers replace its value by [Filtered]", "another key")
			return
		}
	}
}

// scrubKeys notes such keys anywhere below n.
func scrubKeys(c *check, n *Node) {
	for _, e := range n.Elems {
		scrubKeys(c, e)
	}
	for _, m := range n.Members {
		mark := c.key(m.Name)
		c.scrubbed(m.Val, m.Name)
		scrubKeys(c, m.Val)
		c.out(mark)
	}
}
