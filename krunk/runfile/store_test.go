//go:build !race && (unix || windows)

package runfile_test

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/runfile"
	"github.com/krunk-go/krunk/transport"
)

// console is the save data of a console. A block is copied while it is written, which checksums find out and the race detector does not
// know: hence the build constraint.
type console struct {
	mu    sync.Mutex
	data  []byte // guarded by mu
	saves int    // guarded by mu
	err   error
	full  error // of Save

	saving func() // is called by Save, nil: nothing is
}

func (c *console) Load() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.data), c.err
}

func (c *console) Save(b []byte) error {
	if c.saving != nil {
		c.saving()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.full != nil {
		return c.full
	}
	c.data, c.saves = bytes.Clone(b), c.saves+1
	return nil
}

func (c *console) config(tr transport.Transport) krunk.Config {
	cfg := config("", tr)
	cfg.RunFile, cfg.Panics.Wait = runfile.InStore(c), 50*time.Millisecond
	return cfg
}

// What could not be sent is sent by the next start out of the store, however the program ended, and once.
func TestStore(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(*krunk.Client)
		want int // errors that arrive
		how  krunk.How
	}{
		{"closed", func(c *krunk.Client) { c.Close(10 * time.Millisecond) }, 1, krunk.HowClean},
		{"paused, and then killed", func(c *krunk.Client) { c.Pause() }, 1, krunk.HowKilled},
		{"in the background, and then killed", func(c *krunk.Client) { c.Foreground(false) }, 1, krunk.HowKilledInBackground},
		{"panicked", func(c *krunk.Client) {
			defer func() { recover() }()
			defer c.Repanic()
			panic("the boss")
		}, 2, krunk.HowPanic},
		{"killed without a word", func(*krunk.Client) {}, 0, krunk.HowUnknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var alive console
				first := start(t, alive.config(transport.Func(offline)))
				defer first.Close(0)
				first.SetTag("map", "dust")
				first.Channel("net").Debug("connecting")
				first.Channel("net").Report(errors.New("early"))
				tt.end(first)
				synctest.Wait()
				kept := console{data: bytes.Clone(alive.data)} // what it would save from now on nobody finds
				var box inbox
				second := start(t, kept.config(&box))
				second.Channel("net").Info("another run")
				if last := second.LastRun(); last.How != tt.how || last.Known != (tt.how != krunk.HowUnknown) || last.Event.IsZero() != (tt.how != krunk.HowPanic) {
					t.Errorf("the last run was %+v, want %v", last, tt.how)
				}
				if !second.Flush(time.Minute) {
					t.Errorf("flush: %+v", second.Stats())
				}
				second.Close(time.Minute)
				all := box.all()
				if n := strings.Count(all, `"exception"`); n != tt.want || tt.want > 0 && strings.Count(all, `"map":"dust"`) != tt.want {
					t.Errorf("%d errors arrived, want %d, with their tag:\n%s", n, tt.want, all)
				}
				var again inbox
				third := start(t, kept.config(&again))
				third.Flush(time.Minute)
				third.Close(time.Minute)
				if strings.Contains(again.all(), "early") {
					t.Error("sent twice")
				}
				if last := third.LastRun(); last.How != krunk.HowClean || last.Ran < 0 || last.Ran > time.Minute {
					t.Errorf("the second run was %+v, want that it was closed", last)
				}
			})
		})
	}
}

// What keeps the runs may fail, and Stats says so until it does no more.
func TestStoreThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := console{full: errors.New("no space in the save data")}
		c := start(t, kept.config(transport.Func(offline)))
		c.Report(errors.New("boom"))
		says := func(want bool) {
			t.Helper()
			if s := c.Stats().RunFile; strings.Contains(s, "no space in the save data") != want {
				t.Errorf("Stats.RunFile %q", s)
			}
		}
		says(false)
		c.Pause()
		synctest.Wait()
		says(true)
		kept.mu.Lock()
		kept.full = nil
		kept.mu.Unlock()
		c.Close(10 * time.Millisecond)
		says(false)
	})
}

func TestStoreOfNonsense(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty": {}, "text": []byte("what is this"), "cut": []byte("KRUNKST1" + strings.Repeat("a", 40)),
		"a run of 2^63 bytes": append([]byte("KRUNKST1"+strings.Repeat("a", 32)), bytes.Repeat([]byte{0xff}, 600)...),
		"a run of zeros":      append(append([]byte("KRUNKST1"+strings.Repeat("a", 32)), 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0), make([]byte, 1024)...),
	} {
		var box inbox
		c := start(t, (&console{data: data}).config(&box))
		c.Report(errors.New("boom"))
		if !c.Flush(time.Minute) || !strings.Contains(box.all(), "boom") {
			t.Errorf("%s: %+v", name, c.Stats())
		}
		c.Close(time.Minute)
	}
	c := start(t, (&console{err: errors.New("the card is locked")}).config(new(inbox)))
	if s := c.Stats().RunFile; !strings.Contains(s, "the card is locked") {
		t.Errorf("Stats.RunFile %q", s)
	}
	c.Close(0)
	if _, err := krunk.Start(krunk.Config{RunFile: runfile.InStore(nil)}); err == nil || !strings.Contains(err.Error(), "InStore(nil)") {
		t.Errorf("got %v", err)
	}
}

// A Store keeps the answer as well, and after a no nothing else.
func TestStoreKeepsTheAnswer(t *testing.T) {
	var kept console
	for i, step := range []struct{ configured, found, say krunk.Consent }{
		{krunk.Ask, krunk.Ask, krunk.Denied},
		{krunk.Granted, krunk.Denied, krunk.Granted},
		{krunk.Ask, krunk.Granted, krunk.Ask},
		{krunk.Ask, krunk.Ask, krunk.Ask},
		{krunk.Ask, krunk.Ask, krunk.Granted},
	} {
		var box inbox
		cfg := kept.config(&box)
		cfg.Consent = step.configured
		c := start(t, cfg)
		if c.Answer() != step.found {
			t.Errorf("start %d: the answer is %d, want %d", i, c.Answer(), step.found)
		}
		c.SetTag("tag", planted)
		answer := func() {
			if err := say(c, step.say); err != nil {
				t.Errorf("start %d: %v", i, err)
			}
		}
		// What is captured while a yes stands may be on its way at once.
		if step.found == krunk.Granted {
			answer()
			c.Report(errors.New(planted + strconv.Itoa(i)))
		} else {
			c.Report(errors.New(planted + strconv.Itoa(i)))
			answer()
		}
		c.Flush(20 * time.Second)
		if n := len(box.all()); n > 0 != (step.say == krunk.Granted && step.found != krunk.Denied) {
			t.Errorf("start %d: %d bytes left", i, n)
		}
		c.Pause()
		c.Close(20 * time.Second)
		data, _ := kept.Load()
		if holds := bytes.Contains(data, []byte(planted)); holds != (step.say == krunk.Ask) {
			t.Errorf("start %d: the store holds what was captured: %v, of %d bytes", i, holds, len(data))
		}
		if i == 4 && strings.Count(box.all(), `"value":"`+planted) != 3 {
			t.Errorf("what two runs have kept did not arrive with the answer:\n%.1000s", box.all())
		}
	}
}

// A no out of Save, which Krunk calls with its locks held, holds up nothing.
func TestAnswerOutOfSave(t *testing.T) {
	var c *krunk.Client
	var kept console
	said := make(chan error, 1)
	var once sync.Once
	kept.saving = func() { once.Do(func() { said <- c.Consent(krunk.Denied) }) }
	c = start(t, kept.config(transport.Func(offline)))
	c.Report(errors.New(planted))
	c.Flush(50 * time.Millisecond)
	c.Pause()
	if err := <-said; err == nil || c.Answer() != krunk.Denied {
		t.Errorf("said %v, the answer is %d; want that it was called from inside, and Denied", err, c.Answer())
	}
	until(func() bool {
		data, _ := kept.Load()
		return len(data) > 0 && data[7] == 'D' && !bytes.Contains(data, []byte(planted))
	})
	if data, _ := kept.Load(); bytes.Contains(data, []byte(planted)) {
		t.Error("the store holds what was captured")
	}
	c.Close(time.Minute)
}

// What nobody can read may have been a no.
func TestAnswerInAStoreThatCannotBeRead(t *testing.T) {
	var box inbox
	c := start(t, (&console{err: errors.New("the card is locked")}).config(&box))
	c.Report(errors.New("boom"))
	if s := c.Stats().RunFile; c.Answer() != krunk.Denied || !strings.Contains(s, "the card is locked; what the player has answered cannot be read") {
		t.Errorf("the answer is %d, want a no; Stats.RunFile %q", c.Answer(), s)
	}
	if err := c.Consent(krunk.Granted); err == nil || c.Answer() != krunk.Granted {
		t.Errorf("said %v, the answer is %d; want Granted, and that it is not kept", err, c.Answer())
	}
	c.Report(errors.New("asked again"))
	if !c.Close(time.Minute) || strings.Contains(box.all(), "boom") || !strings.Contains(box.all(), "asked again") {
		t.Errorf("sent %.300s", box.all())
	}
}

// Of what a store kept only the beginning may be there: an answer in it counts.
func TestAnswerInATornStore(t *testing.T) {
	disk := new(console)
	c := start(t, disk.config(transport.Func(offline)))
	if err := say(c, krunk.Denied); err != nil {
		t.Fatal(err)
	}
	c.Close(time.Minute)
	for n := len(disk.data); n >= 8; n -= 8 {
		disk.data = disk.data[:n]
		was := bytes.Clone(disk.data)
		c := start(t, disk.config(transport.Func(offline)))
		if c.Answer() != krunk.Denied {
			t.Errorf("%d bytes: the answer is %d, want a no", n, c.Answer())
		}
		c.Close(time.Minute)
		disk.data = was
	}
}
