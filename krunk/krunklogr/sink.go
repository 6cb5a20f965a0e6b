// Package krunklogr carries records of github.com/go-logr/logr into a Krunk channel, and with it those of k8s.io/klog and whatever
// else takes a logr.Logger. It is a module of its own, so that who does not use logr fetches none of it.
//
//	logger := logr.New(krunklogr.New(client.Channel("game"), &krunklogr.Options{Next: old.GetSink()})) // old stays
//	klog.SetLoggerWithOptions(logger, klog.FlushLogger(func() { client.Flush(2 * time.Second) }))
package krunklogr

import (
	"runtime"

	"github.com/go-logr/logr"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/internal/cycle"
)

// Options are the options of New; the zero value and nil mean the defaults.
type Options struct {
	// Next gets every record too that it is enabled for, so that the output a game had stays. It is what GetSink of the logger
	// returns that was in use until now. Nil: none. A sink that leads back to this one, as klog's own does behind klog.SetLogger, gets no
	// records once that is noticed.
	Next logr.LogSink
}

// Sink is a logr.LogSink over a channel. V(n) is level -n on slog's scale, as logr's own bridge to log/slog has it: V(0) is info,
// V(4) debug, V(8) trace. The logger's name is the attribute logger. A record with up to 16 values of plain types does not allocate.
type Sink struct {
	channel *krunk.Channel
	next    logr.LogSink
	base    *krunk.Channel // channel without the name
	name    string
	values  []krunk.Attr // what WithValues gave, for a name that comes later
	lib     int          // frames of logr between Info and its caller
	guard   *cycle.Guard // of next
	depth   int          // frames that helpers of the game's add to that
}

// New returns a sink over channel, which may be nil.
func New(channel *krunk.Channel, o *Options) *Sink {
	s := &Sink{channel: channel, base: channel, guard: new(cycle.Guard)}
	if o != nil {
		s.next = o.Next
	}
	if next, ok := s.next.(logr.CallDepthLogSink); ok {
		s.next = next.WithCallDepth(1) // Info of this sink
	}
	return s
}

// Init is for logr. The next sink had its own when its logger was made.
func (s *Sink) Init(info logr.RuntimeInfo) { s.lib = info.CallDepth }

// Level returns the level of a Krunk record for V(v).
func Level(v int) krunk.Level { return krunk.Level(-max(v, 0)) }

// Enabled reports whether the channel, or the next sink, wants records of that level.
func (s *Sink) Enabled(v int) bool {
	return s.channel.Enabled(Level(v)) || s.next != nil && s.next.Enabled(v)
}

// Info passes a record to the channel and to the next sink.
func (s *Sink) Info(v int, msg string, keysAndValues ...any) {
	if s.channel.Enabled(Level(v)) {
		var few [16]krunk.Attr
		s.channel.Emit(krunk.Entry{Level: Level(v), Message: msg, Attrs: appendPairs(few[:0], keysAndValues), PC: s.caller()})
	}
	if s.next == nil || !s.next.Enabled(v) {
		return
	}
	if ok, found := s.guard.Enter(); ok {
		defer s.guard.Leave()
		s.next.Info(v, msg, keysAndValues...)
	} else if found {
		s.tell()
	}
}

// Error passes a record with an error, which may be nil, to the channel and to the next sink.
func (s *Sink) Error(err error, msg string, keysAndValues ...any) {
	if s.channel.Enabled(krunk.LevelError) {
		var few [17]krunk.Attr
		attrs := few[:0]
		if err != nil {
			attrs = append(attrs, krunk.Err(err))
		}
		s.channel.Emit(krunk.Entry{Level: krunk.LevelError, Message: msg, Attrs: appendPairs(attrs, keysAndValues), PC: s.caller()})
	}
	if s.next == nil {
		return
	}
	if ok, found := s.guard.Enter(); ok {
		defer s.guard.Leave()
		s.next.Error(err, msg, keysAndValues...)
	} else if found {
		s.tell()
	}
}

// tell says why the old output is silent.
func (s *Sink) tell() {
	s.base.Warn("krunklogr: Options.Next leads back to this sink and gets no records any more; for klog leave it nil, or write by funcr or textlogger")
}

// caller returns the call site where helpers of the game's lie in front of it, which only logr knows; 0 where the stack tells.
//
//go:noinline
func (s *Sink) caller() uintptr {
	if s.depth == 0 {
		return 0
	}
	var pc [1]uintptr
	const own = 3 // runtime.Callers, caller, Info
	runtime.Callers(own+s.lib+s.depth, pc[:])
	return pc[0]
}

// WithValues returns a sink whose records carry the pairs too; they are encoded now.
func (s *Sink) WithValues(keysAndValues ...any) logr.LogSink {
	d := *s
	pairs := appendPairs(nil, keysAndValues)
	d.values = append(s.values[:len(s.values):len(s.values)], pairs...)
	d.channel = s.channel.With(pairs...)
	if s.next != nil {
		d.next = s.next.WithValues(keysAndValues...)
	}
	return &d
}

// WithName returns a sink whose records carry name, behind a slash if there was one before.
func (s *Sink) WithName(name string) logr.LogSink {
	d := *s
	if d.name != "" {
		d.name += "/"
	}
	d.name += name
	d.channel = s.base.With(append([]krunk.Attr{krunk.String("logger", d.name)}, s.values...)...)
	if s.next != nil {
		d.next = s.next.WithName(name)
	}
	return &d
}

// WithCallDepth returns a sink whose caller lies depth frames further out.
func (s *Sink) WithCallDepth(depth int) logr.LogSink {
	d := *s
	d.depth += depth
	if next, ok := s.next.(logr.CallDepthLogSink); ok {
		d.next = next.WithCallDepth(depth)
	}
	return &d
}
