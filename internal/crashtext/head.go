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
		r.Kind, r.Message = Fatal, p.message(body[len("fatal error: "):])
	case strings.HasPrefix(line, "[signal "):
		r.Fault = withoutAddresses(line[len("[signal "):])
	case line == "signal arrived during cgo execution":
		r.InC = true
	case r.Kind == Unknown && strings.HasPrefix(line, "SIG") && ascii.Index(line, ": ") > 0:
		r.Kind, r.Message = Signal, line
	}
}

func (p *parser) panicked(first string) {
	v := Value{Text: p.message(first)}
	for _, mark := range [...]string{" [recovered, repanicked]", " [recovered]"} {
		if strings.HasSuffix(v.Text, mark) {
			v.Text, v.Recovered, v.Repanicked = v.Text[:len(v.Text)-len(mark)], true, len(mark) > len(" [recovered]")
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

// message returns a message with the lines that belong to it, to the next panic of the chain.
func (p *parser) message(first string) string {
	if !p.continues() {
		return first[:min(len(first), maxMessage)]
	}
	b := append(make([]byte, 0, 256), first...)
	for p.continues() {
		line := p.next()[1:]
		if len(b)+len(line) < maxMessage {
			b = append(append(b, '\n'), line...)
		}
	}
	return string(b)
}

func (p *parser) continues() bool {
	return strings.HasPrefix(p.rest, "\t") && !strings.HasPrefix(p.rest, "\tpanic: ") && !strings.HasPrefix(p.rest, "\tfatal error: ")
}

// withoutPointer takes the address out of a value that the runtime can only name: "(main.T) 0x502a20", "(*main.T) 0xc000012", and
// "(main.T) {0x1, 0x2}".
func withoutPointer(text string) string {
	if text == "" || text[0] != '(' {
		return text
	}
	for _, sep := range [...]string{") 0x", ") {"} {
		if i := ascii.Index(text, sep); i > 0 {
			return text[:i+1]
		}
	}
	return text
}

// withoutAddresses keeps the name of a signal: "SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4b]".
func withoutAddresses(text string) string {
	if i := ascii.Index(text, " code="); i >= 0 {
		return text[:i]
	}
	return ascii.TrimRight(text, "]")
}
