//go:build js

package fetch

import (
	"runtime"
	"syscall/js"
	"time"
)

const (
	hideWait = time.Second
	// turns is how often other goroutines get the thread while the page waits. Reading a full ring and starting four requests takes
	// far fewer; a turn with nothing to do takes less than a microsecond.
	turns = 1000
)

// OnHide calls flush, which is client.Flush, whenever the page closes or is put into the background: then the system may kill it
// without another word. What is sent from then on outlives the page, 60 KiB of it: the browser finishes those requests after the
// page is gone; panics go first, the newest before older ones. It returns a function that ends the watch. In a worker
// there is nothing to watch; call flush from the page's own message.
func (t *Transport) OnHide(flush func(time.Duration) bool) (stop func()) {
	document := js.Global().Get("document")
	if document.Type() != js.TypeObject {
		return func() {}
	}
	hide := js.FuncOf(func(js.Value, []js.Value) any {
		t.hide(flush)
		return nil
	})
	turn := js.FuncOf(func(js.Value, []js.Value) any {
		if document.Get("visibilityState").String() == "hidden" {
			t.hide(flush)
		} else {
			t.leaving = false
		}
		return nil
	})
	window := js.Global()
	window.Call("addEventListener", "pagehide", hide)
	document.Call("addEventListener", "visibilitychange", turn)
	return func() {
		window.Call("removeEventListener", "pagehide", hide)
		document.Call("removeEventListener", "visibilitychange", turn)
		hide.Release()
		turn.Release()
	}
}

// hide lets recorder and sender work until they wait for the browser. The browser waits meanwhile: nothing here may wait for it, and
// that is why flush has a goroutine of its own.
func (t *Transport) hide(flush func(time.Duration) bool) {
	t.leaving = true
	go flush(hideWait)
	for range turns {
		runtime.Gosched()
	}
}
