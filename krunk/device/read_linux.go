package device

import (
	"runtime"
	"strings"
	"syscall"

	"github.com/krunk-go/krunk/internal/ascii"
)

func read(i *Info) { readRoot(i, "") }

// readRoot reads what lies below root, which is empty but in tests.
func readRoot(i *Info, root string) {
	i.Processors = runtime.GOMAXPROCS(0)
	i.Kernel = file(root + "/proc/sys/kernel/osrelease")
	i.Memory = memory(file(root + "/proc/meminfo"))
	i.Processor = processor(file(root + "/proc/cpuinfo"))
	if runtime.GOOS == "android" {
		android(i, root)
		return
	}
	// A game in Steam's runtime or a Flatpak sees the container's own file; the system's lies beside it.
	release := file(root + "/run/host/os-release")
	if release == "" {
		release = file(root + "/etc/os-release")
	}
	i.OS, i.OSVersion = system(release)
	const dmi = "/sys/devices/virtual/dmi/id/"
	i.Model = file(root + dmi + "product_name")
	i.Manufacturer = file(root + dmi + "sys_vendor")
	if i.Model == "" { // boards without DMI
		i.Model = file(root + "/proc/device-tree/model")
	}
}

// android reads the properties that an app may: newer versions close the file, and then a game tells what its Java side knows.
func android(i *Info, root string) {
	props := file(root + "/system/build.prop")
	i.OS, i.Kind = "Android", Phone
	i.OSVersion = value(props, "ro.build.version.release=")
	i.Model = value(props, "ro.product.system.model=")
	i.Manufacturer = value(props, "ro.product.system.manufacturer=")
}

// system reads an os-release file (man 5 os-release).
func system(release string) (name, version string) {
	name, version = value(release, "NAME="), value(release, "VERSION_ID=")
	if name == "" {
		name = "Linux"
	}
	return name, version
}

// memory reads "MemTotal:  16252928 kB".
func memory(info string) int64 {
	var kib int64
	for _, c := range []byte(value(info, "MemTotal:")) {
		if c < '0' || c > '9' {
			break
		}
		if kib = kib*10 + int64(c-'0'); kib > 1<<40 {
			return 0
		}
	}
	return kib << 10
}

// processor reads "model name	: …" of x86 and "Hardware	: …" of ARM. Never "Serial", which stands in the same file.
func processor(info string) string {
	if s := value(info, "model name"); s != "" {
		return s
	}
	return value(info, "Hardware")
}

// value returns what stands behind key on the first line that begins with it, without what separates and quotes it.
func value(text, key string) string {
	for text != "" {
		var line string
		line, text, _ = ascii.Cut(text, '\n')
		if strings.HasPrefix(line, key) {
			return ascii.Trim(line[len(key):], ascii.Space+":\"'")
		}
	}
	return ""
}

// file returns the first 16 KiB of a file, empty if it cannot be read. Package os would cost 300 KiB on 32-bit ARM. O_NONBLOCK: a
// pipe or a device of that name holds nobody up.
func file(path string) string {
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if err != nil {
		return ""
	}
	defer syscall.Close(fd)
	b := make([]byte, 16<<10)
	n := 0
	for n < len(b) {
		m, err := syscall.Read(fd, b[n:])
		if err == syscall.EINTR {
			continue
		}
		if err != nil || m <= 0 {
			break
		}
		n += m
	}
	return string(b[:n])
}
