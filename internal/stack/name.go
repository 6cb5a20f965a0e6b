package stack

import (
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
)

// Split cuts a full function name into the import path (the text before the first '.' after the last '/', with %2e
// and its like unescaped) and the rest: "example.test/ai.(*Boss).Tick" is "example.test/ai" and "(*Boss).Tick". A
// name without a '.' has no module. It allocates only when the path holds an escape.
func Split(name string) (module, function string) {
	path := name
	if i := strings.IndexByte(path, '['); i >= 0 { // Type arguments may hold paths of their own.
		path = path[:i]
	}
	start := strings.LastIndexByte(path, '/') + 1
	dot := strings.IndexByte(path[start:], '.')
	if dot < 0 {
		return "", name
	}
	dot += start
	return unescape(name[:dot]), name[dot+1:]
}

const hexDigits = "0123456789abcdef"

// unescape undoes the linker's %xx; what is no escape stays as it is.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, lo := strings.IndexByte(hexDigits, s[i+1]|0x20), strings.IndexByte(hexDigits, s[i+2]|0x20)
			if hi >= 0 && lo >= 0 {
				b = append(b, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// CutClosure removes what the compiler appended to the name of the function around a closure: .funcN(.M)*, -rangeN,
// .gowrapN and .deferwrapN. The numbers change when another closure is written above, so a fingerprint must not hold
// them. A method that someone really named func1 is cut too. It allocates only when text follows the last cut.
func CutClosure(name string) string {
	for from := 0; from < len(name); {
		n := 0
		for m := -1; m != 0; n += m {
			m = closureLen(name[from+n:])
		}
		if n == 0 {
			from++
			continue
		}
		name = joinCut(name, from, from+n)
	}
	return name
}

func joinCut(s string, from, to int) string {
	if to == len(s) {
		return s[:from]
	}
	if from == 0 {
		return s[to:]
	}
	return s[:from] + s[to:]
}

// closureLen returns the length of the closure suffix at the start of s, 0 when there is none.
func closureLen(s string) int {
	if s == "" || s[0] != '.' && s[0] != '-' {
		return 0
	}
	n := 0
	switch {
	case strings.HasPrefix(s, ".func"):
		n = digits(s, len(".func"))
		for n > 0 && n < len(s) && s[n] == '.' {
			m := digits(s, n+1)
			if m == 0 {
				break
			}
			n = m
		}
	case strings.HasPrefix(s, ".gowrap"):
		n = digits(s, len(".gowrap"))
	case strings.HasPrefix(s, ".deferwrap"):
		n = digits(s, len(".deferwrap"))
	case strings.HasPrefix(s, "-range"):
		n = digits(s, len("-range"))
	}
	if n < len(s) && n > 0 && s[n] != '.' && s[n] != '-' { // ".func1st" is a name of its own.
		return 0
	}
	return n
}

// digits returns the end of the run of digits at s[from:], 0 when there is no digit.
func digits(s string, from int) int {
	i := from
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i == from {
		return 0
	}
	return i
}

// isClosure reports whether a function name is one that the compiler made up.
func isClosure(function string) bool {
	return ascii.Index(function, ".func") >= 0 || ascii.Index(function, "-range") >= 0
}
