package krunk

import (
	"errors"
	"strings"

	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/text"
)

// SetTrace makes events and log records that are captured after the call part of the trace with that id, such as the one that the game
// server gives for a match, so that a Sentry-compatible server shows what client and server reported side by side. The id is 32
// lower-case hexadecimal digits, or a header that begins with them: sentry-trace or W3C's traceparent. Empty: the trace of this run, as
// before the first call. The error says what to write instead, and nothing changes. It never blocks, does not allocate unless the black
// box is full, and takes effect however full that is.
func (c *Client) SetTrace(id string) error {
	trace, ok := traceOf(id)
	if !ok {
		return errors.New("krunk: SetTrace: " + text.Quote(id) + ` is no trace id; write 32 lower-case hexadecimal digits that are not all zero, such as "771a43a4192642f0b136d5159a501700"`)
	}
	if c != nil && c.sender != nil {
		c.sender.Traced.Store(true)
	}
	c.scope(record.SetTrace, trace)
	return nil
}

// traceOf finds the id in a header: "771a43a4192642f0b136d5159a501700-a87e…-1" of Sentry, "00-771a…-a87e…-01" of W3C.
func traceOf(s string) (id string, ok bool) {
	if len(s) > 2 && s[2] == '-' {
		s = s[3:]
	}
	if s == "" {
		return "", true
	}
	if len(s) > 32 && s[32] == '-' {
		s = s[:32]
	}
	return s, len(s) == 32 && text.IsHex(s) && strings.Trim(s, "0") != ""
}
