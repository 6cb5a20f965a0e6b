package nethttp

import (
	"context"
	"time"

	"github.com/krunk-go/krunk/transport"
)

// parent makes a context.Context of a transport.Context that is none. A context derived from it costs a goroutine until it
// is cancelled, which Send does before it returns; those that net/http derives from that one cost none.
type parent struct{ transport.Context }

// Deadline returns none: the end comes through Done.
func (parent) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value returns nil.
func (parent) Value(any) any { return nil }

// limit returns ctx as net/http wants it, ended by d as well.
func limit(ctx transport.Context, d time.Duration) (context.Context, context.CancelFunc) {
	c, ok := ctx.(context.Context)
	if !ok {
		c = parent{ctx}
	}
	return context.WithTimeout(c, d)
}
