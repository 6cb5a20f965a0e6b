//go:build (amd64 || arm64) && !krunk_nowalk && !go1.28

package walk

import "unsafe"

// Fast reports whether this build walks by frame pointers.
const Fast = true

// Measure looks at the stack from the call of its caller's caller on, at most limit addresses, which is more than 0, and stores
// nothing. It reports false where the chain is not whole; then runtime.Callers is to be asked. It does not allocate.
//
//go:noinline
func (w Walker) Measure(limit int) (Mark, bool) {
	if w.exit == 0 {
		return Mark{}, false
	}
	n, kind, first, top, e := follow(0, 1, nil, limit, w.exit, w.panics)
	return Mark{top - first, n, kind}, e != torn
}

// Fill stores the stack's N addresses at dst, eight bytes each. It is called by the goroutine that measured it, before the function
// that called Measure has returned. It does not allocate.
func (m Mark) Fill(dst []byte) {
	n, _, _, _, _ := follow(m.dist, 0, (*uintptr)(unsafe.Pointer(unsafe.SliceData(dst[:8*m.N]))), m.N, 0, 0)
	clear(dst[8*n:])
}

// Without reports whether pc, which is not 0, is surely not on the stack of the calling goroutine; false says nothing. It does not
// allocate.
//
//go:noinline
func (w Walker) Without(pc uintptr) bool {
	if w.exit == 0 {
		return false
	}
	_, _, _, _, e := follow(0, 0, nil, 1<<30, w.exit, pc)
	return e == whole
}

// chain follows the frame pointers from its caller on, which is frame 0, as in runtime.Callers.
//
//go:noinline
func (w Walker) chain(skip int, pcs []uintptr) (int, end) {
	if w.exit == 0 {
		return 0, torn
	}
	n, _, _, _, e := follow(0, skip, unsafe.SliceData(pcs), len(pcs), w.exit, w.panics)
	return n, e
}

// follow goes over up to n return addresses, leaving out the first skip ones, stores them at dst unless that is nil, and makes a hash
// of them, kind. It begins at the frame that lies dist below the stack's upper end, top, or where it was called if dist is 0; first is
// the frame of the first address that it did not leave out. It ends where goroutines begin, at exit, and gives up at barred.
//
//go:noescape
func follow(dist uintptr, skip int, dst *uintptr, n int, exit, barred uintptr) (got int, kind uint64, first, top uintptr, e end)
