package runfile

// uuid reads 32 hex digits, with whatever hyphens between them, and says whether there were as many.
func uuid(id *[16]byte, text string) bool {
	n := 0
	for i := 0; i < len(text) && n < 32; i++ {
		c := text[i] | 0x20
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		default:
			continue
		}
		id[n/2] = id[n/2]<<4 | c
		n++
	}
	if n < 32 {
		*id = [16]byte{}
	}
	return n == 32
}
