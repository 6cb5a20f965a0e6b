//go:build unix

package attachfile

import "syscall"

// noWait keeps the opening of a pipe from waiting for who writes it.
const noWait = syscall.O_NONBLOCK
