//go:build linux && (386 || arm || mips || mipsle)

package runfile

import "syscall"

const sysMmap = syscall.SYS_MMAP2
