package recorder

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/crashtext"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/sentryrules"
	"github.com/krunk-go/krunk/internal/stack"
	"github.com/krunk-go/krunk/internal/tally"
)

var update = flag.Bool("update", false, "write golden files from what comes out now")

// fixture returns a part of a fixture of package crashtext.
func fixture(tb testing.TB, name, part string) string {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("../crashtext/testdata", name+".txt"))
	if err != nil {
		tb.Fatal(err)
	}
	_, s, _ := strings.Cut(string(b), "\n-- "+part+" --\n")
	if i := strings.Index("\n"+s, "\n-- stderr --\n"); i >= 0 {
		s = s[:i]
	}
	return s
}

var crashID = [16]byte{0xc4, 0xa5, 6: 0x40, 8: 0x80, 15: 9}

// dead is a run that died with some history, a scope and an event on its way, and who goes on with it.
func dead(tb testing.TB, outbox int) (*Recorder, *blackbox.Outbox, *tally.Tally) {
	sizes := mortalSizes
	mortalSizes[blackbox.OutboxRegion] = outbox
	m := newMortal(tb, func(*mortal) {})
	mortalSizes = sizes
	for _, what := range []int{5, 6, 7, 8, 5, 2, 5, 11} {
		m.step(what)
	}
	m.block.Frame.Store(4711)
	m.block.BeatAt.Store(8e9 - 12e6)
	mem := blackbox.Words(len(m.block.Bytes()))
	copy(mem, m.block.Bytes())
	b, facts, err := blackbox.Open(mem)
	if err != nil {
		tb.Fatal(err)
	}
	cfg := mortalConfig()
	cfg.Tally, cfg.Item = new(tally.Tally), 256<<10
	cfg.Stacks.Cut = []string{"example.com/game/wrap"}
	r := Continue(b, &facts, mortalStart+8e9, stack.Build{Base: 1 << 20, Print: 42}, cfg)
	if !r.Replay() {
		tb.Fatal("the run is not through")
	}
	return r, r.Outbox(), cfg.Tally
}

// crasher makes the events of deaths of one run.
type crasher struct {
	r       *Recorder
	outbox  *blackbox.Outbox
	counted *tally.Tally
}

func newCrasher(tb testing.TB) *crasher {
	r, outbox, counted := dead(tb, 1<<20)
	return &crasher{r, outbox, counted}
}

// of returns the event of a text.
func (c *crasher) of(tb testing.TB, text string) []byte {
	tb.Helper()
	c.r.past.crashed = false
	crash := &Crash{Report: crashtext.Parse(text), ID: crashID, At: mortalStart + 8e9}
	if !c.r.Crash(crash) {
		tb.Fatal("no room")
	}
	if total := c.counted.Total(nil); len(total) > 0 {
		tb.Fatalf("counted: %+v", total)
	}
	e, ok := c.outbox.Next(0, nil) // the newest crash goes first
	if !ok || e.ID != crashID || e.Kind != blackbox.Fatal || e.Count != 1 || e.Category != uint8(protocol.CategoryError) {
		tb.Fatalf("got %+v, want the crash", e.Meta)
	}
	_, body, _ := bytes.Cut(bytes.Clone(e.Body), []byte("\n"))
	c.outbox.Done(e.Seq)
	return bytes.TrimSpace(body)
}

// What is told of a death, in the order of the golden file.
func TestCrashGolden(t *testing.T) {
	var b bytes.Buffer
	c := newCrasher(t)
	for _, name := range []string{
		"panic_nilderef", "panic_repanicsame", "panic_panic3", "panic_namedint", "panic_nilpanic", "panic_errpanics", "fatal_unlockdefer", "fatal_stackoverflow",
		"go1274_labels_deadlock", "signal_QUIT", "cgo_segv", "exit0",
	} {
		var v map[string]json.RawMessage
		if err := json.Unmarshal(c.of(t, fixture(t, name, "crash")), &v); err != nil {
			t.Fatal(err)
		}
		var contexts map[string]json.RawMessage
		if err := json.Unmarshal(v["contexts"], &contexts); err != nil {
			t.Fatal(err)
		}
		b.WriteString("== " + name + "\n")
		for _, key := range []string{"exception", "threads", "fingerprint"} {
			if s := v[key]; len(s) > 4000 {
				v[key] = append(s[:4000:4000], "..."...)
			}
			b.WriteString(key + " " + strings.ReplaceAll(string(v[key]), `},{`, "},\n  {") + "\n")
		}
		b.WriteString("krunk " + string(contexts["krunk"]) + "\n")
	}
	golden(t, "testdata/crash.golden", b.String())
}

// The event is of the dead run: its time, release, scope and breadcrumbs.
func TestCrashIsOfTheDeadRun(t *testing.T) {
	var ev struct {
		EventID                           string `json:"event_id"`
		Timestamp                         float64
		Level, Release, Dist, Environment string
		User                              struct{ ID string }
		Tags                              map[string]string
		Contexts                          map[string]map[string]any
		Exception                         struct{ Values []protocol.Exception }
		Breadcrumbs                       struct{ Values []struct{ Message string } }
	}
	if err := json.Unmarshal(newCrasher(t).of(t, fixture(t, "panic_nilderef", "crash")), &ev); err != nil {
		t.Fatal(err)
	}
	if ev.EventID != "c4a50000000040008000000000000009" || ev.Level != "fatal" || ev.Release != "game@1" || ev.Dist != "dist" || ev.Environment != "playtest" {
		t.Errorf("got %+v", ev)
	}
	if want := float64(mortalStart+8e9) / 1e9; ev.Timestamp != want {
		t.Errorf("timestamp %f, want that of the text, %f", ev.Timestamp, want)
	}
	x := ev.Exception.Values[0]
	if x.Mechanism.Type != "auto.go.crash" || *x.Mechanism.Handled || x.Type != "runtime.errorString" || x.ThreadID != 1 {
		t.Errorf("exception %+v, mechanism %+v", x, x.Mechanism)
	}
	if ev.User.ID == "" || ev.Tags["krunk.policy"] != "policy-1" || ev.Tags["support_code"] == "" || ev.Tags["tag1"] == "" || ev.Contexts["world"]["seed"] == "" || ev.Contexts["runtime"]["version"] != "go1.99" {
		t.Errorf("scope: user %q, tags %v, contexts %v", ev.User.ID, ev.Tags, ev.Contexts)
	}
	if k := ev.Contexts["krunk"]; k["frame"] != 4711.0 || k["frame_ms"] != 7.0 || k["stack"] != nil { // the run's clock was set by 5 ms
		t.Errorf("krunk: %v", k)
	}
	if n := len(ev.Breadcrumbs.Values); n != 4 { // three and the event
		t.Errorf("%d breadcrumbs: %v, want 4", n, ev.Breadcrumbs.Values)
	}
}

// Every real text becomes an event that a strict server takes whole, of bounded size, and in which nothing is that could be a player's.
func TestCrashOfEveryFixture(t *testing.T) {
	files, err := filepath.Glob("../crashtext/testdata/*.txt")
	if err != nil || len(files) < 170 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	rules, c := sentryrules.NewRules(), newCrasher(t)
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".txt")
		for _, part := range []string{"crash", "stderr"} {
			text := fixture(t, name, part)
			if name == "golden" || text == "" {
				continue
			}
			body := c.of(t, text)
			var ev struct {
				EventID   string `json:"event_id"`
				SDK       json.RawMessage
				Exception struct {
					Values []struct {
						Type, Value string
						ThreadID    uint64 `json:"thread_id"`
						Stacktrace  struct{ Frames []map[string]any }
					}
				}
				Threads struct {
					Values []struct {
						ID         uint64
						Crashed    bool
						State      string
						Stacktrace *struct{ Frames []map[string]any }
					}
				}
				Trimmed map[string]any `json:"krunk_trimmed"`
			}
			if err := json.Unmarshal(body, &ev); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			envelope := `{"event_id":"` + ev.EventID + `","dsn":"http://a@example.test/1","sent_at":"2026-09-21T14:13:21Z","sdk":` + string(ev.SDK) + "}\n" +
				`{"type":"event","length":` + strconv.Itoa(len(body)) + "}\n" + string(body) + "\n"
			if j := rules.JudgeEnvelope(sentryrules.Settings{AnyTime: true, Project: "1", Key: "a"}, []byte(envelope)); len(j.Faults) > 0 || j.Status != 0 {
				t.Errorf("%s %s: %+v", name, part, j.Faults)
			} else {
				for _, n := range j.Notes {
					if strings.Contains(n.What, "thread") || strings.Contains(n.What, "stack") {
						t.Errorf("%s %s: %s", name, part, n.What)
					}
				}
			}
			report := crashtext.Parse(text)
			top := ev.Exception.Values[len(ev.Exception.Values)-1]
			if g := report.AtFault(); g != nil && len(g.Frames) > 0 && len(top.Stacktrace.Frames) == 0 {
				t.Errorf("%s %s: no frames of %d", name, part, len(g.Frames))
			}
			listed := 0
			for _, th := range ev.Threads.Values {
				if listed++; th.Crashed && (th.ID != top.ThreadID || th.Stacktrace != nil) {
					t.Errorf("%s %s: thread %d crashed, the exception is of %d", name, part, th.ID, top.ThreadID)
				}
			}
			ids, own := map[uint64]bool{}, 0
			for i, g := range report.Goroutines {
				if ids[g.ID] = true; i > 0 && g.System || strings.HasPrefix(g.CreatedBy.Func, "runtime.") {
					own++
				}
			}
			if listed > len(ids) || listed < len(ids)-own {
				t.Errorf("%s %s: %d threads of %d goroutines, %d of them the runtime's", name, part, listed, len(ids), own)
			}
			for _, bad := range []string{"0x", "labels", "anna", "m-17", "lobby"} {
				if strings.Contains(string(body), bad) && !strings.Contains(top.Value, bad) && !strings.Contains(report.Fault, bad) {
					t.Errorf("%s %s: %q in %.3000s", name, part, bad, body)
				}
			}
			if strings.Contains(name, "labels") && strings.Contains(string(body), "0x") {
				t.Errorf("%s: an address in %s", name, body)
			}
		}
	}
}

// What is private in a message is cut as in every other event.
func TestCrashIsScrubbed(t *testing.T) {
	text := "panic: open /home/anna/save.dat: denied for anna@example.test\n\tpanic: token=hunter2hunter2 at C:\\Users\\Anna\\x\n\ngoroutine 7 [running]:\n" +
		"main.f({0x12, 0x34})\n\t/home/anna/game/x.go:3 +0x1\n\ngoroutine 8 [select]:\nmain.g()\n\t/home/anna/game/y.go:3 +0x1\ncreated by main.h in goroutine 1\n\t/home/anna/game/y.go:9 +0x1\n\ngoroutine 8 [select]:\nmain.g()\n\t/home/anna/game/y.go:3 +0x1\n"
	body := string(newCrasher(t).of(t, text))
	for _, bad := range []string{"anna", "Anna", "hunter2"} {
		if strings.Contains(body, bad) {
			t.Errorf("%q in %s", bad, body)
		}
	}
	if n := strings.Count(body, `"id":8`); n != 1 {
		t.Errorf("goroutine 8, which the text has twice, is there %d times", n)
	}
	if !strings.Contains(body, `"name":"go in main.h"`) || !strings.Contains(body, `/game/y.go`) {
		t.Errorf("where goroutine 8 came from: %s", body)
	}
}

// Where there is no room, the event waits, and once there is it stands there once.
func TestCrashWaitsForRoom(t *testing.T) {
	r, outbox, _ := dead(t, 24<<10)
	var seqs []uint64
	for outbox.Put(blackbox.Meta{Kind: blackbox.Fatal, ID: [16]byte{1}}, make([]byte, 600)) {
		seqs = append(seqs, outbox.Last())
	}
	c := &Crash{Report: crashtext.Parse(fixture(t, "panic_nilderef", "crash")), ID: crashID, At: mortalStart + 8e9}
	for range 3 {
		if r.Crash(c) || outbox.Has(crashID) {
			t.Fatal("it is there without room")
		}
	}
	for _, seq := range seqs {
		outbox.Done(seq)
	}
	before, _, _ := outbox.Usage()
	for range 2 {
		if !r.Crash(c) || !r.Replay() {
			t.Fatal("no room for one event")
		}
	}
	if after, _, _ := outbox.Usage(); after != before+1 || !outbox.Has(crashID) {
		t.Errorf("%d entries more, want 1", after-before)
	}
}

// Who goes on with a run whose crash stands in the outbox already does not make it again.
func TestCrashOnce(t *testing.T) {
	r, outbox, counted := dead(t, 1<<20)
	c := &Crash{Report: crashtext.Parse(fixture(t, "panic_nilderef", "crash")), ID: crashID, At: mortalStart + 8e9}
	if !r.Crash(c) {
		t.Fatal("no room")
	}
	before, _, _ := outbox.Usage()
	cfg := mortalConfig()
	cfg.Tally = counted
	b, facts, err := blackbox.Open(r.cfg.Block.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	heir := Continue(b, &facts, mortalStart+8e9, stack.Build{Base: 1 << 20, Print: 42}, cfg)
	if !heir.Replay() || !heir.Crash(c) {
		t.Fatal("no room")
	}
	if after, _, _ := heir.Outbox().Usage(); after != before {
		t.Errorf("%d entries, want %d", after, before)
	}
	for e, ok := outbox.Next(0, nil); ok; e, ok = outbox.Next(0, nil) {
		outbox.Done(e.Seq)
	}
	if n, _, _ := outbox.Usage(); !r.Crash(c) || n != 0 || outbox.Has(crashID) {
		t.Error("once it was sent it is made again")
	}
}

// A text tells its frames itself: they are there in whatever build goes on with the run.
func TestCrashOfAnotherBuild(t *testing.T) {
	r, outbox, _ := dead(t, 1<<20)
	r.cfg.Run.OtherBuild = true
	if !r.Crash(&Crash{Report: crashtext.Parse(fixture(t, "panic_nilderef", "crash")), ID: crashID, At: mortalStart + 8e9}) {
		t.Fatal("no room")
	}
	e, _ := outbox.Next(0, nil)
	var ev decoded
	if err := json.Unmarshal(payload(t, e.Body), &ev); err != nil {
		t.Fatal(err)
	}
	if s := ev.Exception.Values[0].Stacktrace; s == nil || len(s.Frames) != 2 || ev.Contexts["krunk"]["stack"] != nil {
		t.Errorf("stack %+v, context %v", s, ev.Contexts["krunk"])
	}
}

// Times that make no sense are bounded as those of records are.
func TestCrashTime(t *testing.T) {
	for _, at := range []int64{0, -1 << 63, 1<<63 - 1, mortalStart - int64(time.Hour), mortalStart + int64(1000*time.Hour)} {
		r, outbox, _ := dead(t, 1<<20)
		if !r.Crash(&Crash{Report: crashtext.Parse("panic: x\n"), ID: crashID, At: at}) {
			t.Fatal("no room")
		}
		e, _ := outbox.Next(0, nil)
		var ev struct{ Timestamp float64 }
		if err := json.Unmarshal(payload(t, e.Body), &ev); err != nil || ev.Timestamp < 0 || ev.Timestamp > float64(mortalStart/1e9)+3600 {
			t.Errorf("%d: timestamp %f, %v", at, ev.Timestamp, err)
		}
	}
}

func TestPanicTypes(t *testing.T) {
	for in, want := range map[string]string{
		"runtime error: index out of range [9] with length 4":                "runtime.boundsError",
		"runtime error: invalid memory address or nil pointer dereference":   "runtime.errorString",
		"assignment to entry in nil map":                                     "runtime.plainError",
		"interface conversion: interface {} is int, not string":              "*runtime.TypeAssertionError",
		"panic called with nil argument (use GODEBUG=panicnil=1 to disable)": "*runtime.PanicNilError",
		"runtime error: panic called with nil argument":                      "*runtime.PanicNilError", "index out of range of the map": "panic",
		`main.myString("a (b).c")`: "main.myString", "main.myInt(7)": "main.myInt", "(main.T)": "main.T", "(*main.T)": "*main.T", "main.G[int](7)": "main.G[int]",
		"x": "panic", "": "panic", "()": "panic", "f(x)": "panic", "see README.md (again)": "panic", "a.b c(d)": "panic", ".(x)": "panic", "open save.dat: no (x)": "panic",
		strings.Repeat("a.b", 200) + "(7)": "panic",
	} {
		if got := panicType(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestSameDeath(t *testing.T) {
	const again = "panic: boom [recovered, repanicked]\n\ngoroutine 7 [running]:\nmain.f()\n\t/x.go:1\n"
	for _, tt := range []struct {
		name, text string
		id, gid    uint64
		want       bool
	}{
		{"the same", again, 1, 7, true},
		{"captured by another goroutine", again, 1, 8, false},
		{"nothing was captured", again, 0, 7, false},
		{"goroutine not known", again, 1, 0, false},
		{"another panic of that goroutine", strings.Replace(again, " [recovered, repanicked]", "", 1), 1, 7, false},
		{"another one while it was raised", strings.Replace(again, "\n\n", "\n\tpanic: bang\n\n", 1), 1, 7, false},
		{"Go 1.24", strings.Replace(again, " [recovered, repanicked]", " [recovered]\n\tpanic: boom", 1), 1, 7, true},
		{"a fatal error behind it", "panic: boom [recovered, repanicked]\n\tfatal error: x\n\ngoroutine 7 [running]:\nmain.f()\n\t/x.go:1\n", 1, 7, false},
		{"no goroutine", "panic: boom [recovered, repanicked]\n", 1, 7, false},
		{"empty", "", 1, 7, false},
	} {
		var e blackbox.Ending
		e.PanicLo.Store(tt.id)
		e.PanicGid.Store(tt.gid)
		if got := SameDeath(&e, crashtext.Parse(tt.text)); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
		e.PanicLo.Store(0) // the policy wanted no event of it
		e.State.Store(blackbox.StatePanicked | blackbox.StateRefused)
		if got := SameDeath(&e, crashtext.Parse(tt.text)); got != (tt.want || tt.id == 0) {
			t.Errorf("%s, refused: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// toldFacts are those of a run.
func toldFacts() *blackbox.Facts {
	f := &blackbox.Facts{Start: mortalStart}
	f.Texts = [blackbox.FactTexts]string{"game@1", "dist", "playtest", "example.com/game", "go1.99", "9.9.9", "target"}
	return f
}

func TestCrashText(t *testing.T) {
	var b bytes.Buffer
	for _, name := range []string{"panic_nilderef", "panic_panic3", "panic_repanicsame", "fatal_stackoverflow", "go1274_labels_map", "cgo_segv", "exit0"} {
		c := Crash{Report: crashtext.Parse(fixture(t, name, "crash")), ID: crashID, At: mortalStart + 8e9}
		b.WriteString("== " + name + "\n" + c.Text(toldFacts(), stack.Options{}))
	}
	golden(t, "testdata/told.golden", strings.ReplaceAll(b.String(), runtime.GOOS+" "+runtime.GOARCH, "GOOS GOARCH"))
}

// What a player pastes is short and says nothing of the player, whatever the text is.
func TestCrashTextIsBoundedAndPrivate(t *testing.T) {
	long := "panic: " + strings.Repeat("é", 20_000) + "\n\tpanic: open /home/anna/x: token=hunter2hunter2\n\ngoroutine 7 [running]:\n" +
		strings.Repeat("example.com/game."+strings.Repeat("f", 300)+"(0x12)\n\t/home/anna/game/x.go:3 +0x1\n", 90) + "\n" +
		strings.Repeat("goroutine 8 [select]:\nexample.com/game.g()\n\t/home/anna/game/y.go:3 +0x1\n\n", 30)
	texts := []string{long, "", "panic: x"}
	files, _ := filepath.Glob("../crashtext/testdata/*_*.txt")
	for _, path := range files {
		texts = append(texts, fixture(t, strings.TrimSuffix(filepath.Base(path), ".txt"), "crash"))
	}
	for _, s := range texts {
		c := Crash{Report: crashtext.Parse(s), ID: crashID, At: mortalStart + 8e9}
		got := c.Text(toldFacts(), stack.Options{})
		if len(got) > mostTold || !utf8.ValidString(got) || !strings.HasPrefix(got, "game@1 playtest\ndied 2023-11-14T22:13:28Z, ran for 8 seconds\nsupport code ") || !strings.HasSuffix(got, ", go1.99, Krunk 9.9.9\n") {
			t.Errorf("%d bytes:\n%s", len(got), got)
		}
		for _, bad := range []string{"/home", "hunter2", "{match", "(0x", "=0x", "\x1b", "/goroot", "/src/crasher"} {
			if strings.Contains(got, bad) {
				t.Errorf("%q in\n%s", bad, got)
			}
		}
	}
}

// golden compares with a golden file.
func golden(t *testing.T, path, s string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, want := strings.Split(s, "\n"), strings.Split(string(b), "\n")
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("%s, line %d:\n got %s\nwant %s", path, i+1, got[min(i, len(got)-1)], want[min(i, len(want)-1)])
		}
	}
}

// Whatever stands in a text, the event is JSON of a bounded size, and nothing is counted as lost.
func FuzzCrash(f *testing.F) {
	for _, name := range []string{"panic_panic3", "fatal_unlockdefer", "go1274_labels_deadlock", "cgo_segv", "signal_QUIT"} {
		text := fixture(f, name, "crash")
		f.Add(text[:min(len(text), 3000)], int64(8e9))
	}
	r, outbox, counted := dead(f, 1<<20)
	f.Fuzz(func(t *testing.T, text string, at int64) {
		r.past.crashed = false
		if !r.Crash(&Crash{Report: crashtext.Parse(text), ID: crashID, At: at}) {
			t.Fatal("no room")
		}
		if total := counted.Total(nil); len(total) > 0 {
			t.Fatalf("counted: %+v", total)
		}
		e, ok := outbox.Next(0, nil)
		if !ok || e.ID != crashID || len(e.Body) > 256<<10 {
			t.Fatalf("got %d bytes of %+v", len(e.Body), e.Meta)
		}
		if told := (&Crash{Report: crashtext.Parse(text), ID: crashID, At: at}).Text(toldFacts(), stack.Options{}); len(told) > mostTold {
			t.Errorf("%d bytes for a player: %s", len(told), told)
		}
		if !json.Valid(payload(t, e.Body)) {
			t.Errorf("no JSON: %s", e.Body)
		}
		outbox.Done(e.Seq)
	})
}
