//go:build darwin || freebsd || netbsd

package runfile

import "syscall"

func written(st *syscall.Stat_t) int64 { return st.Mtimespec.Nano() }
