//go:build !(linux || android || darwin || ios || freebsd || netbsd || openbsd || dragonfly || windows || js)

package device

import "runtime"

// read knows nothing of consoles and other systems: the game fills in its own Info.
func read(i *Info) { i.Processors = runtime.GOMAXPROCS(0) }
