package krunk

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/krunk-go/krunk/internal/record"
)

// Writer returns an io.Writer that logs what is written to it at that level, for the standard log package and anything else
// that writes lines:
//
//	log.SetOutput(io.MultiWriter(os.Stderr, client.Channel("log").Writer(krunk.LevelInfo)))
//
// One Write that ends a line is one record, whatever line breaks are in it, as package log makes one for each call; only of a stream
// that is copied, such as the output of a child process, each line is one. The date,
// time and file that log's flags put in front, or behind its prefix, are cut off, and so are escape sequences of terminals; a
// carriage return begins the line again. A line without its end is kept until the rest comes, up to 8192 bytes, or until Flush, Close
// or an event takes it as it is. Lines raised as events are grouped by the place that logged, as their text holds values. Unlike
// the methods of Channel, Write holds a lock of the Writer, for no longer than the copying takes. It never returns an error.
func (c *Channel) Writer(level Level) io.Writer { return &lineWriter{channel: c, level: level} }

type lineWriter struct {
	channel *Channel
	level   Level
	mu      sync.Mutex
	line           // guarded by mu
	noes    uint32 // guarded by mu; see say, as the line began
	listed  bool   // guarded by mu; stands in the client's parts
}

// Write takes p, which it must not retain.
func (w *lineWriter) Write(p []byte) (int, error) {
	n := len(p)
	noes := w.told()
	if !w.channel.Enabled(w.level) {
		return n, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.since(noes) {
		return n, nil
	}
	if len(w.text) > 0 || w.returned {
		end := bytes.IndexByte(p, '\n') + 1
		if w.feed(p[:end]); end > 0 {
			w.take()
		}
		p = p[end:]
	}
	ended := bytes.LastIndexByte(p, '\n') + 1
	if first := bytes.IndexByte(p, '\n') + 1; first < ended && copied() {
		for first > 0 {
			w.feed(p[:first])
			w.take()
			p = p[first:]
			first = bytes.IndexByte(p, '\n') + 1
		}
		ended = 0
	}
	if ended == len(p) && w.plain(p) {
		b := trimBlank(p)
		if from, to := logHeader(b); from == 0 {
			w.log(b[to:])
			return n, nil
		}
	}
	if w.feed(p[:ended]); ended > 0 {
		w.take()
	}
	w.feed(p[ended:])
	if len(w.text) > 0 && !w.listed {
		w.listed = w.channel.owner().parts.add(w)
	}
	return n, nil
}

// told returns how often the player has said no.
func (w *lineWriter) told() uint32 {
	if w.channel == nil {
		return 0
	}
	return w.channel.owner().say.noes.Load()
}

// since drops a line that was begun before the last no. It reports false for what comes from before one that others have heard of. The caller
// holds w.mu.
func (w *lineWriter) since(noes uint32) bool {
	if w.noes < noes {
		w.line, w.noes = line{text: w.text[:0]}, noes
	}
	return w.noes == noes
}

// take logs what there is of a line. The caller holds w.mu.
func (w *lineWriter) take() {
	w.since(w.told())
	b := trimBlank(w.text)
	if from, to := logHeader(b); to > 0 {
		copy(b[to-from:to], b[:from]) // a prefix in front of the date moves behind it
		b = b[to-from:]
	}
	w.log(b)
	w.text, w.begin, w.returned = w.text[:0], 0, false
}

func (w *lineWriter) log(b []byte) {
	if b = trimBlank(b); len(b) > 0 {
		w.channel.Emit(Entry{Level: w.level, Message: unsafe.String(&b[0], len(b)), Plain: true})
	}
}

// trimBlank cuts empty lines in front, and white space at the end.
func trimBlank(b []byte) []byte {
	b = bytes.TrimRight(b, " \t\r\n")
	begin := 0
	for i, c := range b {
		if c == '\n' {
			begin = i + 1
		} else if c != ' ' && c != '\t' && c != '\r' {
			break
		}
	}
	return b[begin:]
}

// maxPart is the most that is kept of a line that comes in parts: what a record keeps, a header that is cut off, and more than
// a byte over it, so that a line which was cut here is marked like any other.
const maxPart = record.MaxText + 64

// line is text as a terminal would show it, as far as it has come.
type line struct {
	text     []byte
	begin    int   // where the last line begins
	returned bool  // a carriage return was met: what comes next begins the line again, unless that is its end
	escape   uint8 // state within an escape sequence of a terminal, 0 outside of one
}

// plain reports whether p, behind what has come, needs no work.
func (l *line) plain(p []byte) bool {
	return len(l.text) == 0 && !l.returned && l.escape == 0 && bytes.IndexByte(p, '\r') < 0 && bytes.IndexByte(p, esc) < 0
}

const (
	esc = 0x1b
	bel = 0x07

	escaped    = 1 // behind ESC
	control    = 2 // behind ESC [, up to a letter
	command    = 3 // behind ESC ] and its like, up to BEL or ESC \
	commandEsc = 4
)

func (l *line) feed(p []byte) {
	for _, c := range p {
		switch {
		case l.escape != 0 && c != '\n':
			l.escape = next(l.escape, c)
		case c == esc:
			l.escape = escaped
		case c == '\n':
			l.add(c)
			l.begin, l.returned, l.escape = len(l.text), false, 0
		case c == '\r':
			l.returned = true
		default:
			if l.returned {
				l.text, l.returned = l.text[:l.begin], false
			}
			l.add(c)
		}
	}
}

func (l *line) add(c byte) {
	if len(l.text) < maxPart {
		l.text = append(l.text, c)
	}
}

// next returns the state behind c.
func next(state, c uint8) uint8 {
	switch state {
	case escaped:
		switch {
		case c == '[':
			return control
		case c == ']' || c == 'P' || c == '_' || c == '^' || c == 'X':
			return command
		case c >= 0x20 && c < 0x30:
			return escaped
		}
		return 0
	case control:
		if c >= 0x40 && c < 0x7f {
			return 0
		}
	case command:
		switch c {
		case bel:
			return 0
		case esc:
			return commandEsc
		}
	case commandEsc:
		if c == '\\' {
			return 0
		}
		return command
	}
	return state
}

// unfinished is a writer that holds a line without its end. What it does is linked by who calls Writer.
type unfinished interface {
	// finish logs what there is of the line. It reports false if the writer is at work and it must not wait for it.
	finish(wait bool) bool
	// leave reports whether there is no line any more, and then counts as no longer listed.
	leave() bool
}

func (w *lineWriter) finish(wait bool) bool {
	if wait {
		w.mu.Lock()
	} else if !w.mu.TryLock() {
		return false
	}
	defer w.mu.Unlock()
	w.listed = false
	w.take()
	return true
}

func (w *lineWriter) leave() bool {
	if !w.mu.TryLock() {
		return false
	}
	defer w.mu.Unlock()
	w.listed = len(w.text) > 0
	return !w.listed
}

// parts are the writers that hold a line without its end.
type parts struct {
	n    atomic.Uint32
	mu   sync.Mutex
	list []unfinished // guarded by mu
}

// maxParts bounds what unfinished lines keep: a line of a writer beyond is logged when its end comes, and not before.
const maxParts = 8

func (p *parts) add(w unfinished) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.list) < maxParts {
		p.list = append(p.list, w)
		p.n.Store(uint32(len(p.list)))
		return true
	}
	for i := range p.list {
		if p.list[i].leave() {
			p.list[i] = w
			return true
		}
	}
	return false
}

// take logs all lines without their end. It waits for writers that are at work, so it is for Flush and Close.
func (p *parts) take() {
	p.mu.Lock()
	list := p.list
	p.list = nil
	p.n.Store(0)
	p.mu.Unlock()
	for _, w := range list {
		w.finish(true)
	}
}

// glean is take for who must not wait: what is in use stays.
//
//go:noinline
func (p *parts) glean() {
	if p.n.Load() == 0 || !p.mu.TryLock() {
		return
	}
	defer p.mu.Unlock()
	kept := p.list[:0]
	for _, w := range p.list {
		if !w.finish(false) {
			kept = append(kept, w)
		}
	}
	clear(p.list[len(kept):])
	p.list = kept
	p.n.Store(uint32(len(kept)))
}
