// Package krunkslog carries records of log/slog into a Krunk channel. It is a package of its own because linking log/slog
// costs half a megabyte on small devices.
//
//	logger := slog.New(krunkslog.New(client.Channel("net"), nil))
//	logger.Warn("packet lost", "seq", 17)
//
// As the default logger, with the old output beside it:
//
//	slog.SetDefault(slog.New(krunkslog.New(client.Channel("game"), &krunkslog.Options{Next: slog.Default().Handler()})))
package krunkslog

import (
	"context"
	"log/slog"
	"sync"
	"unsafe"

	"github.com/krunk-go/krunk/internal/scrub"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/internal/cycle"
)

// Options are the options of New; the zero value and nil mean the defaults.
type Options struct {
	// Next gets every record too that it is enabled for, so that the output a game had stays. Nil: none. The default handler of
	// log/slog, which after slog.SetDefault would wait for itself for ever, is replaced by one that writes the same where package
	// log writes now, with the flags and prefix that it has now. Give it as it is: attributes that it was given before are not seen.
	Next slog.Handler
	// NoSource leaves out where a record was logged. It travels as code.file.path, code.line.number and code.function.name of
	// log records; events have their stack.
	NoSource bool
}

// Handler is a slog.Handler over a channel. Levels are the same numbers, custom ones included. Groups become dots in keys.
// A record with up to 16 attributes does not allocate.
type Handler struct {
	channel *krunk.Channel
	options Options
	prefix  string       // open groups, each with its dot
	names   *sync.Pool   // of *names; shared by all that come from one New
	guard   *cycle.Guard // of Options.Next; likewise
}

// names holds the keys of one record that are put together of groups.
type names struct {
	buf   [1 << 10]byte
	n     int
	few   [16]krunk.Attr // on the stack all of it would be cleared each time
	scrub *scrub.Scrubber
}

func newNames() *names { return &names{scrub: scrub.New("")} }

// under returns the key of what stands in a group. What is private in it, such as an address, is not to be seen any more once it is a part of
// a longer name.
func (s *names) under(prefix, key string) string {
	if prefix == "" {
		return key
	}
	return s.join(prefix, s.scrub.Text(key))
}

// join returns prefix and key as one, which is valid until names is used for another record.
func (s *names) join(prefix, key string) string {
	n := len(prefix) + len(key)
	if n == 0 || n > len(s.buf)-s.n {
		return prefix + key
	}
	b := s.buf[s.n : s.n+n]
	copy(b[copy(b, prefix):], key)
	s.n += n
	return unsafe.String(&b[0], n)
}

// New returns a handler over channel, which may be nil.
func New(channel *krunk.Channel, o *Options) *Handler {
	h := &Handler{channel: channel, names: &sync.Pool{New: func() any { return newNames() }}, guard: new(cycle.Guard)}
	if o != nil {
		h.options = *o
		h.options.Next = oldOutput(o.Next)
	}
	return h
}

// Enabled reports whether the channel, or the next handler, wants records of that level.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.channel.Enabled(krunk.Level(level)) || h.options.Next != nil && h.options.Next.Enabled(ctx, level)
}

// Handle passes the record to the channel and to the next handler, whose error it returns.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	if h.channel.Enabled(krunk.Level(r.Level)) {
		h.emit(&r)
	}
	if next := h.options.Next; next != nil && next.Enabled(ctx, r.Level) {
		return h.onward(ctx, r, next)
	}
	return nil
}

// onward hands a record to the next handler, unless that leads back here.
func (h *Handler) onward(ctx context.Context, r slog.Record, next slog.Handler) error {
	ok, found := h.guard.Enter()
	if ok {
		defer h.guard.Leave()
		return next.Handle(ctx, r)
	}
	if found {
		h.channel.Warn("krunkslog: Options.Next leads back to this handler and gets no records any more")
	}
	return nil
}

func (h *Handler) emit(r *slog.Record) {
	keys := h.names.Get().(*names) // Emit is done with the keys when it returns
	keys.n = 0
	attrs := keys.few[:0]
	r.Attrs(func(a slog.Attr) bool {
		attrs = appendAttr(attrs, keys, h.prefix, &a, 0)
		return true
	})
	pc := r.PC
	if h.options.NoSource {
		pc = 0
	}
	h.channel.Emit(krunk.Entry{Level: krunk.Level(r.Level), Message: r.Message, Attrs: attrs, Time: r.Time, PC: pc})
	clear(keys.few[:min(len(attrs), len(keys.few))]) // nothing of the game's is kept alive
	h.names.Put(keys)
}

// WithAttrs returns a handler whose records carry attrs too; they are encoded now.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	var list []krunk.Attr
	keys := newNames()
	for i := range attrs {
		list = appendAttr(list, keys, h.prefix, &attrs[i], 0)
	}
	d := *h
	d.channel = h.channel.With(list...)
	if h.options.Next != nil {
		d.options.Next = h.options.Next.WithAttrs(attrs)
	}
	return &d
}

// WithGroup returns a handler that puts name and a dot before the keys of what follows.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	d := *h
	d.prefix += scrub.New("").Text(name) + "."
	if h.options.Next != nil {
		d.options.Next = h.options.Next.WithGroup(name)
	}
	return &d
}

// maxDepth is how many groups may stand in each other. A slog.LogValuer that is a member of the group that it returns has no end.
const maxDepth = 10

// appendAttr appends a, with the attributes of a group one by one. An Attr of five words by value is copied once more.
func appendAttr(dst []krunk.Attr, keys *names, prefix string, a *slog.Attr, depth int) []krunk.Attr {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if depth == maxDepth {
			return append(dst, krunk.String(keys.under(prefix, a.Key), "[krunk: groups in each other are too many]"))
		}
		if a.Key != "" {
			prefix = keys.join(keys.join(prefix, keys.scrub.Text(a.Key)), ".")
		}
		group := v.Group()
		for i := range group {
			dst = appendAttr(dst, keys, prefix, &group[i], depth+1)
		}
		return dst
	}
	if a.Key == "" && v.Equal(slog.Value{}) {
		return dst // slog's rule: an empty attribute is left out
	}
	return append(dst, attr(keys.under(prefix, a.Key), v))
}

func attr(key string, v slog.Value) krunk.Attr {
	switch v.Kind() {
	case slog.KindString:
		return krunk.String(key, v.String())
	case slog.KindInt64:
		return krunk.Int64(key, v.Int64())
	case slog.KindUint64:
		return krunk.Uint64(key, v.Uint64())
	case slog.KindFloat64:
		return krunk.Float64(key, v.Float64())
	case slog.KindBool:
		return krunk.Bool(key, v.Bool())
	case slog.KindDuration:
		return krunk.Duration(key, v.Duration())
	case slog.KindTime:
		return krunk.Time(key, v.Time())
	}
	return krunk.Any(key, v.Any())
}
