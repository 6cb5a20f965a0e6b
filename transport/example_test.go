package transport_test

import (
	"fmt"

	"github.com/krunk-go/krunk/transport"
)

// A console's own HTTP: send the fields as headers, return the status and two headers of the answer, and end when ctx does.
func ExampleFunc() {
	post := func(url string, body []byte, header ...string) (status int, retryAfter, rateLimits string, err error) {
		return 200, "", "", nil // the console's own call
	}
	t := transport.Func(func(ctx transport.Context, r *transport.Request) (transport.Response, error) {
		if err := ctx.Err(); err != nil {
			return transport.Response{}, err
		}
		status, after, limits, err := post(r.URL, r.Body,
			"X-Sentry-Auth", r.Auth, "User-Agent", r.UserAgent, "Content-Type", r.ContentType, "Content-Encoding", r.ContentEncoding)
		if err != nil {
			return transport.Response{}, err // no answer: the envelope is kept and tried again
		}
		return transport.Response{Status: status, RetryAfter: after, RateLimits: limits}, nil
	})
	resp, err := t.Send(forever{}, &transport.Request{URL: "https://sentry.example/api/42/envelope/"})
	fmt.Println(resp.Status, err)
	// Output: 200 <nil>
}

type forever struct{}

func (forever) Done() <-chan struct{} { return nil }
func (forever) Err() error            { return nil }
