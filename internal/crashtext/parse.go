package crashtext

import (
	"strconv"
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
)

// Parse reads the text of a death. What it cannot place it leaves out. A message may be of any length; of the goroutines it looks at the first
// MaxText bytes.
func Parse(s string) *Report {
	p := parser{report: new(Report)}
	p.read(s, start(s))
	p.report.finish(s)
	return p.report
}

// Goroutines reads a text of runtime.Stack, of which it looks at the first MaxText bytes. The goroutine first comes first, wherever it
// stands in s; 0: none does.
func Goroutines(s string, first uint64) []Goroutine {
	p := parser{report: new(Report), started: true}
	if at := find(s, first); at >= 0 {
		end := len(s)
		if n := ascii.Index(s[at:], "\n\n"); n >= 0 {
			end = at + n + 1
		}
		p.read(s[at:end], 0)
		p.skip = first
	}
	p.read(s, 0)
	return p.report.Goroutines
}

// find returns where the goroutine with that number begins in s, -1 if it does not.
func find(s string, id uint64) int {
	if id == 0 {
		return -1
	}
	prefix := header + strconv.FormatUint(id, 10) + " "
	if strings.HasPrefix(s, prefix) {
		return 0
	}
	if at := line(s, prefix); at < len(s) {
		return at
	}
	return -1
}

// parser holds where it is in a text.
type parser struct {
	report  *Report
	rest    string
	skip    uint64     // goroutine that is known already
	started bool       // the first goroutine has begun
	in      *Goroutine // whose lines these are; nil where they are nobody's
	called  string     // function whose file stands on the next line
	created bool       // and it is the one that ran the goroutine
}

// read reads a text whose goroutines begin there.
func (p *parser) read(s string, goroutines int) {
	p.rest, p.in, p.called = s, nil, ""
	if len(s)-goroutines > MaxText {
		p.rest, p.report.Truncated = s[:goroutines+MaxText], true
	} else if s != "" && s[len(s)-1] != '\n' {
		p.report.Truncated = true
	}
	for p.rest != "" {
		p.line(p.next())
	}
	if p.called != "" {
		p.report.Truncated = true // its file is missing
	}
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
	case strings.HasPrefix(line, header):
		if g, ok := goroutine(line[len(header):]); ok {
			p.begin(g)
		}
	case line == stackHeader:
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
	if p.skip != 0 && g.ID == p.skip {
		return
	}
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
	case line[len(line)-1] != ')' && isC(p.rest):
		p.called = line[:min(len(line), maxName)]
	default:
		p.called = withoutArguments(line)
	}
}

// isC reports whether the line that begins there is that of a call in C, as runtime.SetCgoTraceback tells it: "\tboss.c:12 pc=0x7f". The
// function's name stands in front of it without parentheses.
func isC(rest string) bool {
	line, _, _ := ascii.Cut(rest, '\n')
	if !strings.HasPrefix(line, "\t") {
		return false
	}
	i := ascii.LastIndex(line, "pc=0x")
	return i == 1 || i > 1 && line[i-1] == ' ' && ascii.Index(line, " sp=0x") < 0
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
	for at := 0; ; {
		i := strings.IndexByte(line[at:], ' ')
		if i < 0 {
			break
		}
		at += i + 1
		if rest := line[at:]; strings.HasPrefix(rest, "+0x") || strings.HasPrefix(rest, "fp=0x") || strings.HasPrefix(rest, "pc=0x") {
			line = line[:at-1]
			break
		}
	}
	i := strings.LastIndexByte(line, ':')
	if i < 0 {
		return "", 0
	}
	n, end, ok := digits(line[i+1:])
	if !ok || end != len(line)-i-1 || strings.IndexByte(line, '=') >= 0 && ascii.Index(line, "=0x") >= 0 {
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
