//go:build cgo

package ccall_test

import (
	"runtime"
	"slices"
	"testing"

	"github.com/krunk-go/krunk/internal/walk"
	"github.com/krunk-go/krunk/internal/walk/ccall"
)

// With C on the stack the same addresses come back as from runtime.Callers, since it is what is taken.
func TestInsideCallbackOfC(t *testing.T) {
	w := walk.New()
	calls := 0
	for i := range 200 {
		ccall.Sort(func() {
			var a, b [64]uintptr
			n, m := runtime.Callers(2, a[:]), w.Callers(2, b[:])
			if !slices.Equal(a[:n], b[:m]) {
				t.Errorf("got %x, want %x", b[:m], a[:n])
			}
			calls++
		})
		if i%20 == 0 {
			runtime.GC()
		}
	}
	if calls == 0 {
		t.Error("C called nobody")
	}
}
