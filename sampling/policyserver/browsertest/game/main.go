//go:build js

// Command game is a client in a browser that follows the policy of a server on another origin.
package main

import (
	"context"
	"net/http"
	"syscall/js"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/httpsource"
)

func main() {
	body := js.Global().Get("document").Get("body")
	say := func(s string) { body.Set("textContent", s) }
	ctl, err := sampling.New(sampling.Identity{ID: "browser"}, sampling.Options{})
	if err != nil {
		say(err.Error())
		return
	}
	o := httpsource.Options{}
	if token := js.Global().Get("gameToken"); token.Truthy() {
		o.Header = http.Header{"X-Game-Token": {token.String()}}
	}
	src, err := httpsource.New(js.Global().Get("policyAt").String(), o)
	if err != nil {
		say(err.Error())
		return
	}
	js.Global().Set("hint", js.FuncOf(func(js.Value, []js.Value) any { src.Hint(); return nil }))
	go func() { _ = ctl.Run(context.Background(), src) }()
	for {
		s := ctl.Status()
		text := "runs " + s.Running.String() + " " + ctl.ETag()
		if s.Killed {
			text += " killed"
		}
		if s.FetchError != nil {
			text += " " + s.FetchError.Error()
		}
		say(text)
		time.Sleep(100 * time.Millisecond)
	}
}
