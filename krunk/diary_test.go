package krunk

import (
	"errors"
	"fmt"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/allocs"
	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/transport"
)

// ended starts a client with a run file that is told how the client ends, and to which nobody answers.
func ended(t testing.TB, cfg Config, file *memoryFile) *Client {
	t.Helper()
	cfg.RunFile, cfg.DSN, cfg.Transport, cfg.Panics.Wait = file.keeper(), "https://key@sentry.invalid/1", transport.Func(offline), -1
	c, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(0) })
	return c
}

// The words of the run file say how far the game came, what it used, and what went wrong, at every moment.
func TestLiveWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := &memoryFile{hooks: blackbox.Hooks{Resident: func() (used, limit uint64) { return 300 << 10, 1 << 40 }}}
		c := ended(t, Config{MaxRepeats: 2}, file)
		live := file.block.Live
		if live.State.Load() != 0 || live.Memory.Load() != 0 {
			t.Errorf("state %#x, memory %#x at the start, want none", live.State.Load(), live.Memory.Load())
		}
		for range 3 {
			time.Sleep(400 * time.Millisecond)
			c.Beat()
		}
		if f, at := live.Frame.Load(), time.Duration(live.BeatAt.Load()); f != 3 || at != 1200*time.Millisecond {
			t.Errorf("frame %d after %v, want 3 after 1.2s", f, at)
		}
		if w := live.Memory.Load(); w != 300<<42|1<<32-1 {
			t.Errorf("memory %#x, want 300 MiB of as much as a half word holds", w)
		}
		for range 4 {
			c.Report(errors.New("boom"))
		}
		c.Channel("net").Warn("no error")
		c.Channel("net").Error("an error")
		if n := live.Errors.Load(); n != 5 {
			t.Errorf("%d errors, want 5: those over a limit as well", n)
		}
		time.Sleep(6 * time.Second)
		if s := live.State.Load(); s != blackbox.StateHung {
			t.Errorf("state %#x, want hung", s)
		}
		c.Beat()
		c.Pause()
		synctest.Wait()
		if s := live.State.Load(); s != 0 {
			t.Errorf("state %#x, want none: frames go on", s)
		}
		c.Close(0)
		if s := live.State.Load(); s != blackbox.StateClosing|blackbox.StateClean {
			t.Errorf("state %#x, want closed, with something left", s)
		}
	})
}

// Only a panic of which the program dies is noted, with its event and goroutine.
func TestPanicWords(t *testing.T) {
	file := new(memoryFile)
	c := ended(t, Config{Panics: Panics{MaxRepeats: 1}}, file)
	live := file.block.Live
	func() { defer c.Recover(); panic("recovered") }()
	if live.State.Load() != 0 || live.PanicID() != [16]byte{} {
		t.Error("a panic that was recovered is noted as the program's end")
	}
	die := func() (v any) {
		defer func() { v = recover() }()
		defer c.Repanic()
		panic("boom")
	}
	for range 2 {
		if v := die(); v != "boom" {
			t.Fatal(v)
		}
		first := live.PanicID()
		if live.State.Load() != blackbox.StatePanicked || first == [16]byte{} || live.PanicGid.Load() != c.header.goroutine() {
			t.Errorf("state %#x, panic %x of goroutine %d, want an event of this one", live.State.Load(), first, live.PanicGid.Load())
		}
		// One of another goroutine that comes in between is not that of which the program dies.
		c.diary.Dooms(EventID{1}, 1, 0)
		if live.PanicID() != [16]byte{1} {
			t.Errorf("panic %x, want the newer one", live.PanicID())
		}
		c.diary.Dies(first, c.header.goroutine(), c.now(), false)
		if live.PanicID() != first {
			t.Errorf("panic %x, want %x: that one goes on", live.PanicID(), first)
		}
	}
}

// A panic that the policy wants no event of has none of its crash text either.
func TestPanicThatIsRefused(t *testing.T) {
	file := new(memoryFile)
	c := ended(t, Config{}, file)
	live := file.block.Live
	c.controls.Hang(new(gate.Hooks))
	defer c.controls.Hang(nil)
	for _, wanted := range []bool{true, false, true} {
		c.controls.Publish(&gate.State{PanicsPPM: gate.Million, Panics: wanted})
		c.main().lastWords("boom", nil)
		if refused := live.State.Load()&blackbox.StateRefused != 0; refused == wanted || (live.PanicID() == [16]byte{}) == wanted {
			t.Errorf("wanted %v: refused %v, event %x", wanted, refused, live.PanicID())
		}
	}
}

// A panic that finds no room has no event: its crash text becomes one.
func TestPanicWithoutRoom(t *testing.T) {
	file := new(memoryFile)
	c := ended(t, Config{}, file)
	c.main().lastWords("first", nil)
	id := file.block.PanicID()
	c.Close(0) // and Panics.Wait is negative: nothing is captured any more
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.main().lastWords("second", nil)
	}()
	<-done
	if got := file.block.PanicID(); id == [16]byte{} || got != [16]byte{} || file.block.PanicGid.Load() == c.header.goroutine() {
		t.Errorf("panic %x of goroutine %d behind %x, want none of another goroutine", got, file.block.PanicGid.Load(), id)
	}
}

// Without a run file there are no words, and nothing fails.
func TestNoWords(t *testing.T) {
	c, err := Start(Config{})
	if err != nil {
		t.Fatal(err)
	}
	c.Beat()
	c.main().lastWords("boom", nil)
	c.Close(0)
	if c.failures.Load() != 1 {
		t.Errorf("%d failures, want 1", c.failures.Load())
	}
}

// A frame costs no memory, with a run file either.
func TestWordsDoNotAllocate(t *testing.T) {
	c := ended(t, Config{Frames: Frames{Slow: time.Hour}}, &memoryFile{hooks: blackbox.Hooks{Guard: debug.SetPanicOnFault}})
	c.Beat()
	if n := allocs.Least(200, func() {
		c.Beat()
		c.Foreground(false)
		c.Foreground(true)
	}); n != 0 {
		t.Errorf("%v allocations a frame, want 0", n)
	}
	c.Pause()
}

func BenchmarkBeat(b *testing.B) {
	for _, name := range []string{"heap", "run file"} {
		b.Run(name, func(b *testing.B) {
			cfg := Config{Frames: Frames{Slow: 20 * time.Millisecond}}
			if name == "run file" {
				cfg.RunFile = (&memoryFile{hooks: blackbox.Hooks{Guard: debug.SetPanicOnFault}}).keeper()
			}
			c, err := Start(cfg)
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close(0)
			b.ReportAllocs()
			for b.Loop() {
				c.Beat()
			}
		})
	}
}

// What depended on its kind and became no event, of several panics at once and of a hang, is not what the program died of.
func TestMissedWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(26 * 365 * 24 * time.Hour) // to a time in which policies are made
		until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		ctl, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{
			Default: fmt.Appendf(nil, `{"krunk":1,"version":1,"clients":0,"panics":0,"kinds":{"00000001":{"until":%q,"clients":100,"panics":true}}}`, until),
		})
		if err != nil {
			t.Fatal(err)
		}
		file := new(memoryFile)
		c := ended(t, Config{Sampling: Steer(ctl)}, file)
		ids := []EventID{c.ReportPanic("one"), c.ReportPanic("two")}
		time.Sleep(time.Second)
		for i, id := range ids {
			if id.IsZero() || !c.missed.has(id) {
				t.Errorf("panic %d is an event", i+1)
			}
		}
		c.Beat()
		time.Sleep(6 * time.Second)
		if live := file.block.Live; live.State.Load() != blackbox.StateHung || live.HangID() != [16]byte{} || c.hung.IsZero() {
			t.Errorf("state %#x, hang %x of %s, want none", live.State.Load(), live.HangID(), c.hung)
		}
	})
}
