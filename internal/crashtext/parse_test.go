package crashtext

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/golden.txt from what is parsed now")

// section returns a part of a fixture, which is a txtar file, and whether it has it.
func section(t testing.TB, path, name string) (string, bool) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, s, ok := strings.Cut(string(b), "\n-- "+name+" --\n")
	if !ok {
		return "", false
	}
	if i := strings.Index("\n"+s, "\n-- stderr --\n"); i >= 0 {
		s = s[:i]
	}
	return s, true
}

func fixtures(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*_*.txt")
	if err != nil || len(files) < 160 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	return append(files, "testdata/ancestors.txt", "testdata/exit0.txt")
}

var kinds = [...]string{"unknown", "panic", "fatal", "signal"}

// summary is a report for people who read the golden file.
func summary(r *Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q", kinds[r.Kind], r.Message)
	if r.Inferred {
		b.WriteString(" inferred")
	}
	if r.InC {
		b.WriteString(" in C")
	}
	if r.Truncated {
		b.WriteString(" truncated")
	}
	if r.Fault != "" {
		fmt.Fprintf(&b, " fault %q", r.Fault)
	}
	for _, v := range r.Panics {
		fmt.Fprintf(&b, "\n  value %q", v.Text)
		if v.Recovered {
			b.WriteString(" recovered")
		}
		if v.Repanicked {
			b.WriteString(" repanicked")
		}
	}
	for i, g := range r.Goroutines {
		if i == 3 {
			fmt.Fprintf(&b, "\n  %d goroutines more", len(r.Goroutines)-i)
			break
		}
		fmt.Fprintf(&b, "\n  goroutine %d [%s]", g.ID, g.State)
		if g.Minutes > 0 {
			fmt.Fprintf(&b, " %d minutes", g.Minutes)
		}
		if g.Locked {
			b.WriteString(" locked")
		}
		if g.System {
			b.WriteString(" system")
		}
		fmt.Fprintf(&b, " %d frames", len(g.Frames))
		if g.Elided > 0 {
			fmt.Fprintf(&b, ", %d elided after %d", g.Elided, g.ElidedAt)
		}
		for j, f := range g.Frames {
			if j == 4 {
				break
			}
			fmt.Fprintf(&b, "\n    %s %s:%d", f.Func, f.File, f.Line)
		}
		if g.CreatedBy.Func != "" {
			fmt.Fprintf(&b, "\n    from %d: %s %s:%d", g.Parent, g.CreatedBy.Func, g.CreatedBy.File, g.CreatedBy.Line)
		}
	}
	return b.String()
}

// Every real text says what it is known to say.
func TestFixtures(t *testing.T) {
	var b strings.Builder
	for _, path := range fixtures(t) {
		for _, name := range []string{"crash", "stderr"} {
			if text, ok := section(t, path, name); ok {
				fmt.Fprintf(&b, "%s %s: %s\n", strings.TrimSuffix(filepath.Base(path), ".txt"), name, summary(Parse(text)))
			}
		}
	}
	const golden = "testdata/golden.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	got, wants := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(wants)) {
		g, w := "", ""
		if i < len(got) {
			g = got[i]
		}
		if i < len(wants) {
			w = wants[i]
		}
		if g != w {
			t.Fatalf("line %d:\n got %s\nwant %s", i+1, g, w)
		}
	}
}

// No goroutine and no frame of a text is missed, up to the limits.
func TestNothingIsMissed(t *testing.T) {
	for _, path := range fixtures(t) {
		for _, name := range []string{"crash", "stderr"} {
			text, _ := section(t, path, name)
			if len(text) > MaxText {
				continue
			}
			r := Parse(text)
			want := min(strings.Count("\n"+text, "\ngoroutine ")+strings.Count("\n"+text, "\nruntime stack:"), MaxGoroutines)
			if text = "\n" + text; strings.Contains(text, "[originating from") {
				continue
			}
			if got := len(r.Goroutines); got != want {
				t.Errorf("%s %s: %d goroutines, want %d", path, name, got, want)
			}
		}
	}
}

// Where the runtime wrote the reason to standard error alone, what was worked out is that reason, or says less; it is never another one.
func TestInferred(t *testing.T) {
	exact, less := 0, 0
	for _, path := range fixtures(t) {
		text, _ := section(t, path, "crash")
		full, ok := section(t, path, "stderr")
		r := Parse(text)
		if !ok || !r.Inferred {
			continue
		}
		want := Parse(full)
		if want.Inferred {
			continue
		}
		switch {
		case r.Message == want.Message, strings.HasPrefix(want.Message, r.Message):
			exact++
		case r.Message == NotRecorded, r.Message == "concurrent map access" && strings.HasPrefix(want.Message, "concurrent map"),
			r.Message == "unexpected fault" && want.Message == "fault":
			less++
		default:
			t.Errorf("%s: worked out %q, want %q", path, r.Message, want.Message)
		}
	}
	t.Logf("%d exact, %d that say less", exact, less)
	if exact < 30 {
		t.Errorf("%d reasons worked out, want at least 30", exact)
	}
}

// What may tell something of the player stays where it is: arguments, addresses, registers, labels.
func TestPrivate(t *testing.T) {
	check := func(path, what, s string) {
		t.Helper()
		for _, bad := range []string{"0x", "anna", "m-17", "lobby", "labels", "{", "("} {
			switch {
			case !strings.Contains(s, bad):
			case bad == "(" && what != "file", bad == "{" && what == "message": // (*T).Method, and what a program says itself
			case what == "message" && bad == "labels": // what the panic itself says
			case what == "fault" && strings.HasPrefix(s, "0x") && !strings.Contains(s, " "): // the code of an exception on Windows, of a signal on wasip1
			default:
				t.Errorf("%s: %s holds %q: %s", path, what, bad, s)
			}
		}
	}
	for _, path := range fixtures(t) {
		for _, name := range []string{"crash", "stderr"} {
			text, _ := section(t, path, name)
			r := Parse(text)
			if strings.Contains(path, "labels") || strings.Contains(path, "nilderef") {
				check(path, "message", r.Message)
			}
			check(path, "fault", r.Fault)
			for _, g := range r.Goroutines {
				check(path, "state", strings.NewReplacer("(", "", ")", "").Replace(g.State))
				for _, f := range append(g.Frames, g.CreatedBy) {
					check(path, "function", f.Func)
					check(path, "file", f.File)
				}
			}
		}
	}
}

// Whatever is in a text, it is bounded.
func TestLimits(t *testing.T) {
	r := Parse("panic: " + strings.Repeat("x", 1<<20))
	if len(r.Message) != maxMessage || !r.Truncated {
		t.Errorf("a message of %d bytes, truncated %v", len(r.Message), r.Truncated)
	}
	r = Parse("panic: " + strings.Repeat("x", 60_000) + "\n\tb\n")
	if len(r.Message) > maxMessage {
		t.Errorf("a message of %d bytes in front of a second line", len(r.Message))
	}
	r = Parse("panic: " + strings.Repeat("x", 9000) + " [recovered, repanicked]\n")
	if v := r.Panics[0]; !v.Repanicked || len(v.Text) > maxMessage {
		t.Errorf("a long panic that was raised again: %d bytes, repanicked %v", len(v.Text), v.Repanicked)
	}
	r = Parse("panic: a" + strings.Repeat("\n\tb", 60_000))
	if len(r.Message) > maxMessage {
		t.Errorf("a message of %d bytes in many lines", len(r.Message))
	}
	r = Parse(strings.Repeat("panic: a\n\t", 1000))
	if len(r.Panics) != maxPanics {
		t.Errorf("%d panics, want %d", len(r.Panics), maxPanics)
	}
	r = Parse(strings.Repeat("goroutine 1 [x]:\n", 100) + strings.Repeat("f()\n\ta.go:1\n", 1000))
	if len(r.Goroutines) != MaxGoroutines || !r.Truncated {
		t.Errorf("%d goroutines, want %d", len(r.Goroutines), MaxGoroutines)
	}
	r = Parse("goroutine 1 [x]:\n" + strings.Repeat("f()\n\ta.go:1\n", 1000))
	if len(r.Goroutines[0].Frames) != MaxFrames || !r.Truncated {
		t.Errorf("%d frames, want %d", len(r.Goroutines[0].Frames), MaxFrames)
	}
	const line = 2 << 10
	r = Parse("panic: " + strings.Repeat("x", 100_000) + "\n\ngoroutine 1 [x]:\n" + strings.Repeat("f()\n\t"+strings.Repeat("a", line)+":1\n", 90))
	if n := len(r.Goroutines[0].Frames); n < MaxText/line-2 || n > MaxText/line || !r.Truncated {
		t.Errorf("%d frames, want those of the first %d bytes", n, MaxText)
	}
}

// A signal without a name, frames in C, and states with marks, as the sources of Go 1.25 to 1.27 write them.
func TestRareLines(t *testing.T) {
	for _, line := range []string{"Signal 34", "signal 64", "SIGABRT: abort"} {
		if r := Parse(line + "\nPC=0x1 m=0 sigcode=0\n\ngoroutine 1 [running]:\nmain.f()\n\t/x.go:1\n"); r.Kind != Signal || r.Message != line || len(r.Goroutines) != 1 {
			t.Errorf("%q: kind %d, message %q", line, r.Kind, r.Message)
		}
	}
	for _, line := range []string{"Signal", "Signal ", "Signal 3x", "signals 3", "xignal 3", "signal arrived"} {
		if r := Parse(line + "\n\ngoroutine 1 [running]:\nmain.f()\n\t/x.go:1\n"); r.Kind == Signal {
			t.Errorf("%q is taken for a signal", line)
		}
	}
	r := Parse("SIGSEGV: segmentation violation\n\ngoroutine 0 gp=0x1 m=0 mp=0x2 [idle]:\nboss_tick\n\t/src/boss.c:12 pc=0x7f01\nnon-Go function\n\t/src/boss.c:40 pc=0x7f02\n" +
		"ai::boss::tick(int)\n\t/src/boss.cc:7 pc=0x7f03\nlost\n\tpc=0x7f04\nno frame\nat all\n\t/x.go:1 +0x4\nmain.f()\n\t/x.go:2 +0x1\n")
	want := []Frame{{"boss_tick", "/src/boss.c", 12}, {"non-Go function", "/src/boss.c", 40}, {"ai::boss::tick", "/src/boss.cc", 7}, {"lost", "", 0}, {"main.f", "/x.go", 2}}
	if got := r.Goroutines[0].Frames; !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for in, want := range map[string]string{
		"chan receive (scan)": "chan receive", "chan receive (leaked) (scan) (durable), 7 minutes": "chan receive", "select (no cases)": "select (no cases)",
		"chan receive (leaked), locked to thread": "chan receive", "runnable (scan), synctest bubble 3": "runnable",
	} {
		if got := Parse("goroutine 1 [" + in + "]:\n").Goroutines[0].State; got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// Where the runtime's own stack does not give the reason away, the goroutine behind it may.
func TestInferredFromTheSecond(t *testing.T) {
	const throw = "\nruntime stack:\nruntime.throw({0x1, 0x2})\n\t/go/panic.go:1\n"
	for second, want := range map[string]string{
		"runtime.fatal({0x1})\n\t/go/p.go:1\nsync.(*Mutex).unlockSlow(0x1)\n\t/go/m.go:1\n": "sync: unlock of unlocked mutex",
		"main.f()\n\t/x.go:1\n": NotRecorded,
	} {
		if r := Parse(throw + "\ngoroutine 1 [select]:\n" + second); r.Message != want || !r.Inferred {
			t.Errorf("got %q, want %q", r.Message, want)
		}
	}
	if r := Parse("\ngoroutine 1 [select]:\nruntime.throw({0x1, 0x2})\n\t/go/panic.go:1\nmain.f()\n\t/x.go:1\n"); r.Message != NotRecorded {
		t.Errorf("one that gave up: got %q, want %q", r.Message, NotRecorded)
	}
}

// Where a line and a file are not known, the runtime writes addresses in their place.
func TestPlaces(t *testing.T) {
	for line, want := range map[string]Frame{
		"\tpc=0x7f12ab34":                       {},
		"\t? fp=0xc000 sp=0xc001 pc=0x4b":       {},
		"\t/src/x.go:0 +0x3":                    {File: "/src/x.go"},
		"\tC:/a:12 b/x.go:7 +0x3 fp=0x1 sp=0x2": {File: "C:/a:12 b/x.go", Line: 7},
		"\t<autogenerated>:1":                   {File: "<autogenerated>", Line: 1},
		"\t/src/x.go:88 fp=0x1 sp=0x2 pc=0x3":   {File: "/src/x.go", Line: 88},
	} {
		want.Func = "main.f"
		r := Parse("goroutine 1 [running]:\nmain.f(0x1)\n" + line + "\n")
		if got := r.Goroutines[0].Frames; len(got) != 1 || got[0] != want {
			t.Errorf("%q: got %+v, want %+v", line, got, want)
		}
	}
}

// A value of the game's own that looks like an address keeps its text.
func TestValues(t *testing.T) {
	for in, want := range map[string]string{
		"(main.T) 0x502a20": "(main.T)", "(save) 0x10 is no version": "(save) 0x10 is no version", "(map) {corrupt: level 3}": "(map) {corrupt: level 3}",
		"(*main.T) 0xc000012345": "(*main.T)", "": "",
	} {
		if got := Parse("panic: " + in + "\n\ngoroutine 1 [running]:\n").Message; got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, path := range fixtures(f) {
		if text, ok := section(f, path, "crash"); ok {
			f.Add(text[:min(len(text), 4<<10)])
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := Parse(s)
		if len(r.Goroutines) > MaxGoroutines || len(r.Panics) > maxPanics || len(r.Message) > maxMessage {
			t.Errorf("over the limits: %d goroutines, %d panics, a message of %d", len(r.Goroutines), len(r.Panics), len(r.Message))
		}
		for _, g := range r.Goroutines {
			if len(g.Frames) > MaxFrames {
				t.Errorf("%d frames", len(g.Frames))
			}
			for _, frame := range append(g.Frames, g.CreatedBy) {
				for _, address := range []string{"pc=0x", " fp=0x", " +0x"} {
					if strings.Contains(frame.File, address) {
						t.Errorf("file %q holds an address", frame.File)
					}
				}
			}
		}
	})
}

// throw is the text of a throw of 25 KB.
func throw(tb testing.TB) string {
	text, _ := section(tb, "testdata/fatal_stackoverflow.txt", "crash")
	for len(text) < 25<<10 {
		text += text
	}
	return text[:25<<10]
}

func BenchmarkParse(b *testing.B) {
	small, _ := section(b, "testdata/panic_nilderef.txt", "crash")
	for name, text := range map[string]string{"throw=25KB": throw(b), "panic": small} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Parse(text)
			}
		})
	}
}

func TestParseAllocates(t *testing.T) {
	text := throw(t)
	if got := testing.AllocsPerRun(50, func() { Parse(text) }); got > 40 {
		t.Errorf("%v allocations for %d bytes, want at most 40", got, len(text))
	}
}
