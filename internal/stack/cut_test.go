package stack

import (
	"strings"
	"testing"
)

func TestArrange(t *testing.T) {
	const sdk = krunkModule + "/krunk."
	tests := []struct {
		name string
		kind Kind
		in   string // innermost first, as the runtime lists them
		want string // outermost first
	}{
		{"call", Call, "runtime.Callers " + sdk + "Report main.tick main.main runtime.main runtime.goexit", "main.main main.tick"},
		{"call in goroutine", Call, sdk + "Report main.tick runtime.goexit", "main.tick"},
		{"call from init", Call, sdk + "Report main.init.0 runtime.doInit1 runtime.doInit runtime.main runtime.goexit", "main.init.0"},
		{"sdk further out stays", Call, sdk + "Report main.tick " + sdk + "(*Client).Go.func1 runtime.goexit", sdk + "(*Client).Go.func1 main.tick"},
		{"own wrapper", Call, sdk + "Report example.test/wrap.Log main.tick", "main.tick"},
		{"wrapper's neighbour", Call, "example.test/wrapper.Log main.tick", "main.tick example.test/wrapper.Log"},
		{"logger stays for call", Call, krunkModule + "/krunk/krunkslog.H.Handle log/slog.(*Logger).Info main.tick", "main.tick log/slog.(*Logger).Info"},
		{"logger goes for bridge", Bridge, krunkModule + "/krunk/krunkslog.H.Handle log/slog.(*Logger).Info main.tick", "main.tick"},
		{"zap", Bridge, krunkModule + "/krunk/krunkzap.C.Write go.uber.org/zap/zapcore.(*CheckedEntry).Write go.uber.org/zap.(*Logger).Info main.tick", "main.tick"},
		{"logger further out stays", Call, sdk + "F main.T.LogValue log/slog.Value.Resolve main.tick", "main.tick log/slog.Value.Resolve main.T.LogValue"},
		{"bridge of somebody's", Bridge, "main.(*W).WriteLevel github.com/rs/zerolog.multi.WriteLevel github.com/rs/zerolog.(*Event).Msg main.tick", "main.tick"},
		{"bridge with helpers", Bridge, "main.a main.b example.test/c.d github.com/sirupsen/logrus.(*Entry).Info main.tick", "main.tick"},
		{"logr", Bridge, "main.(*sink).Info github.com/go-logr/logr.Logger.Info main.tick main.main", "main.main main.tick"},
		{"charm", Bridge, "main.w.Write github.com/charmbracelet/log.(*Logger).log github.com/charmbracelet/log.Info main.tick", "main.tick"},
		{"phuslu", Bridge, "main.w.WriteEntry github.com/phuslu/log.(*Entry).Msg main.tick", "main.tick"},
		{"apex", Bridge, "main.h.HandleLog github.com/apex/log.(*Logger).log github.com/apex/log.(*Entry).Info main.tick", "main.tick"},
		{"go-kit", Bridge, "main.l.Log github.com/go-kit/log.(*context).Log main.tick", "main.tick"},
		{"own helper around a logger", Bridge, "main.w.Write github.com/rs/zerolog.(*Event).Msg example.test/wrap.Log main.tick", "main.tick"},
		{"no logger", Bridge, "main.bridge main.tick", "main.tick main.bridge"},
		{"logger far out", Bridge, "main.a main.b main.c main.d main.e main.f log/slog.Value.Resolve", "log/slog.Value.Resolve main.f main.e main.d main.c main.b main.a"},
		{"console writer", Bridge, sdk + "(*lineWriter).Write bytes.(*Buffer).WriteTo github.com/rs/zerolog.ConsoleWriter.Write github.com/rs/zerolog.(*Event).Msg main.tick", "main.tick"},
		{"printed", Bridge, sdk + "(*lineWriter).Write fmt.Fprintf main.tick", "main.tick"},
		{"child process", Bridge, sdk + "(*lineWriter).Write io.copyBuffer io.Copy os.genericWriteTo os/exec.(*Cmd).Start.func2", "os/exec.(*Cmd).Start.func2 os.genericWriteTo io.Copy io.copyBuffer"},
		{"panic", Panic, sdk + "Recover runtime.gopanic main.tick main.main runtime.main runtime.goexit", "main.main main.tick"},
		{"fault", Panic, "runtime.Callers main.f runtime.gopanic runtime.panicmem runtime.sigpanic main.tick", "main.tick"},
		{"map", Panic, "runtime.gopanic runtime.mapassign_faststr internal/runtime/maps.(*Map).Put main.tick", "main.tick"},
		{"runtime/debug is no runtime", Panic, "runtime.gopanic runtime/debug.SetGCPercent main.tick", "main.tick runtime/debug.SetGCPercent"},
		{"repanic by the game", Panic, "runtime.gopanic main.f.func1 runtime.gopanic main.f", "main.f runtime.gopanic main.f.func1"},
		{"repanic by the sdk", Panic, sdk + "Recover runtime.gopanic " + sdk + "Repanic runtime.gopanic runtime.panicmem main.f", "main.f"},
		{"panic in a hook", Panic, "runtime.gopanic main.hook " + sdk + "Report main.f", "main.f " + sdk + "Report main.hook"},
		{"panic in the sdk", Panic, "runtime.gopanic " + sdk + "Report main.f", "main.f " + sdk + "Report"},
		{"crash text", Panic, "panic runtime.panicmem main.f main.main", "main.main main.f"},
		{"no gopanic", Panic, sdk + "Capture runtime.Goexit main.tick", "main.tick"},
		{"throw", Panic, "runtime.throw runtime.fatal main.tick", "main.tick"},
		{"all sdk", Call, "runtime.Callers " + sdk + "Report " + sdk + "loop runtime.goexit", sdk + "loop " + sdk + "Report runtime.Callers"},
		{"all runtime", Call, "runtime.gopark runtime.goexit", "runtime.gopark"},
		{"only the base", Call, "runtime.main runtime.goexit", "runtime.main"},
		{"gopanic innermost alone", Panic, "main.f runtime.gopanic", "runtime.gopanic main.f"},
		{"nothing", Call, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := NewResolver(Options{Cut: []string{"example.test/wrap/"}})
			var frames []Frame
			for _, fn := range strings.Fields(tt.in) {
				f := Frame{Func: fn}
				r.Fill(&f)
				frames = append(frames, f)
			}
			var got []string
			for _, f := range Arrange(frames, tt.kind) {
				got = append(got, f.Func)
			}
			if g := strings.Join(got, " "); g != tt.want {
				t.Errorf("got  %s\nwant %s", g, tt.want)
			}
		})
	}
}

func TestTop(t *testing.T) {
	frames := []Frame{{Func: "a", InApp: true}, {Func: "b", InApp: true}, {Func: "c"}}
	if got := Top(frames); got != &frames[1] {
		t.Errorf("got %q, want the innermost in-app frame b", got.Func)
	}
	if got := Top(frames[2:]); got != &frames[2] {
		t.Errorf("none in-app: got %q, want c", got.Func)
	}
	if got := Top(nil); got != nil {
		t.Errorf("no frames: got %q, want nil", got.Func)
	}
}

func TestPlace(t *testing.T) {
	const write = krunkModule + "/krunk.(*lineWriter).Write "
	tests := []struct {
		name, in string
		want     bool
	}{
		{"a line of the game's", write + "log.Println main.tick", true},
		{"a library's line", write + "log.Println net/http.(*Server).logf main.tick", true},
		{"a logger's buffer", write + "bytes.(*Buffer).WriteTo github.com/rs/zerolog.ConsoleWriter.Write github.com/rs/zerolog.(*Event).Msg main.tick", true},
		{"a game's copy loop", write + "io.copyBuffer io.Copy main.pump.func1 main.main", false},
		{"a child process", write + "io.copyBuffer io.Copy os.genericWriteTo os/exec.(*Cmd).Start.func2", false},
		{"a pipe", write + "bufio.(*Reader).WriteTo main.pump", false},
		{"krunk alone", write, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := NewResolver(Options{})
			var frames []Frame
			for _, fn := range strings.Fields(tt.in) {
				f := Frame{Func: fn}
				r.Fill(&f)
				frames = append(frames, f)
			}
			frames = Arrange(frames, Bridge)
			if got := frames[len(frames)-1].Place(); got != tt.want {
				t.Errorf("Place of %s: got %v, want %v", frames[len(frames)-1].Func, got, tt.want)
			}
		})
	}
}

func TestWrittenByTheCompiler(t *testing.T) {
	frames := []Frame{{Func: "runtime.gopanic"}, {Func: "main.pair.tick", File: "<autogenerated>", Line: 1}, {Func: "main.run", File: "/x/main.go", Line: 7}}
	r := NewResolver(Options{MainModule: "example.test/moonfall"})
	for i := range frames {
		r.Fill(&frames[i])
	}
	frames = Arrange(frames, Panic)
	if len(frames) != 1 || frames[0].Func != "main.run" {
		t.Errorf("got %s, want main.run alone", list(frames))
	}
	alone := []Frame{{Func: "main.pair.tick", File: "<autogenerated>"}}
	if got := Arrange(alone, Call); len(got) != 1 {
		t.Errorf("got %d frames of one, want it kept", len(got))
	}
}
