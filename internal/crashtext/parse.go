package crashtext

import (
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
)

// Parse reads a text. What it cannot place it leaves out.
func Parse(s string) *Report {
	p := parser{report: new(Report), rest: s}
	if len(s) > MaxText {
		p.rest, p.report.Truncated = s[:MaxText], true
	} else if s != "" && s[len(s)-1] != '\n' {
		p.report.Truncated = true
	}
	for p.rest != "" {
		p.line(p.next())
	}
	if p.called != "" {
		p.report.Truncated = true // its file is missing
	}
	p.report.finish()
	return p.report
}

// parser holds where it is in a text.
type parser struct {
	report  *Report
	rest    string
	started bool       // the first goroutine has begun
	in      *Goroutine // whose lines these are; nil where they are nobody's
	called  string     // function whose file stands on the next line
	created bool       // and it is the one that ran the goroutine
}

// next returns the next line without its end.
func (p *parser) next() string {
	line, rest, _ := ascii.Cut(p.rest, '\n')
	p.rest = rest
	if n := len(line); n > 0 && line[n-1] == '\r' { // Windows, and consoles of browsers
		line = line[:n-1]
	}
	return line
}

func (p *parser) line(line string) {
	switch {
	case strings.HasPrefix(line, "goroutine "):
		if g, ok := header(line[len("goroutine "):]); ok {
			p.begin(g)
		}
	case line == "runtime stack:":
		p.begin(Goroutine{System: true, State: "running"})
	case !p.started:
		p.reason(line)
	case line == "":
		p.in, p.called = nil, ""
	case p.in == nil:
	case line[0] == '\t':
		p.place(line[1:])
	default:
		p.call(line)
	}
}

// begin starts a goroutine, or skips it where there are enough.
func (p *parser) begin(g Goroutine) {
	p.started, p.in, p.called = true, nil, ""
	r := p.report
	if len(r.Goroutines) == MaxGoroutines {
		r.Truncated = true
		return
	}
	if r.Goroutines == nil {
		r.Goroutines = make([]Goroutine, 0, 4)
	}
	r.Goroutines = append(r.Goroutines, g)
	p.in = &r.Goroutines[len(r.Goroutines)-1]
}

// call takes a line that names a function, or says something of the stack.
func (p *parser) call(line string) {
	p.called, p.created = "", false
	switch {
	case strings.HasPrefix(line, "created by "):
		name := line[len("created by "):]
		const in = " in goroutine "
		if i := ascii.Index(name, in); i >= 0 {
			p.in.Parent, _ = number(name[i+len(in):])
			name = name[:i]
		}
		p.called, p.created = name, true
	case strings.HasPrefix(line, "...") && strings.HasSuffix(line, " frames elided..."):
		n, ok := number(line[len("..."):])
		p.in.ElidedAt, p.in.Elided = len(p.in.Frames), int(min(n, 1<<30))
		if !ok {
			p.in.Elided = 1 // "...additional frames elided..."
		}
	case strings.HasPrefix(line, "[originating from goroutine "): // ancestors, with GODEBUG tracebackancestors
		p.in = nil
	case strings.HasPrefix(line, "non-Go function"):
		if ascii.Index(line, " at ") < 0 && strings.HasPrefix(p.rest, "\t") {
			p.called = "non-Go function"
		} else {
			p.frame(Frame{Func: "non-Go function"})
		}
	default:
		p.called = withoutArguments(line)
	}
}

// withoutArguments returns the name of "name(arguments)", which have no parentheses in them, and "" for anything else.
func withoutArguments(line string) string {
	if n := len(line); n == 0 || line[n-1] != ')' {
		return ""
	}
	i := strings.LastIndexByte(line, '(')
	if i <= 0 {
		return ""
	}
	return line[:i]
}

// place takes a line that tells where the call before it stands: FILE:LINE[ +0xOFFSET][ fp=0x… sp=0x… pc=0x…].
func (p *parser) place(line string) {
	if p.called == "" {
		return
	}
	f := Frame{Func: p.called}
	p.called = ""
	f.File, f.Line = position(line)
	if p.created {
		p.in.CreatedBy = f
		return
	}
	p.frame(f)
}

// position returns the file and line that a line begins with. Without a number there is none: what stands there then is an address.
func position(line string) (file string, n int) {
	for _, behind := range [...]string{" +0x", " fp=0x"} {
		if i := ascii.Index(line, behind); i >= 0 {
			line = line[:i]
		}
	}
	i := strings.LastIndexByte(line, ':')
	if i < 0 {
		return "", 0
	}
	n, end, ok := digits(line[i+1:])
	if !ok || end != len(line)-i-1 || ascii.Index(line, "=0x") >= 0 {
		return "", 0
	}
	return line[:i], n
}

func (p *parser) frame(f Frame) {
	if len(p.in.Frames) == MaxFrames {
		p.report.Truncated = true
		return
	}
	if p.in.Frames == nil {
		p.in.Frames = make([]Frame, 0, 16)
	}
	p.in.Frames = append(p.in.Frames, f)
}
