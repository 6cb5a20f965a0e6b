package sender

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/transport"
)

func TestExplain(t *testing.T) {
	const plain, secure = "http://sentry.example/api/1/envelope/", "https://sentry.example/api/1/envelope/"
	for _, tt := range []struct {
		name, url string
		answer    transport.Response
		err       error
		want      string
	}{
		{"accepted", secure, transport.Response{Status: 200, ContentType: "application/json"}, nil, ""},
		{"accepted, HTML without a body", secure, transport.Response{Status: 200}, nil, ""},
		{"limited", secure, transport.Response{Status: 429}, nil, "status 429: the server takes no more for now: look at the quota and the rate limits of the project"},
		{"note", secure, transport.Response{Status: 200, Note: "sent plain"}, nil, "sent plain"},
		{"no answer", secure, transport.Response{}, errNetwork, "no route to host"},
		{"a page", plain, transport.Response{Status: 200, ContentType: "Text/HTML; charset=utf-8"}, nil,
			"status 200 with a page of HTML, which is no answer of a server: log in to the network, or compare the host in Config.DSN"},
		{"http to https", plain, transport.Response{Status: 301, Location: "https://sentry.example/api/1/envelope/?sentry_key=secret"}, nil,
			"status 301: the server sends to https://sentry.example/…; write https in Config.DSN"},
		{"another host", secure, transport.Response{Status: 302, Location: "http://user:word@login.hotel?back=https://x/"}, nil,
			"status 302: the server sends to http://login.hotel/…: write that in Config.DSN, or log in to the network if it is a page for that"},
		{"relative", plain, transport.Response{Status: 308, Location: "/login"}, nil,
			"status 308: the server sends elsewhere: compare Config.DSN with what it shows"},
		{"wrong key", secure, transport.Response{Status: 403}, nil,
			"status 403: the server refuses the key: write the DSN that it shows for the project into Config.DSN"},
		{"no key", secure, transport.Response{Status: 401}, nil,
			"status 401: the server refuses the key: write the DSN that it shows for the project into Config.DSN"},
		{"wrong project", secure, transport.Response{Status: 404}, nil,
			"status 404: the server has no such project or path: compare both in Config.DSN with what it shows"},
		{"proxy", secure, transport.Response{Status: 407}, nil, "status 407: a proxy asks for a user and a password: give them to the transport"},
		{"too large", secure, transport.Response{Status: 413, Note: "sent plain"}, nil,
			"status 413: too large for the server, or for a proxy before it; what follows is built smaller; sent plain"},
		{"trouble", secure, transport.Response{Status: 502}, nil, "status 502"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := explain(&tt.answer, tt.err, tt.url); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// A captive portal answers everything with a page of its own, or sends there: nothing is lost, and said is what to do.
func TestCaptivePortal(t *testing.T) {
	for name, answer := range map[string]transport.Response{
		"page":     {Status: 200, ContentType: "text/html"},
		"redirect": {Status: 302, Location: "http://login.hotel/"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				g := newRig(t, func(transport.Context, int, *transport.Request) (transport.Response, error) {
					if time.Since(begin) < 10*time.Minute {
						return answer, nil
					}
					return transport.Response{Status: 200}, nil
				})
				for range 20 {
					g.event(t, "boom")
				}
				time.Sleep(9 * time.Minute)
				if g.waiting() != 20 || g.Sent.Load() != 0 || g.LastError() == "" || len(g.attempts()) > 40 {
					t.Errorf("%d wait, %d sent after %d attempts, last error %q", g.waiting(), g.Sent.Load(), len(g.attempts()), g.LastError())
				}
				time.Sleep(7 * time.Minute)
				if g.waiting() != 0 || g.untold() != nil {
					t.Errorf("%d wait after the login, lost: %v", g.waiting(), g.untold())
				}
			})
		})
	}
}

// A 429 is a second of silence at least, whatever the headers say.
func TestOverQuotaIsASecond(t *testing.T) {
	for name, answer := range map[string]transport.Response{
		"zero":              {Status: 429, RetryAfter: "0"},
		"another category":  {Status: 429, RateLimits: "86400:transaction;span:organization"},
		"limit of no time":  {Status: 429, RateLimits: "0::key"},
		"fraction of one":   {Status: 429, RateLimits: "0.2::key"},
		"of another client": {Status: 429, RateLimits: "0:error:key", RetryAfter: "0"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newRig(t, always(answer))
				for range 10 {
					g.event(t, "boom")
				}
				time.Sleep(3500 * time.Millisecond)
				synctest.Wait()
				if n := len(g.attempts()); n != 4 || g.waiting() != 6 {
					t.Errorf("%d attempts in 3.5 s, %d wait; want 4 and 6", n, g.waiting())
				}
			})
		})
	}
}
