package main

import (
	"time"

	"github.com/krunk-go/krunk/transport"
)

// Send posts one envelope by the console's own HTTP. Krunk calls it on a goroutine of its own, so that it may wait.
func (c *console) Send(ctx transport.Context, r *transport.Request) (transport.Response, error) {
	h := c.open("POST", r.URL)
	defer c.close(h) // r.Body is not looked at behind this
	c.set(h, "X-Sentry-Auth", r.Auth)
	c.set(h, "User-Agent", r.UserAgent)
	c.set(h, "Content-Type", r.ContentType)
	c.set(h, "Content-Encoding", r.ContentEncoding)
	c.start(h, r.Body)
	for !c.finished(h) {
		select {
		case <-ctx.Done():
			return transport.Response{}, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	return transport.Response{
		Status: c.status(h), RetryAfter: c.get(h, "Retry-After"), RateLimits: c.get(h, "X-Sentry-Rate-Limits"),
		Location: c.get(h, "Location"), ContentType: c.get(h, "Content-Type"),
	}, c.err(h) // no answer is an error; every answer, 404 and 500 too, is none
}
