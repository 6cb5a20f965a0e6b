// Command ebiten is a small game made with Ebitengine, with Krunk in it: a ship under falling stones.
//
//	go run . -dsn http://public@127.0.0.1:8969/42 -screenshot 320    # with a picture of the last frame beside a crash
//	GOOS=js GOARCH=wasm go build -o game.wasm    # beside index.html, ../web/crash.js and Go's wasm_exec.js
//
// The arrow keys move the ship. C panics in a tick, H hangs for seven seconds, S reports 500 errors in one tick, D dies in a goroutine
// that nobody looks after, Escape ends. The line at the bottom says what Krunk costs.
//
// Built with -tags bare it is the same game without Krunk.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/hajimehoshi/ebiten/v2"
)

const width, height = 320, 240

func main() {
	ebiten.SetWindowTitle("moonfall")
	ebiten.SetWindowSize(2*width, 2*height)
	if err := play(); err != nil && !errors.Is(err, ebiten.Termination) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
