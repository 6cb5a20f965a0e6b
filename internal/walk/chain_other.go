//go:build !(amd64 || arm64) || krunk_nowalk || go1.28

package walk

// Fast reports whether this build walks by frame pointers.
const Fast = false

// Measure reports false: runtime.Callers is to be asked.
func (w Walker) Measure(int) (Mark, bool) { return Mark{}, false }

// Fill is not called, as there is no Mark.
func (m Mark) Fill([]byte) {}

// Without reports whether pc is surely not on the stack of the calling goroutine; false says nothing.
func (w Walker) Without(uintptr) bool { return false }

func (w Walker) chain(int, []uintptr) (int, end) { return 0, torn }
