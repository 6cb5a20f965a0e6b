//go:build !linux

package runfile

// MemoryLimit returns 0: unknown here.
func MemoryLimit() uint64 { return 0 }
