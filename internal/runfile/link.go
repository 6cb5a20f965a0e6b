//go:build !krunk_nolinkname && (linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows)

package runfile

import _ "unsafe" // for go:linkname

// The only file that reaches into the runtime. Package runtime/debug has both as functions, and with them package os and fmt: 211 KiB. TestCrashText and
// TestPanicOnFault fail where a Go version has changed them; the build tag krunk_nolinkname leaves them out.

const linked = true

//go:linkname setCrashFD runtime.setCrashFD
func setCrashFD(fd uintptr) (old uintptr)

//go:linkname setPanicOnFault runtime/debug.setPanicOnFault
func setPanicOnFault(on bool) (old bool)
