//go:build js

// Package fetch carries envelopes over the browser's own fetch: no net/http (7.4 MiB of a program for a browser) and no crypto of
// Go's. It works in pages and workers, and in Node from version 18 on.
//
//	carrier := fetch.Default()
//	client, err := krunk.Start(krunk.Config{DSN: dsn, Transport: carrier})
//	carrier.OnHide(client.Flush) // what waits goes out while the page closes
//
// A request is a simple one in the sense of CORS unless Config.Compress is set: key and version travel in the query, the type is
// text/plain, as Sentry's own client for browsers does it. So no preflight stands between a page that closes and its last report.
// With compression browsers ask first, once an hour or so.
package fetch

import (
	"errors"
	"strconv"
	"strings"
	"syscall/js"
	"time"

	"github.com/krunk-go/krunk/transport"
)

// Options are the options of New; the zero value means the defaults.
type Options struct {
	// Timeout is how long a request may take from its beginning to its answer. Zero: 30 s.
	Timeout time.Duration
}

// Transport is a transport.Transport over fetch. It takes four requests at a time.
type Transport struct {
	timeout time.Duration
	fetch   js.Value
	leaving bool // the page closes or is hidden; all of Go is one thread here
	kept    int  // bytes on the way that are to outlive the page
	ignore  js.Func
}

const (
	defaultTimeout = 30 * time.Second
	parallel       = 4
	// maxKept is how much all requests of a page that are to outlive it may hold together (Fetch standard, 64 KiB), with a
	// margin for what the page itself keeps alive.
	maxKept = 60 << 10
	maxBody = 64 << 10 // of an answer, read so that its connection can be used again
)

// Default returns New(Options{}).
func Default() *Transport { return New(Options{}) }

// New returns a transport. Where there is no fetch, Send says so.
func New(o Options) *Transport {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	t := &Transport{timeout: o.Timeout, fetch: js.Global().Get("fetch")}
	t.ignore = js.FuncOf(func(js.Value, []js.Value) any { return nil })
	return t
}

// Parallel is how many Sends may be under way at once.
func (t *Transport) Parallel() int { return parallel }

// Send posts one envelope. Errors name what the browser said, and never the key. A browser does not say whether the network is gone,
// the server allows no other origins, or a blocker is at work; Config.Tunnel with an address of the page's own origin goes round the
// last two.
func (t *Transport) Send(ctx transport.Context, r *transport.Request) (transport.Response, error) {
	if t.fetch.Type() != js.TypeFunction {
		return transport.Response{}, errors.New("fetch: this JavaScript has no fetch; take a browser, or Node from version 18 on")
	}
	if err := ctx.Err(); err != nil {
		return transport.Response{}, err
	}
	abort := js.Global().Get("AbortController").New()
	keep := t.leaving && t.kept+len(r.Body) <= maxKept
	if keep {
		t.kept += len(r.Body)
		defer func() { t.kept -= len(r.Body) }()
	}
	answers := make(chan answer, 2) // the browser's and the timer's
	if err := t.begin(r, abort.Get("signal"), keep, answers); err != nil {
		return transport.Response{}, err
	}
	// A timer with a channel would link the formatting of times.
	late := time.AfterFunc(t.timeout, func() {
		answers <- answer{err: errors.New("fetch: no answer within " + t.timeout.String())}
		abort.Call("abort")
	})
	defer late.Stop()
	select {
	case a := <-answers:
		return a.response, a.err
	case <-ctx.Done():
		abort.Call("abort")
		return transport.Response{}, ctx.Err()
	}
}

type answer struct {
	response transport.Response
	err      error
}

// begin calls fetch, which copies the body before it returns.
func (t *Transport) begin(r *transport.Request, signal js.Value, keep bool, answers chan<- answer) (err error) {
	defer func() {
		if v := recover(); v != nil { // what fetch throws at once: a URL that is none, a policy of the page
			err = failure("fetch refused the request", v)
		}
	}()
	body := js.Global().Get("Uint8Array").New(len(r.Body))
	js.CopyBytesToJS(body, r.Body)
	headers := map[string]any{"Content-Type": "text/plain;charset=UTF-8"}
	if r.ContentEncoding != "" {
		headers["Content-Encoding"] = r.ContentEncoding
	}
	promise := t.fetch.Invoke(address(r), map[string]any{
		"method": "POST", "body": body, "headers": headers, "signal": signal, "keepalive": keep,
		"mode": "cors", "credentials": "omit", "cache": "no-store", "redirect": "manual", "referrerPolicy": "no-referrer",
	})
	var done, failed js.Func
	done = js.FuncOf(func(_ js.Value, args []js.Value) any {
		done.Release()
		failed.Release()
		answers <- t.answer(args[0])
		return nil
	})
	failed = js.FuncOf(func(_ js.Value, args []js.Value) any {
		done.Release()
		failed.Release()
		answers <- answer{err: failure("fetch failed", args[0])}
		return nil
	})
	promise.Call("then", done, failed)
	return nil
}

// answer reads what Krunk looks at, and sees to it that the browser reads a short body to its end: its connection is one of six.
func (t *Transport) answer(res js.Value) answer {
	if res.Get("type").String() == "opaqueredirect" {
		return answer{err: errors.New("fetch: the server answers with a redirect, and a browser does not tell where to; write the final address into the DSN")}
	}
	header := func(name string) string {
		if v := res.Get("headers").Call("get", name); v.Type() == js.TypeString {
			return v.String()
		}
		return ""
	}
	if n, err := strconv.Atoi(header("Content-Length")); err == nil && n <= maxBody {
		res.Call("arrayBuffer").Call("then", t.ignore, t.ignore)
	} else if body := res.Get("body"); body.Type() == js.TypeObject {
		body.Call("cancel").Call("then", t.ignore, t.ignore)
	}
	return answer{response: transport.Response{
		Status: res.Get("status").Int(), RetryAfter: header("Retry-After"), RateLimits: header("X-Sentry-Rate-Limits"), ContentType: header("Content-Type"),
	}}
}

// address is the URL with what X-Sentry-Auth would say: that header would make browsers ask the server first.
func address(r *transport.Request) string {
	list, ok := strings.CutPrefix(r.Auth, "Sentry ")
	if !ok {
		return r.URL
	}
	sep := "?"
	if strings.Contains(r.URL, "?") {
		sep = "&"
	}
	encode := js.Global().Get("encodeURIComponent")
	out := r.URL
	for field := range strings.SplitSeq(list, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		out += sep + name + "=" + encode.Invoke(value).String()
		sep = "&"
	}
	return out
}

// failure is what a browser threw, as an error. Its text may hold the address with the key, and then only its name is told.
func failure(what string, v any) error {
	e, ok := v.(js.Value)
	if err, thrown := v.(js.Error); thrown {
		e, ok = err.Value, true
	}
	if !ok || e.Type() != js.TypeObject {
		return errors.New("fetch: " + what)
	}
	name, text := e.Get("name").String(), e.Get("message").String()
	if strings.Contains(text, "sentry_key") || strings.Contains(text, "://") {
		return errors.New("fetch: " + what + ": " + name)
	}
	return errors.New("fetch: " + what + ": " + name + ": " + text + " (no network, a server without CORS for this page, or a blocker)")
}
