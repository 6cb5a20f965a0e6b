package runfile

import "encoding/binary"

// entries appends the names in what getdents64 has read: inode and offset, length of the entry at 16, type at 18, name with a 0 at 19.
// syscall.ParseDirent is 2 KiB, and written for all systems.
func entries(b []byte, names []string) []string {
	const head = 19
	for len(b) > head {
		size := int(binary.NativeEndian.Uint16(b[16:]))
		if size <= head || size > len(b) {
			break
		}
		name := b[head:size]
		for i, c := range name {
			if c == 0 {
				name = name[:i]
				break
			}
		}
		names, b = append(names, string(name)), b[size:]
	}
	return names
}
