package krunk

import (
	"bytes"
	"io"
	"sync"
	"unsafe"

	"github.com/krunk-go/krunk/internal/record"
)

// Writer returns an io.Writer that logs every line written to it at that level, for the standard log package and anything
// else that writes lines:
//
//	log.SetFlags(0)
//	log.SetOutput(io.MultiWriter(os.Stderr, client.Channel("log").Writer(krunk.LevelInfo)))
//
// A date and time that the log package put in front is cut off. Lines raised as events are grouped by the place that logged,
// as their text holds values. A line without its end is kept until the rest comes, up to 8192 bytes. Unlike the methods of
// Channel, Write holds a lock of the Writer, for no longer than the copying takes. It never returns an error.
func (c *Channel) Writer(level Level) io.Writer { return &lineWriter{channel: c, level: level} }

type lineWriter struct {
	channel *Channel
	level   Level
	mu      sync.Mutex
	part    []byte // guarded by mu; a line without its end
}

// Write logs the lines of p, which it must not retain.
func (w *lineWriter) Write(p []byte) (int, error) {
	if !w.channel.Enabled(w.level) {
		return len(p), nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := p
	for {
		line, after, found := bytes.Cut(rest, []byte{'\n'})
		if !found {
			w.keep(rest)
			return len(p), nil
		}
		rest = after
		if len(w.part) > 0 {
			w.keep(line)
			line = w.part
		}
		w.line(line)
		w.part = w.part[:0]
	}
}

// maxPart is the most that is kept of a line that comes in parts: what a record keeps, a date in front that is cut off, and
// more than a byte over it, so that a line which was cut here is marked like any other.
const maxPart = record.MaxText + 64

func (w *lineWriter) keep(b []byte) {
	w.part = append(w.part, b[:min(len(b), maxPart-len(w.part))]...)
}

func (w *lineWriter) line(b []byte) {
	b = bytes.TrimRight(cutDate(b), " \t\r")
	if len(b) == 0 {
		return
	}
	w.channel.Emit(Entry{Level: w.level, Message: unsafe.String(&b[0], len(b)), Plain: true})
}

// cutDate cuts off what log.LstdFlags writes: "2009/11/10 23:00:00 ", with microseconds if asked for.
func cutDate(b []byte) []byte {
	const layout = "dddd/dd/dd dd:dd:dd"
	if len(b) <= len(layout) {
		return b
	}
	for i := range len(layout) {
		if isDigit := b[i] >= '0' && b[i] <= '9'; layout[i] == 'd' && !isDigit || layout[i] != 'd' && b[i] != layout[i] {
			return b
		}
	}
	rest := b[len(layout):]
	if rest[0] == '.' {
		rest = bytes.TrimLeft(rest[1:], "0123456789")
	}
	return bytes.TrimLeft(rest, " ")
}
