//go:build linux || openbsd || dragonfly

package runfile

import "syscall"

func written(st *syscall.Stat_t) int64 { return st.Mtim.Nano() }
