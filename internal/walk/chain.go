//go:build (amd64 || arm64) && !krunk_nowalk && !go1.28

package walk

import "unsafe"

// Fast reports whether this build walks by frame pointers.
const Fast = true

// chain follows the frame pointers from its caller on, which is frame 0, as in runtime.Callers.
//
//go:noinline
func (w Walker) chain(skip int, pcs []uintptr) (int, end) {
	if w.exit == 0 {
		return 0, torn
	}
	return follow(0, skip, unsafe.SliceData(pcs), len(pcs), w.exit, w.panics)
}

// follow stores up to n return addresses at dst, leaving out the first skip ones. It begins at frame, or where it was called if
// that is 0.
//
//go:noescape
func follow(frame uintptr, skip int, dst *uintptr, n int, exit, panics uintptr) (got int, e end)
