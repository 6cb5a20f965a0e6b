package stack

import (
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	tests := []struct{ name, in, module, function string }{
		{"method", "example.test/moonfall/ai.(*Boss).Tick", "example.test/moonfall/ai", "(*Boss).Tick"},
		{"main", "main.main", "main", "main"},
		{"closure", "main.main.func1", "main", "main.func1"},
		{"generic", "example.test/m/vec.(*Vec[...]).At", "example.test/m/vec", "(*Vec[...]).At"},
		{"type argument with a path", "example.test/m.Get[example.test/other/x.T]", "example.test/m", "Get[example.test/other/x.T]"},
		{"escaped dot", "gopkg.in/yaml%2ev3.Unmarshal", "gopkg.in/yaml.v3", "Unmarshal"},
		{"bad escape", "example.test/a%2.F", "example.test/a%2", "F"},
		{"bad escape 2", "example.test/a%zzb.F", "example.test/a%zzb", "F"},
		{"stdlib", "net/http.(*conn).serve", "net/http", "(*conn).serve"},
		{"glob", "example.test/m.glob..func1", "example.test/m", "glob..func1"},
		{"no dot", "panic", "", "panic"},
		{"empty", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			module, function := Split(tt.in)
			if module != tt.module || function != tt.function {
				t.Errorf("got %q and %q, want %q and %q", module, function, tt.module, tt.function)
			}
		})
	}
}

func TestCutClosure(t *testing.T) {
	tests := []struct{ in, want string }{
		{"(*Boss).Tick", "(*Boss).Tick"},
		{"(*Boss).Tick.func1", "(*Boss).Tick"},
		{"Tick.func12.3.1", "Tick"},
		{"Tick.func1.gowrap2", "Tick"},
		{"Tick.deferwrap1", "Tick"},
		{"Tick-range1", "Tick"},
		{"Tick.func2-range3", "Tick"},
		{"Tick-range1.func2", "Tick"},
		{"main.Each.func4", "main.Each"},
		{"main.func1.Each.func4", "main.Each"},
		{"Get[...].func1", "Get[...]"},
		{"T.func1st", "T.func1st"},
		{"T.func", "T.func"},
		{"T.function", "T.function"},
		{"mid-range", "mid-range"},
		{"init.0", "init.0"},
		{".func1", ""},
		{"", ""},
	}
	for _, tt := range tests {
		if got := CutClosure(tt.in); got != tt.want {
			t.Errorf("CutClosure(%q): got %q, want %q", tt.in, got, tt.want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { _ = CutClosure("(*Boss).Tick.func1.2.gowrap1") }); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

// FuzzFill feeds names and files as a damaged crash text may hold them.
func FuzzFill(f *testing.F) {
	f.Add("example.test/moonfall/ai.(*Boss).Tick.func1", "example.test/moonfall/ai/boss.go", "example.test/moonfall")
	f.Add("main.main", `C:\Users\anna\main.go`, "")
	f.Add("gopkg.in/yaml%2ev3.F[...].func1.2-range3", "gopkg.in/yaml.v3@v3.0.1/yaml.go", "main")
	f.Add("a.Each.func1", "@/x", "/")
	f.Add("[.", "/", "example.test")
	f.Fuzz(func(t *testing.T, fn, file, main string) {
		r := NewResolver(Options{MainModule: main})
		frame := Frame{Func: fn, File: file}
		r.Fill(&frame)
		if file != "" && !strings.ContainsAny(file[len(file)-1:], `/\`) && strings.IndexByte(file, '@') < 0 && frame.Filename == "" {
			t.Errorf("Filename of %q in %q: got none", file, fn)
		}
		if (frame.Module == "main" || frame.Module == "") && isAbs(file) && strings.ContainsAny(frame.Filename, `/\`) {
			t.Errorf("Filename of %q: got %q, want no directory", file, frame.Filename)
		}
		cut := CutClosure(fn)
		if again := CutClosure(cut); again != cut || len(cut) > len(fn) {
			t.Errorf("CutClosure(%q): got %q, and %q when applied again", fn, cut, again)
		}
		if got := GuessModule(fn, file); strings.HasPrefix(got, "/") && !strings.HasPrefix(fn, "/") && !isAbs(file) {
			t.Errorf("GuessModule(%q, %q): got %q", fn, file, got)
		}
		for _, kind := range []Kind{Call, Panic, Bridge} {
			if got := Arrange([]Frame{frame}, kind); len(got) != 1 {
				t.Errorf("Arrange of one frame, kind %d: got %d frames, want 1", kind, len(got))
			}
		}
	})
}
