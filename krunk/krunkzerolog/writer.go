// Package krunkzerolog carries records of github.com/rs/zerolog into a Krunk channel. It is a module of its own, so that who does
// not use zerolog fetches none of it.
//
//	logger := zerolog.New(zerolog.MultiLevelWriter(os.Stderr, krunkzerolog.NewWriter(client.Channel("game"), nil)))
//
// zerolog keeps the fields of a record as JSON that only a writer sees; that is why this is one. The build tag binary_log, with which
// zerolog writes CBOR, needs NewHook instead, which sees no fields.
package krunkzerolog

import (
	"errors"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/krunk-go/krunk/krunk"
)

// Options are the options of NewWriter; the zero value and nil mean the defaults.
type Options struct {
	// Flush is client.Flush. It is called after a record that ends the program (Fatal), and by Close, with FlushWait at most. Nil: a
	// fatal record is in the black box, and what is not delivered when the program ends is lost without a run file.
	Flush func(time.Duration) bool
	// FlushWait is how long Flush may take. Zero: 2 s.
	FlushWait time.Duration
}

// Writer is a zerolog.LevelWriter over a channel. Fields keep their types: texts, numbers and truth values as attributes of that
// kind, objects and lists as their JSON text; the field that zerolog.ErrorFieldName names makes an exception of an event. The time is when it came
// here. It does not allocate: the line is copied, and taken apart by Krunk's goroutine. Where it raises an event, or is longer
// than 2048 bytes, it is taken apart at once, which allocates for more than 16 fields.
type Writer struct {
	channel *krunk.Channel
	options Options
	lines   *krunk.Lines
}

// NewWriter returns a writer to channel, which may be nil: then it takes everything and does nothing. The names of fields are those
// that zerolog's variables hold at this moment. Make it within a second of krunk.Start: then it reads what a crashed run has left in a run file as well.
func NewWriter(channel *krunk.Channel, o *Options) *Writer {
	n := names{zerolog.LevelFieldName, zerolog.MessageFieldName, zerolog.TimestampFieldName, zerolog.ErrorFieldName}
	pool := new(sync.Pool)
	pool.New = func() any { return &scanner{names: n, pool: pool} }
	w := &Writer{channel: channel, lines: channel.Lines(n.format(), func() krunk.LineReader { return pool.Get().(*scanner) })}
	if o != nil {
		w.options = *o
	}
	if w.options.FlushWait <= 0 {
		w.options.FlushWait = 2 * time.Second
	}
	return w
}

// Level returns the level of a Krunk record for one of zerolog's: the words are the same, Panic is error+3, since it may be recovered
// from, and a record without a level is info.
func Level(l zerolog.Level) krunk.Level {
	switch {
	case l < zerolog.DebugLevel:
		return krunk.LevelTrace
	case l <= zerolog.ErrorLevel:
		return krunk.Level(l-zerolog.InfoLevel) * (krunk.LevelWarn - krunk.LevelInfo)
	case l == zerolog.FatalLevel:
		return krunk.LevelFatal
	case l == zerolog.PanicLevel:
		return krunk.LevelError + 3
	}
	return krunk.LevelInfo
}

// Write is WriteLevel with the level that the record itself names.
func (w *Writer) Write(p []byte) (int, error) { return w.WriteLevel(levelOf(p), p) }

// WriteLevel passes one record to the channel. What is no JSON object goes as a text. It fails only where a fatal record could not be
// delivered in time.
func (w *Writer) WriteLevel(l zerolog.Level, p []byte) (int, error) {
	if level := Level(l); w.channel.Enabled(level) {
		w.lines.Emit(level, p)
	}
	if l == zerolog.FatalLevel {
		return len(p), w.Close()
	}
	return len(p), nil
}

// Close waits until what was captured before it was delivered or counted, FlushWait at most; zerolog calls it before Fatal ends the
// program. The writer stays usable.
func (w *Writer) Close() error {
	if w.options.Flush != nil && !w.options.Flush(w.options.FlushWait) {
		return errors.New("krunkzerolog: not everything was delivered in time; what waits is counted in Client.Stats")
	}
	return nil
}

// Hook is a zerolog.Hook over a channel, for a logger whose writer cannot be changed. It sees level and message, no fields.
type Hook struct{ channel *krunk.Channel }

// NewHook returns a hook to channel, which may be nil.
func NewHook(channel *krunk.Channel) Hook { return Hook{channel} }

// Run passes a record to the channel. It does not allocate.
func (h Hook) Run(_ *zerolog.Event, l zerolog.Level, message string) {
	if level := Level(l); h.channel.Enabled(level) {
		h.channel.Emit(krunk.Entry{Level: level, Message: message, Plain: true})
	}
}
