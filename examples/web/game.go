//go:build js

// Command web is a small game in a page, with Krunk in it. Built for other systems it is the server of that page.
package main

import (
	"errors"
	"fmt"
	"syscall/js"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/device"
	"github.com/krunk-go/krunk/transport/fetch"
)

// game is what the page shows and its buttons do.
type game struct {
	client *krunk.Client
	net    *krunk.Channel
	canvas js.Value
	out    js.Value
	frame  int
	doomed bool // the next frame panics
}

func main() {
	document := js.Global().Get("document")
	out := document.Call("getElementById", "out")
	carrier := fetch.Default()
	client, err := krunk.Start(krunk.Config{
		DSN: js.Global().Get("krunkDSN").String(), Transport: carrier, Release: "moonfall@1.4.2",
		Channels: map[string]krunk.Thresholds{"net": {Send: "info"}},
	})
	if err != nil {
		out.Set("textContent", err.Error())
		return
	}
	carrier.OnHide(client.Flush)
	device.Read().Tell(client)
	g := &game{client: client, net: client.Channel("net"), out: out, canvas: document.Call("querySelector", "canvas").Call("getContext", "2d")}
	g.lastCrash()
	for name, press := range map[string]func(){"report": g.report, "panic": func() { g.doomed = true }, "spike": g.spike, "die": g.die} {
		document.Call("getElementById", name).Call("addEventListener", "click", js.FuncOf(func(js.Value, []js.Value) any {
			press()
			return nil
		}))
	}
	g.say("ready")
	g.run()
}

// lastCrash reports what Go printed when the page before this one died; crash.js kept it.
func (g *game) lastCrash() {
	if text := js.Global().Get("krunkLastCrash"); text.Truthy() {
		g.client.ReportCrash(text.String())
	}
}

// run is the game's loop: one frame for each of the browser's.
func (g *game) run() {
	frames := make(chan float64)
	var next js.Func
	next = js.FuncOf(func(_ js.Value, args []js.Value) any {
		select {
		case frames <- args[0].Float():
		default: // the game is late
		}
		js.Global().Call("requestAnimationFrame", next)
		return nil
	})
	js.Global().Call("requestAnimationFrame", next)
	for now := range frames {
		g.step(now)
	}
}

func (g *game) step(now float64) {
	defer g.client.Recover()
	g.client.Beat()
	g.frame++
	g.canvas.Set("fillStyle", "#101722")
	g.canvas.Call("fillRect", 0, 0, 640, 240)
	g.canvas.Set("fillStyle", "#7fd4ff")
	g.canvas.Call("fillRect", int(now/8)%680-40, 100, 40, 40)
	g.net.Debug("frame", krunk.Int("n", g.frame))
	if g.doomed {
		g.doomed = false
		var world map[string]int
		world["boss"] = 1
	}
}

func (g *game) report() {
	g.net.Info("packet lost", krunk.Int("seq", g.frame), krunk.Duration("rtt", 31*time.Millisecond))
	id := g.net.Report(errors.New("connection reset"), krunk.String("peer", "10.0"))
	g.say("reported; the code for support is " + id.SupportCode())
}

func (g *game) spike() {
	began := time.Now()
	for i := range 500 {
		g.net.Report(fmt.Errorf("inventory %d: %w", i, errors.New("item is missing")))
	}
	g.say(fmt.Sprintf("500 errors reported in %v", time.Since(began).Round(100*time.Microsecond)))
}

// die ends the program with a panic in a goroutine that nobody wrapped.
func (g *game) die() {
	go func() { panic(errors.New("the world is gone")) }()
}

func (g *game) say(text string) { g.out.Set("textContent", text) }
