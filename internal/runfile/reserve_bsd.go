//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package runfile

// reserve takes the blocks before anything is mapped: a store into a page that finds no room on the disk would be a SIGBUS. A tail that does not show in
// the length cannot be had here by package syscall.
func (f *File) reserve(size, _ int) error { return f.zeros(size) }
