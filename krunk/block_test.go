package krunk

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/legacy"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/recorder"
	"github.com/krunk-go/krunk/internal/stack"
	"github.com/krunk-go/krunk/internal/tally"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// memoryFile is a run file whose bytes are on the heap.
type memoryFile struct {
	block   *blackbox.Block
	removed bool
	err     error
	hooks   blackbox.Hooks
}

func (f *memoryFile) keeper() RunFile {
	return legacy.Keep(legacy.Maker{Check: func(int) error { return nil }, Open: f.open})
}

func (f *memoryFile) open(w *legacy.Wish) (*legacy.Run, error) {
	w.Complete()
	if f.err != nil {
		return nil, f.err
	}
	f.block = blackbox.NewBlock(blackbox.Words(w.Sizes.Total()), w.Sizes, 0x5bd1e9955bd1e995)
	w.Facts.Boot, w.Facts.PID = [16]byte{7}, 11
	build := stack.Fingerprint()
	f.block.Base.Store(build.Base)
	f.block.Print.Store(build.Print)
	f.block.Publish(&w.Facts)
	kept := f.block.Kept()
	kept.Diary = f.block.Diary(f.hooks)
	return &legacy.Run{Block: f.block, Kept: kept, Path: "memory", Remove: func() { f.removed = true }}, nil
}

func offline(c transport.Context, _ *transport.Request) (transport.Response, error) {
	return transport.Response{}, errors.New("no route to host")
}

// What a client with a run file leaves behind says all that a heir needs: release, channels, scope, and what was captured last.
func TestBlockOutlivesTheClient(t *testing.T) {
	file := new(memoryFile)
	c, err := Start(Config{
		DSN: "https://key@sentry.invalid/1", Transport: transport.Func(offline), Release: "game@1", Dist: "d1", Environment: "playtest", RunFile: file.keeper(), NoSessions: true, // nobody writes into the block below while it is copied
		Channels: map[string]Thresholds{"*": {Send: "info"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	net := c.Channel("net.http")
	c.SetTag("map", "dust")
	net.Debug("connecting", Int("try", 3))
	net.Info("hello")
	net.Report(errors.New("early"))
	c.Flush(100 * time.Millisecond) // nobody answers
	c.SetTag("map", "aztec")
	net.Report(errors.New("late"))
	mem := blackbox.Words(len(file.block.Bytes()))
	c.done(nil, c.recorder.Ask, c.recorder.Call, func() { // the program is gone: neither goroutine writes meanwhile
		c.done(nil, c.sender.Ask, c.sender.Wake, func() { copy(mem, file.block.Bytes()) })
	})
	c.Close(0)

	b, facts, err := blackbox.Open(mem)
	if err != nil {
		t.Fatal(err)
	}
	if facts.Texts[blackbox.Target] == "" || file.removed || facts.Texts[blackbox.Dist] != "d1" {
		t.Errorf("facts %+v", facts)
	}
	if facts.Boot[0] != 7 || facts.PID != 11 || facts.Crash == [16]byte{} || facts.Crash == facts.Run {
		t.Errorf("boot %x, pid %d, crash %x of run %x", facts.Boot, facts.PID, facts.Crash, facts.Run)
	}
	r := recorder.Continue(b, &facts, time.Now().UnixNano(), stack.Fingerprint(), recorder.Config{
		Bell: new(notify.Bell), Progress: new(notify.Signal), Tally: new(tally.Tally), Wake: func() {}, Room: recorder.Room{Scope: 60 << 10, Item: 40 << 10},
	})
	if !r.Replay() {
		t.Fatal("the outbox has no room")
	}
	all := ""
	for e, ok := r.Outbox().Next(-1, nil); ok; e, ok = r.Outbox().Next(-1, nil) {
		all += string(e.Body)
		r.Outbox().Done(e.Seq)
	}
	for text, n := range map[string]int{
		`"value":"early"`: 1, `"value":"late"`: 1, `"body":"hello"`: 1, `"release":"game@1"`: 2, `"environment":"playtest"`: 2, `"map":"dust"`: 1,
		`"map":"aztec"`: 1, `"logger":"net.http"`: 2, `connecting try=3`: 2, `TestBlockOutlivesTheClient`: 4,
	} {
		if got := strings.Count(all, text); got != n {
			t.Errorf("%s: %d times, want %d", text, got, n)
		}
	}
	if t.Failed() {
		t.Log(all)
	}
}

// slow is a transport whose Close takes its time, as on a machine that is busy with other things.
type slow struct{ transport.Transport }

func (slow) CloseIdle() { time.Sleep(500 * time.Millisecond) }

// A client that delivered everything takes its file away, if it has ended within the time of Close.
func TestCloseTakesTheFileAway(t *testing.T) {
	for limit, want := range map[time.Duration]bool{time.Second: true, 300 * time.Millisecond: false} {
		synctest.Test(t, func(t *testing.T) {
			srv := sentrytest.New(sentrytest.Options{AnyTime: true})
			file := new(memoryFile)
			c, err := Start(Config{DSN: srv.DSN(), Transport: slow{srv.Transport()}, Release: "game@1", RunFile: file.keeper(), NoSessions: true})
			if err != nil {
				t.Fatal(err)
			}
			c.Report(errors.New("boom"))
			if !c.Close(limit) || file.removed != want || len(srv.Events()) != 1 {
				t.Errorf("Close(%v): %d events arrived, removed %v, want %v", limit, len(srv.Events()), file.removed, want)
			}
			time.Sleep(time.Second) // what was left behind ends
		})
	}
}

// Where there can be no file the client lives on the heap.
func TestNoFileNoHarm(t *testing.T) {
	c, err := Start(Config{RunFile: (&memoryFile{err: errors.New("the disk is full")}).keeper()})
	if err != nil {
		t.Fatal(err)
	}
	c.Channel("net").Report(errors.New("boom"))
	if !c.Close(time.Minute) || c.Stats().Events != 0 || c.Stats().RunFile != "the disk is full" {
		t.Errorf("stats %+v", c.Stats())
	}
}
