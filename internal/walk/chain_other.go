//go:build !(amd64 || arm64) || krunk_nowalk || go1.28

package walk

// Fast reports whether this build walks by frame pointers.
const Fast = false

func (w Walker) chain(int, []uintptr) (int, end) { return 0, torn }
