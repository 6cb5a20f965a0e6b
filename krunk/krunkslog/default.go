package krunkslog

import (
	"bytes"
	"context"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// The default handler of log/slog writes through package log, and slog.SetDefault points package log at the handler that it is
// given. As Options.Next of that one it would wait for itself for ever. So it is recognised, and replaced by one that writes
// the same where package log wrote when New was called, with the date, file and prefix that it had then.

// oldOutput returns h, or what stands for it if it is slog's default handler.
func oldOutput(h slog.Handler) slog.Handler {
	if typeName(h) != "*slog.defaultHandler" {
		return h
	}
	w, prefix, flags := log.Writer(), log.Prefix(), log.Flags()
	if typeName(w) == "*slog.handlerWriter" {
		w, prefix, flags = os.Stderr, "", log.LstdFlags // SetDefault came before: where log wrote at first, nobody knows
	}
	const file = log.Lshortfile | log.Llongfile
	o := &output{short: flags&log.Lshortfile != 0, own: prefix}
	if flags&log.Lmsgprefix != 0 {
		o.prefix, prefix = prefix, ""
	}
	o.out = log.New(w, prefix, flags&^(file|log.Lmsgprefix))
	return oldHandler{slog.NewTextHandler(o, &slog.HandlerOptions{AddSource: flags&file != 0}), h}
}

func typeName(v any) string {
	if v == nil {
		return ""
	}
	return reflect.TypeOf(v).String()
}

// oldHandler writes records as slog's default handler does: date, level, message, attributes.
type oldHandler struct {
	text   slog.Handler // over an output
	wanted slog.Handler // the default handler, which knows slog.SetLogLoggerLevel
}

func (h oldHandler) Enabled(ctx context.Context, l slog.Level) bool { return h.wanted.Enabled(ctx, l) }

func (h oldHandler) Handle(ctx context.Context, r slog.Record) error {
	r.Time = time.Time{} // package log writes its own
	return h.text.Handle(ctx, r)
}

func (h oldHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return oldHandler{h.text.WithAttrs(attrs), h.wanted}
}

func (h oldHandler) WithGroup(name string) slog.Handler {
	return oldHandler{h.text.WithGroup(name), h.wanted}
}

// output makes lines of package log out of those of a TextHandler.
type output struct {
	out    *log.Logger
	own    string // prefix of package log, whose lines come with it when they come through slog
	prefix string // the same where it stands in front of the message
	short  bool   // a file without its directories
}

// Write takes "level=INFO source=/src/game/main.go:7 msg=\"packet lost\" seq=17\n", in which source may be missing, and writes
// "main.go:7: INFO packet lost seq=17".
func (o *output) Write(p []byte) (int, error) {
	level, rest := token(bytes.TrimSuffix(p, []byte("\n")), "level=")
	source, rest := token(rest, "source=")
	msg, rest := token(rest, "msg=")
	var b []byte
	if source != "" {
		if o.short {
			source = filepath.Base(source)
		}
		b = append(append(b, source...), ": "...)
	}
	b = append(append(append(append(b, o.prefix...), level...), ' '), strings.TrimPrefix(msg, o.own)...)
	if len(rest) > 0 {
		b = append(append(b, ' '), rest...)
	}
	return len(p), o.out.Output(2, string(b))
}

// token returns the value of a key with which b begins, and what is behind it; "" if it begins with another one.
func token(b []byte, key string) (value string, rest []byte) {
	after, found := bytes.CutPrefix(b, []byte(key))
	if !found {
		return "", b
	}
	if quoted, err := strconv.QuotedPrefix(string(after)); err == nil {
		value, _ = strconv.Unquote(quoted)
		return value, bytes.TrimPrefix(after[len(quoted):], []byte(" "))
	}
	v, rest, _ := bytes.Cut(after, []byte(" "))
	return string(v), rest
}
