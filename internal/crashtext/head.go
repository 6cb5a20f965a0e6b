package crashtext

import (
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
)

// reason takes a line in front of the first goroutine, and those after it that belong to it: the runtime puts a tab behind each line
// break of a message, so that none can look like a goroutine. A chain of panics is indented as well.
func (p *parser) reason(line string) {
	r := p.report
	nested := strings.HasPrefix(line, "\t")
	body := line
	if nested {
		body = line[1:]
	}
	follows := !nested || len(r.Panics) > 0
	switch {
	case follows && strings.HasPrefix(body, "panic: "):
		p.panicked(body[len("panic: "):])
	case follows && strings.HasPrefix(body, "fatal error: "):
		r.Kind = Fatal
		r.Message, _ = p.message(body[len("fatal error: "):])
	case strings.HasPrefix(line, "[signal "):
		r.Fault = withoutAddresses(line[len("[signal "):])
	case line == "signal arrived during cgo execution":
		r.InC = true
	case r.Kind == Unknown && isSignal(line):
		r.Kind, r.Message = Signal, line
	}
}

// isSignal reports whether a line names a signal: "SIGQUIT: quit", and "Signal 34" or "signal 34" where the runtime has no name for it.
func isSignal(line string) bool {
	if strings.HasPrefix(line, "SIG") {
		return ascii.Index(line, ": ") > 0
	}
	const number = len("signal ")
	if len(line) <= number || line[1:number] != "ignal " || line[0]|0x20 != 's' {
		return false
	}
	_, end, _ := digits(line[number:])
	return number+end == len(line)
}

func (p *parser) panicked(first string) {
	var v Value
	var last string
	v.Text, last = p.message(first)
	for _, mark := range [...]string{" [recovered, repanicked]", " [recovered]"} {
		if strings.HasSuffix(last, mark) { // of the last line as it stands there: the text may be cut
			v.Recovered, v.Repanicked = true, len(mark) > len(" [recovered]")
			v.Text = strings.TrimSuffix(v.Text, mark)
			break
		}
	}
	v.Text = withoutPointer(v.Text)
	r := p.report
	if len(r.Panics) == maxPanics { // the first ones and the last one
		r.Panics = r.Panics[:maxPanics-1]
		r.Truncated = true
	}
	r.Panics = append(r.Panics, v)
	if r.Kind != Fatal {
		r.Kind, r.Message = Panic, v.Text
	}
}

// message returns a message, cut, with the lines that belong to it, to the next panic of the chain, and the last of them whole.
func (p *parser) message(first string) (text, last string) {
	cut := first[:min(len(first), maxMessage)]
	if !p.continues() {
		return cut, first
	}
	b := append(make([]byte, 0, 256), cut...)
	for p.continues() {
		last = p.next()[1:]
		if len(b)+1+len(last) <= maxMessage {
			b = append(append(b, '\n'), last...)
		}
	}
	return string(b), last
}

func (p *parser) continues() bool {
	return strings.HasPrefix(p.rest, "\t") && !strings.HasPrefix(p.rest, "\tpanic: ") && !strings.HasPrefix(p.rest, "\tfatal error: ")
}

// withoutPointer takes the address out of a value that the runtime can only name: "(main.T) 0x502a20".
func withoutPointer(text string) string {
	i := ascii.LastIndex(text, ") 0x")
	if text == "" || text[0] != '(' || i < 0 {
		return text
	}
	for _, c := range []byte(text[i+len(") 0x"):]) {
		if c < '0' || c > '9' && c < 'a' || c > 'f' {
			return text
		}
	}
	return text[:i+1]
}

// withoutAddresses keeps the name of a signal: "SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4b]".
func withoutAddresses(text string) string {
	if i := ascii.Index(text, " code="); i >= 0 {
		return text[:i]
	}
	return ascii.TrimRight(text, "]")
}
