// Package transport is the contract between Krunk and whatever carries its bytes: POST them there, tell the status and
// a few headers. It imports neither net nor context, so a console's own HTTP costs nothing but itself.
//
// Package transport/nethttp implements it over net/http, transport/http1 over net and crypto/tls alone, transport/fetch over a browser's fetch,
// and transport/sentrytest is a strict endpoint for tests. Package transport/deflate compresses what they carry.
package transport

// Context says when a Send has to end. Every context.Context is one. This package does not name that type: with it come
// time.Time's methods and the time zones, 58 KiB that a console's program does not need.
type Context interface {
	Done() <-chan struct{} // closed when Send has to return
	Err() error            // nil until Done is closed, then why
}

// Transport carries envelopes to a server.
//
// Send posts one envelope and returns the answer. It is called by one goroutine at a time, may block until ctx ends, and
// must not retain r or r.Body: both are reused for the next envelope. An error means that no answer came (the envelope is
// kept and tried again); every answer of the server, also 3xx, 4xx and 5xx, is a Response and no error. A Send that panics or
// ends its goroutine costs that attempt.
//
// Two more methods are used where a Transport has them:
//
//   - Parallel() int says how many Sends may be under way at once, each in a goroutine of its own; Krunk uses four at most, and
//     more than one only while the server answers and several envelopes wait. Without it that is one.
//   - CloseIdle() ends what is kept for the next Send: connections and their goroutines. It is called when a client is closed, and when
//     Client.Consent says that nothing may be sent, and no Send is under way. A Send may follow all the same, for a panic that meets a closed
//     client and for a player who says yes.
type Transport interface {
	Send(ctx Context, r *Request) (Response, error)
}

// Parallel returns how many Sends t takes at once, 1 at least.
func Parallel(t Transport) int {
	if p, ok := t.(interface{ Parallel() int }); ok {
		return max(p.Parallel(), 1)
	}
	return 1
}

// CloseIdle ends what t keeps for the next Send, if it keeps anything.
func CloseIdle(t Transport) {
	if c, ok := t.(interface{ CloseIdle() }); ok {
		c.CloseIdle()
	}
}

// Request is one POST. Empty fields are not sent. It is owned by the caller of Send and valid until Send returns.
type Request struct {
	URL             string // absolute, with the trailing slash that Sentry's endpoints need
	Auth            string // value of the X-Sentry-Auth header
	UserAgent       string
	ContentType     string
	ContentEncoding string // "" or "gzip"
	Body            []byte // sent with its Content-Length, never chunked
}

// Response is the answer of the server: its status and the headers that Krunk looks at, as received.
type Response struct {
	Status      int
	RetryAfter  string // Retry-After: seconds or an HTTP date
	RateLimits  string // X-Sentry-Rate-Limits; several such headers are joined by ", "
	Location    string // Location of a redirect, for the text that says what to write into the DSN; it is not followed
	ContentType string // Content-Type of an answer with a body, "" without one: a page of HTML with 200 is no server's answer
	Note        string // what the transport has to say to whoever reads Stats.LastError, usually nothing
}

// Func makes a Transport of a function.
type Func func(ctx Context, r *Request) (Response, error)

// Send calls f.
func (f Func) Send(ctx Context, r *Request) (Response, error) { return f(ctx, r) }
