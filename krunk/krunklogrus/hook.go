// Package krunklogrus carries records of github.com/sirupsen/logrus into a Krunk channel, by a hook: the output that a logger has
// stays. It is a module of its own, so that who does not use logrus fetches none of it.
//
//	logrus.AddHook(krunklogrus.New(client.Channel("game"), &krunklogrus.Options{Flush: client.Flush}))
//
// Fire does not allocate for records of up to 16 fields of plain types beyond what logrus does itself. With logrus' own level at
// info, which is its default, records at debug never come to the hook, whatever the policy of the game server asks for: set logrus to
// its lowest level and let the output choose.
package krunklogrus

import (
	"errors"
	"slices"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/krunk-go/krunk/krunk"
)

// Options are the options of New; the zero value and nil mean the defaults.
type Options struct {
	// Flush is client.Flush. It is called after a record that ends the program (Fatal), with FlushWait at most. Nil: a fatal record
	// is in the black box, and what is not delivered when the program ends is lost without a run file.
	Flush func(time.Duration) bool
	// FlushWait is how long Flush may take. Zero: 2 s.
	FlushWait time.Duration
}

// Hook is a logrus.Hook over a channel.
type Hook struct {
	channel *krunk.Channel
	options Options
}

// New returns a hook over channel, which may be nil: then it does nothing.
func New(channel *krunk.Channel, o *Options) *Hook {
	h := &Hook{channel: channel}
	if o != nil {
		h.options = *o
	}
	if h.options.FlushWait <= 0 {
		h.options.FlushWait = 2 * time.Second
	}
	return h
}

// Level returns the level of a Krunk record for one of logrus': the words are the same, and Panic is error+3, since it may be
// recovered from.
func Level(l logrus.Level) krunk.Level {
	switch {
	case l == logrus.PanicLevel:
		return krunk.LevelError + 3
	case l == logrus.FatalLevel:
		return krunk.LevelFatal
	case l >= logrus.TraceLevel:
		return krunk.LevelTrace
	}
	return krunk.Level(int(logrus.InfoLevel)-int(l)) * (krunk.LevelWarn - krunk.LevelInfo)
}

// Levels returns all of them: the channel's thresholds decide what is wanted, and the policy of the game server moves them.
func (h *Hook) Levels() []logrus.Level { return logrus.AllLevels }

// Fire passes the record to the channel. logrus has put values into most messages by then, so that events are grouped by the place
// that logged. It fails only where a fatal record could not be delivered in time.
func (h *Hook) Fire(e *logrus.Entry) error {
	level := Level(e.Level)
	if h.channel.Enabled(level) {
		h.emit(e, level)
	}
	if e.Level == logrus.FatalLevel && h.options.Flush != nil && !h.options.Flush(h.options.FlushWait) {
		return errors.New("krunklogrus: not everything was delivered in time; what waits is counted in Client.Stats")
	}
	return nil
}

func (h *Hook) emit(e *logrus.Entry, level krunk.Level) {
	// A map has another order each time; who compares two records by eye wants one, and the first error names the event.
	var names [16]string
	keys := names[:0]
	for key := range e.Data {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	var few [16]krunk.Attr
	attrs := few[:0]
	for _, key := range keys {
		attrs = append(attrs, krunk.Any(key, e.Data[key]))
	}
	pc := uintptr(0)
	if e.Caller != nil {
		pc = e.Caller.PC
	}
	h.channel.Emit(krunk.Entry{Level: level, Message: e.Message, Attrs: attrs, Time: e.Time, PC: pc, Plain: true})
}
