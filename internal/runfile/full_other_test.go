//go:build darwin || freebsd || netbsd || openbsd || dragonfly || windows

package runfile

func systemChildren() map[string]func(dir string) error { return nil }
