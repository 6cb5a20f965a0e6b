package blackbox

import (
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"
)

// Where the memory of the block is taken away, nothing is written any more, and the caller goes on.
func TestDiaryTakenAway(t *testing.T) {
	for name, write := range map[string]func(w Diary){
		"beat":   func(w Diary) { w.Beat(1, 2) },
		"errors": func(w Diary) { w.Failed(1) },
		"panic":  func(w Diary) { w.Dooms([16]byte{1}, 2, 3) },
		"dies":   func(w Diary) { w.Dies([16]byte{1}, 2, 3, true) },
		"hang":   func(w Diary) { w.Hangs([16]byte{1}) },
		"memory": func(w Diary) { w.Look() },
		"state":  func(w Diary) { w.Mark(StateClean, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			page, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE)
			if err != nil {
				t.Skip(err)
			}
			defer syscall.Munmap(page)
			if err := syscall.Mprotect(page, syscall.PROT_NONE); err != nil { // not unmapped: the runtime may map something else there
				t.Fatal(err)
			}
			b := Block{Live: (*Live)(unsafe.Pointer(&page[0]))}
			w := b.Diary(Hooks{Guard: debug.SetPanicOnFault, Resident: func() (used, limit uint64) { return 1, 2 }})
			write(w)
			if atomic.LoadPointer(&w.(*diary).live) != nil {
				t.Error("they are still written")
			}
			write(w)
			if debug.SetPanicOnFault(false) {
				t.Error("faults became panics of this goroutine for good")
			}
		})
	}
}
