//go:build js

package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall/js"
	"testing"
	"time"

	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/fetch"
)

// browser stands in for the one that is not here: it replaces fetch, and keeps what fetch was called with.
type browser struct {
	url    string
	init   js.Value
	answer func(init js.Value) js.Value // the promise
}

func (b *browser) install(t *testing.T) {
	old := js.Global().Get("fetch")
	f := js.FuncOf(func(_ js.Value, args []js.Value) any {
		b.url, b.init = args[0].String(), args[1]
		return b.answer(args[1])
	})
	js.Global().Set("fetch", f)
	t.Cleanup(func() {
		js.Global().Set("fetch", old)
		f.Release()
	})
}

func resolved(v js.Value) js.Value { return js.Global().Get("Promise").Call("resolve", v) }

func rejected(name, text string) js.Value {
	e := js.Global().Get(name).New(text)
	return js.Global().Get("Promise").Call("reject", e)
}

func reply(status int, headers map[string]any) js.Value {
	return js.Global().Get("Response").New("{}", map[string]any{"status": status, "headers": headers})
}

func request() *transport.Request {
	return &transport.Request{
		URL: "https://sentry.example/api/42/envelope/", Auth: "Sentry sentry_version=7, sentry_client=krunk.go/0.1.0, sentry_key=secret",
		UserAgent: "krunk.go/0.1.0", ContentType: "application/x-sentry-envelope", Body: []byte("{}\n\x00\xff"),
	}
}

func TestSend(t *testing.T) {
	b := &browser{answer: func(js.Value) js.Value {
		return resolved(reply(429, map[string]any{"Retry-After": "60", "X-Sentry-Rate-Limits": "60:error:key", "Content-Type": "application/json", "Content-Length": "2"}))
	}}
	b.install(t)
	r := request()
	r.ContentEncoding = "gzip"
	got, err := fetch.Default().Send(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	want := transport.Response{Status: 429, RetryAfter: "60", RateLimits: "60:error:key", ContentType: "application/json"}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if want := "https://sentry.example/api/42/envelope/?sentry_version=7&sentry_client=krunk.go%2F0.1.0&sentry_key=secret"; b.url != want {
		t.Errorf("address %s, want %s", b.url, want)
	}
	body := make([]byte, 16)
	if n := js.CopyBytesToGo(body, b.init.Get("body")); string(body[:n]) != "{}\n\x00\xff" {
		t.Errorf("body %q", body[:n])
	}
	for name, want := range map[string]string{"method": "POST", "credentials": "omit", "redirect": "manual", "mode": "cors", "keepalive": "<boolean: false>"} {
		if got := b.init.Get(name).String(); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if got := b.init.Get("headers").Get("Content-Encoding").String(); got != "gzip" {
		t.Errorf("Content-Encoding: got %s, want gzip", got)
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer func(js.Value) js.Value
		want   string
	}{
		{"no network", func(js.Value) js.Value { return rejected("TypeError", "Failed to fetch") }, "TypeError: Failed to fetch"},
		{"the key", func(js.Value) js.Value { return rejected("TypeError", "bad URL https://x/?sentry_key=secret") }, "TypeError"},
		{"thrown", func(js.Value) js.Value { panic("a page's policy") }, "fetch"},
		{"redirect", func(js.Value) js.Value {
			return resolved(js.ValueOf(map[string]any{"type": "opaqueredirect", "status": 0}))
		}, "redirect"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name == "thrown" {
				old := js.Global().Get("fetch")
				js.Global().Set("fetch", js.Global().Call("eval", "(function(){ throw new TypeError('no: https://x/?sentry_key=secret') })"))
				defer js.Global().Set("fetch", old)
			} else {
				(&browser{answer: tt.answer}).install(t)
			}
			_, err := fetch.Default().Send(t.Context(), request())
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v, want %q and never the key", err, tt.want)
			}
		})
	}
}

// never is a promise that settles only when the signal is aborted, as fetch's does.
func never(aborted *bool) func(js.Value) js.Value {
	return func(init js.Value) js.Value {
		executor := js.FuncOf(func(_ js.Value, args []js.Value) any {
			reject := args[1]
			init.Get("signal").Call("addEventListener", "abort", js.FuncOf(func(js.Value, []js.Value) any {
				*aborted = true
				reject.Invoke(js.Global().Get("Error").New("aborted"))
				return nil
			}))
			return nil
		})
		return js.Global().Get("Promise").New(executor)
	}
}

func TestTimeouts(t *testing.T) {
	var aborted bool
	(&browser{answer: never(&aborted)}).install(t)
	if _, err := fetch.New(fetch.Options{Timeout: time.Millisecond}).Send(t.Context(), request()); err == nil || !aborted {
		t.Errorf("got %v, aborted %v, want an error and an aborted request", err, aborted)
	}
	aborted = false
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	if _, err := fetch.Default().Send(ctx, request()); !errors.Is(err, context.Canceled) || !aborted {
		t.Errorf("got %v, aborted %v, want context.Canceled and an aborted request", err, aborted)
	}
}

func TestNoFetch(t *testing.T) {
	old := js.Global().Get("fetch")
	defer js.Global().Set("fetch", old)
	js.Global().Set("fetch", js.Undefined())
	if _, err := fetch.Default().Send(t.Context(), request()); err == nil || !strings.Contains(err.Error(), "no fetch") {
		t.Errorf("got %v, want an error that says so", err)
	}
	fetch.Default().OnHide(func(time.Duration) bool { return true })() // no page here
}

// A page that closes: what is sent then is to outlive it, up to what browsers take.
func TestOnHide(t *testing.T) {
	target := js.Global().Get("EventTarget").New()
	target.Set("visibilityState", "visible")
	js.Global().Set("document", target)
	defer js.Global().Delete("document")
	oldAdd, oldRemove := js.Global().Get("addEventListener"), js.Global().Get("removeEventListener")
	js.Global().Set("addEventListener", target.Get("addEventListener").Call("bind", target))
	js.Global().Set("removeEventListener", target.Get("removeEventListener").Call("bind", target))
	defer func() {
		js.Global().Set("addEventListener", oldAdd)
		js.Global().Set("removeEventListener", oldRemove)
	}()
	var kept []bool
	var aborted bool
	b := &browser{}
	b.answer = func(init js.Value) js.Value {
		kept = append(kept, init.Get("keepalive").Bool())
		return never(&aborted)(init)
	}
	b.install(t)
	tr := fetch.Default()
	ctx, cancel := context.WithCancel(t.Context())
	stop := tr.OnHide(func(time.Duration) bool {
		for range 3 {
			go func() {
				r := request()
				r.Body = make([]byte, 25<<10)
				_, _ = tr.Send(ctx, r)
			}()
		}
		return true
	})
	target.Call("dispatchEvent", js.Global().Get("Event").New("pagehide")) // no goroutine runs but while this call does
	if got, want := fmt.Sprint(kept), "[true true false]"; got != want {
		t.Errorf("requests kept alive: %s, want %s: 60 KiB and no more", got, want)
	}
	cancel()
	stop()
	kept = nil
	target.Call("dispatchEvent", js.Global().Get("Event").New("pagehide"))
	if len(kept) != 0 {
		t.Error("the watch goes on after stop")
	}
}
