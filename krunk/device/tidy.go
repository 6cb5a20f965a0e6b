package device

import "github.com/krunk-go/krunk/internal/ascii"

const (
	maxName = 100 // bytes of a name that a machine gives itself
	maxText = 64  // bytes of a version
)

// tidy cuts what is too long, throws away what makers leave unfilled, and calls a handheld as people call it.
func (i *Info) tidy() {
	for _, s := range []*string{&i.OS, &i.Model, &i.Board, &i.Manufacturer, &i.Processor, &i.Browser} {
		*s = name(*s, maxName)
	}
	i.OSVersion = name(i.OSVersion, maxText)
	i.Kernel = number(i.Kernel)
	for _, h := range handhelds {
		if h.is(i.Manufacturer, i.Model) {
			i.Kind = Handheld
			if h.name != "" {
				i.Board, i.Model = i.Model, h.name
			}
			break
		}
	}
}

// name makes one clean line of what a file or a call gave.
func name(s string, most int) string {
	clean := make([]byte, 0, min(len(s), most))
	for i := 0; i < len(s) && len(clean) < most; i++ {
		switch c := s[i]; {
		case c <= ' ' || c >= 0x7f: // names of machines are ASCII; what else is in there is rubbish, as is the NUL of a device tree
			if len(clean) > 0 && clean[len(clean)-1] != ' ' {
				clean = append(clean, ' ')
			}
		default:
			clean = append(clean, c)
		}
	}
	s = ascii.TrimRight(string(clean), ascii.Space)
	for _, unfilled := range []string{"to be filled", "default string", "system product name", "system manufacturer", "o.e.m.", "not applicable", "not specified", "none", "unknown", "invalid", "undefined", "x.x"} {
		if len(s) >= len(unfilled) && ascii.EqualFold(s[:len(unfilled)], unfilled) {
			return ""
		}
	}
	return s
}

// number returns the digits and points that s begins with: what follows in a kernel's name is chosen by who built it, and people
// write their own name or that of their machine there.
func number(s string) string {
	end := 0
	for end < len(s) && end < maxText && (s[end] == '.' || s[end] >= '0' && s[end] <= '9') {
		end++
	}
	return ascii.TrimRight(s[:end], ".")
}
