//go:build (amd64 || arm64) && !krunk_nowalk && !go1.28

package walk

import (
	"runtime"
	"testing"
	"unsafe"
)

// What stands in the place of a frame pointer may be anything: no fault, no end without the goroutine's, no endless walk.
func TestHostileChains(t *testing.T) {
	w := New()
	if w.exit == 0 || w.panics == 0 {
		t.Fatalf("got %+v, want both addresses", w)
	}
	var room [64]uintptr // two words a frame; lies on the stack, as it does not escape
	at := func(i int) uintptr { return uintptr(unsafe.Pointer(&room[0])) + uintptr(i)*unsafe.Sizeof(room[0]) }
	_, _, _, top, _ := follow(0, 0, nil, 1, w.exit, w.panics)
	for _, c := range []struct {
		name  string
		frame uintptr // of room, in words from its begin, or an address
		next  uintptr
		ret   uintptr
		want  end
	}{
		{"odd", at(0) + 1, at(8), 1, torn},
		{"descending", at(8), at(0), 1, torn},
		{"circular", at(8), at(8), 1, torn},
		{"low memory", 8, 0, 1, torn},
		{"the end of memory", ^uintptr(0) &^ 7, 0, 1, torn},
		{"the heap", uintptr(unsafe.Pointer(new([8]uintptr))), 0, 1, torn},
		{"ends in nothing", at(0), 0, 1, torn},
		{"next is the end of memory", at(0), ^uintptr(0) &^ 7, 1, torn},
		{"next is odd", at(0), at(8) + 3, 1, torn},
		{"a panic", at(0), at(8), w.panics, torn},
		{"ends where goroutines begin", at(0), 0, w.exit, whole},
	} {
		for i := range 8 { // the frame is at 0 or at 8
			room[i*2], room[i*2+1] = c.next, c.ret
		}
		var pcs [16]uintptr
		n, _, _, _, got := follow(top-c.frame, 0, &pcs[0], len(pcs), w.exit, w.panics)
		if got != c.want || n > len(pcs) {
			t.Errorf("%s: got %d addresses and end %d, want end %d", c.name, n, got, c.want)
		}
	}
	runtime.KeepAlive(&room)
}
