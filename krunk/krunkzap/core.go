// Package krunkzap carries records of go.uber.org/zap into a Krunk channel. It is a module of its own, so that who does not use
// zap fetches none of it.
//
//	logger := zap.New(old, krunkzap.Beside(client.Channel("game"), nil)) // old stays: file, console
//	logger.Warn("packet lost", zap.Int("seq", 17))
package krunkzap

import (
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/krunk-go/krunk/internal/scrub"
	"github.com/krunk-go/krunk/krunk"
)

// Options are the options of New and Beside; the zero value and nil mean the defaults.
type Options struct {
	// Flush is client.Flush. It is called by Sync, and after a record that ends the program (Fatal), with FlushWait at most. Nil: a
	// fatal record is in the black box, and what is not delivered when the program ends is lost without a run file.
	Flush func(time.Duration) bool
	// FlushWait is how long Flush may take. Zero: 2 s.
	FlushWait time.Duration
}

const flushWait = 2 * time.Second

// Core is a zapcore.Core over a channel. The channel's thresholds decide what is enabled, and the policy of the game server moves
// them. A record with up to 16 fields of plain types, no namespace and no caller does not allocate in Core; zap allocates its own list of fields
// where they do not fit its pool.
type Core struct {
	channel *krunk.Channel
	options Options
	prefix  string // open namespaces, each with its dot
}

// New returns a core over channel, which may be nil: then nothing is enabled.
func New(channel *krunk.Channel, o *Options) *Core {
	c := &Core{channel: channel}
	if o != nil {
		c.options = *o
	}
	if c.options.FlushWait <= 0 {
		c.options.FlushWait = flushWait
	}
	return c
}

// Beside is a zap.Option that adds a core over channel to the one that a logger has.
func Beside(channel *krunk.Channel, o *Options) zap.Option {
	return zap.WrapCore(func(old zapcore.Core) zapcore.Core { return zapcore.NewTee(old, New(channel, o)) })
}

// Level returns the level of a Krunk record for one of zap's: debug, info, warn, error and fatal are the same words; DPanic is
// error+2 and Panic error+3, since both may be recovered from; what is below debug is trace.
func Level(l zapcore.Level) krunk.Level {
	switch {
	case l < zapcore.DebugLevel:
		return krunk.LevelTrace
	case l <= zapcore.ErrorLevel:
		return krunk.Level(l) * 4
	case l == zapcore.DPanicLevel:
		return krunk.LevelError + 2
	case l == zapcore.PanicLevel:
		return krunk.LevelError + 3
	}
	return krunk.LevelFatal
}

// Enabled reports whether the channel wants records of that level.
func (c *Core) Enabled(l zapcore.Level) bool { return c.channel.Enabled(Level(l)) }

// Check adds the core to what is called for the record, if the channel wants it.
func (c *Core) Check(e zapcore.Entry, to *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return to.AddCore(e, c)
	}
	return to
}

// With returns a core whose records carry fields too; they are encoded now.
func (c *Core) With(fields []zapcore.Field) zapcore.Core {
	d := *c
	var list []krunk.Attr
	list, d.prefix = appendFields(nil, c.prefix, fields)
	d.channel = c.channel.With(list...)
	return &d
}

// Write passes the record to the channel. The logger's name is the attribute logger. It fails only where a fatal record could not be
// delivered in time.
func (c *Core) Write(e zapcore.Entry, fields []zapcore.Field) error {
	if len(fields) < 4 { // to clear room for 16 takes as long as to look at four
		var few [4]krunk.Attr
		c.emit(&e, few[:0], fields)
	} else {
		var few [17]krunk.Attr
		c.emit(&e, few[:0], fields)
	}
	if e.Level >= zapcore.FatalLevel {
		return c.Sync()
	}
	return nil
}

func (c *Core) emit(e *zapcore.Entry, room []krunk.Attr, fields []zapcore.Field) {
	attrs, _ := appendFields(room, c.prefix, fields)
	if e.LoggerName != "" {
		attrs = append(attrs, krunk.String("logger", named(e.LoggerName)))
	}
	pc := uintptr(0)
	if e.Caller.Defined {
		pc = e.Caller.PC
	}
	c.channel.Emit(krunk.Entry{Level: Level(e.Level), Message: e.Message, Attrs: attrs, Time: e.Time, PC: pc})
}

// named returns what a logger is called without what is private in it. The names of loggers in each other are joined by dots, and what stands in front
// of another one does not look like the name or address of a machine any more: each part is looked at as if it was the last.
func named(name string) string {
	var clean scrub.Scrubber
	for i := strings.IndexByte(name, '.') + 1; i > 0 && i < len(name); i++ { // one with a single dot is looked at as a whole, by the client
		if name[i] != '.' {
			continue
		}
		if cut := clean.Text(name[:i]); cut != name[:i] {
			return named(cut + name[i:])
		}
	}
	return name
}

// Sync waits until what was captured before it was delivered or counted, FlushWait at most. Without Options.Flush it does nothing.
func (c *Core) Sync() error {
	if c.options.Flush != nil && !c.options.Flush(c.options.FlushWait) {
		return errFlush
	}
	return nil
}
