//go:build darwin || ios || freebsd || netbsd || openbsd || dragonfly

package device

import (
	"runtime"
	"syscall"
)

func read(i *Info) {
	i.Processors = runtime.GOMAXPROCS(0)
	i.Kernel = sysctl("kern.osrelease")
	i.Model = sysctl("hw.model")
	switch runtime.GOOS {
	case "darwin", "ios":
		i.OS, i.Manufacturer = "macOS", "Apple"
		i.Kind = Desktop
		if runtime.GOOS == "ios" {
			i.OS, i.Kind = "iOS", Phone
			i.Model = sysctl("hw.machine") // "iPhone16,2"; hw.model is the board there
		}
		i.OSVersion = sysctl("kern.osproductversion")
		i.Processor = sysctl("machdep.cpu.brand_string")
		i.Memory = integer(sysctl("hw.memsize"))
	default:
		i.OS, i.OSVersion = sysctl("kern.ostype"), i.Kernel
		i.Processor, i.Model = i.Model, "" // hw.model is the processor there
		i.Memory = integer(sysctl("hw.physmem"))
	}
}

func sysctl(name string) string {
	s, err := syscall.Sysctl(name)
	if err != nil {
		return ""
	}
	return s
}

// integer reads a number of up to eight bytes: Sysctl takes the last one for the end of a text and cuts it off, and it is zero
// for any memory there is. All systems here are little endian where games run.
func integer(s string) int64 {
	var n int64
	for i := min(len(s), 8) - 1; i >= 0; i-- {
		n = n<<8 | int64(s[i])
	}
	return max(n, 0)
}
