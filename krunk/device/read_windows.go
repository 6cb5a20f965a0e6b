package device

import (
	"runtime"
	"strconv"
	"syscall"
	"unsafe"
)

// read asks the registry: the calls for the version answer what the program's manifest declares.
func read(i *Info) {
	i.Processors = runtime.GOMAXPROCS(0)
	i.OS = "Windows"
	const (
		version   = `SOFTWARE\Microsoft\Windows NT\CurrentVersion`
		bios      = `HARDWARE\DESCRIPTION\System\BIOS`
		processor = `HARDWARE\DESCRIPTION\System\CentralProcessor\0`
	)
	if major, ok := number32(version, "CurrentMajorVersionNumber"); ok {
		minor, _ := number32(version, "CurrentMinorVersionNumber")
		i.OSVersion = strconv.Itoa(int(major)) + "." + strconv.Itoa(int(minor)) + "." + registry(version, "CurrentBuildNumber")
	}
	i.Model = registry(bios, "SystemProductName")
	i.Manufacturer = registry(bios, "SystemManufacturer")
	i.Processor = registry(processor, "ProcessorNameString")
	i.Memory = physical()
}

// registry returns a text of the local machine's registry.
func registry(path, name string) string {
	var b [256]uint16
	kind, n := query(path, name, (*byte)(unsafe.Pointer(&b)), uint32(len(b)*2))
	if kind != syscall.REG_SZ {
		return ""
	}
	return syscall.UTF16ToString(b[:n/2])
}

func number32(path, name string) (uint32, bool) {
	var v uint32
	kind, n := query(path, name, (*byte)(unsafe.Pointer(&v)), 4)
	return v, kind == syscall.REG_DWORD && n == 4
}

// query reads one value into size bytes at b; its kind is 0 if there is none or it is longer.
func query(path, name string, b *byte, size uint32) (kind, n uint32) {
	p, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return 0, 0
	}
	v, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return 0, 0
	}
	var key syscall.Handle
	if syscall.RegOpenKeyEx(syscall.HKEY_LOCAL_MACHINE, p, 0, syscall.KEY_READ|syscall.KEY_WOW64_64KEY, &key) != nil {
		return 0, 0
	}
	defer syscall.RegCloseKey(key)
	n = size
	if syscall.RegQueryValueEx(key, v, nil, &kind, b, &n) != nil {
		return 0, 0
	}
	return kind, n
}

// memoryStatus is MEMORYSTATUSEX.
type memoryStatus struct {
	length, load uint32
	total        uint64
	rest         [6]uint64
}

func physical() int64 {
	m := memoryStatus{length: uint32(unsafe.Sizeof(memoryStatus{}))}
	proc := syscall.NewLazyDLL("kernel32.dll").NewProc("GlobalMemoryStatusEx")
	if proc.Find() != nil {
		return 0
	}
	if ok, _, _ := proc.Call(uintptr(unsafe.Pointer(&m))); ok == 0 {
		return 0
	}
	return int64(m.total)
}
