package runfile

import "syscall"

// MemoryLimit returns the KiB of memory that this process may have: that of the machine, or less if its control group says so. 0: unknown.
func MemoryLimit() uint64 {
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) != nil {
		return 0
	}
	limit := uint64(info.Totalram) * uint64(max(info.Unit, 1)) >> 10
	var group [512]byte
	n := proc("/proc/self/cgroup", group[:])
	if n < len("0::") || string(group[:3]) != "0::" { // cgroup v2 alone
		return limit
	}
	path := group[3:n]
	for i, c := range path {
		if c == '\n' {
			path = path[:i]
			break
		}
	}
	var text [32]byte
	n = proc("/sys/fs/cgroup"+string(path)+"/memory.max", text[:])
	most := uint64(0)
	for _, c := range text[:n] {
		if c < '0' || c > '9' {
			break
		}
		most = most*10 + uint64(c-'0')
	}
	if most > 0 {
		limit = min(limit, most>>10)
	}
	return limit
}
