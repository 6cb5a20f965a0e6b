//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package runfile

import "syscall"

// entries appends the names in what ReadDirent has read.
func entries(b []byte, names []string) []string {
	_, _, names = syscall.ParseDirent(b, -1, names)
	return names
}
