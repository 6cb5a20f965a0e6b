package sentrytest

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"time"
)

// Reply says how to answer one request. The zero value answers as a server would: 200, or an error status to a request
// that is refused. Envelopes are judged and recorded before any wait.
type Reply struct {
	Status     int    // 0: what the request deserves
	RateLimits string // X-Sentry-Rate-Limits; "": that of Options
	RetryAfter string // Retry-After
	Body       string // "": {"id":…} with 2xx, else {"detail":…}

	Delay    time.Duration // before the answer
	SlowBody time.Duration // over which the body of the answer is spread
	Hang     bool          // no answer until the client goes away or the Server is closed
	Reset    bool          // no answer; the connection is reset, after Delay (transport/nethttp sends once more if it was a kept one)

	// Keep counts a well-formed envelope as accepted although it gets an error or no answer, as when the answer is lost
	// on its way.
	Keep bool
}

// Received is a request as the function set by Answer sees it, before it is recorded.
type Received struct {
	Envelope Envelope
	Events   []Event
	Logs     []Log
	Faults   []Fault
	Status   int // what the request deserves
}

// OK is the answer that a request deserves.
func OK() Reply { return Reply{} }

// Limit is a 429 with an X-Sentry-Rate-Limits header, such as "60:error:organization".
func Limit(header string) Reply { return Reply{Status: http.StatusTooManyRequests, RateLimits: header} }

// TooLarge is a 413.
func TooLarge() Reply { return Reply{Status: http.StatusRequestEntityTooLarge} }

// Unavailable is a 503.
func Unavailable() Reply { return Reply{Status: http.StatusServiceUnavailable} }

// Hang never answers.
func Hang() Reply { return Reply{Hang: true} }

// Reset closes the connection without an answer.
func Reset() Reply { return Reply{Reset: true} }

// Slow answers after d.
func Slow(d time.Duration) Reply { return Reply{Delay: d} }

// Next queues replies: each answers one request, in order of arrival, before the function of Answer is asked again.
func (s *Server) Next(replies ...Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = append(s.script, replies...)
}

// Answer lets f decide how to answer. It is called by several goroutines at once and may call every method of the Server
// but Close; nil goes back to the usual answers.
func (s *Server) Answer(f func(r Received) Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

// answer is a Reply ready to be sent.
type answer struct {
	Reply
	status int
	cause  string // X-Sentry-Error
}

func newAnswer(v *verdict, r Reply, limits string) answer {
	a := answer{Reply: r, status: r.Status, cause: v.cause}
	if a.status == 0 {
		a.status = http.StatusOK
		if v.status != 0 {
			a.status = v.status
		}
	}
	if a.RateLimits == "" {
		a.RateLimits = limits
	}
	if a.status < 300 {
		a.cause = ""
	} else if a.cause == "" {
		a.cause = http.StatusText(a.status)
	}
	if a.Body == "" {
		a.Body = body(v.env.Header.EventID, a.cause)
	}
	return a
}

func body(id, cause string) string {
	var b []byte
	switch {
	case cause != "":
		b, _ = json.Marshal(map[string]any{"detail": "envelope refused", "causes": []string{cause}})
	case id != "":
		b, _ = json.Marshal(map[string]string{"id": id})
	default:
		b = []byte("{}")
	}
	return string(b)
}

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// pause waits for d and reports whether it passed before the client or the Server went away.
func (s *Server) pause(gone <-chan struct{}, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-gone:
	case <-s.closed:
	}
	return false
}

// hang waits until the client or the Server goes away.
func (s *Server) hang(gone <-chan struct{}) {
	select {
	case <-gone:
	case <-s.closed:
	}
}
