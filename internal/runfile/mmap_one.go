//go:build (linux && !(386 || arm || mips || mipsle || s390x)) || (darwin && (amd64 || arm64)) || (freebsd && (amd64 || arm64))

package runfile

import "syscall"

const sysMmap = syscall.SYS_MMAP
