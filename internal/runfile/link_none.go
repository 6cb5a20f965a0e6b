//go:build krunk_nolinkname || !(linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows)

package runfile

const linked = false

func setCrashFD(uintptr) (old uintptr) { return noCrashFD }

func setPanicOnFault(bool) (old bool) { return false }
