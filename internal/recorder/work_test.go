package recorder

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
)

// busy makes a rig whose ring is never empty: for each record that is read, another one is captured, up to n of them. At each
// one f is called.
func busy(t *testing.T, n int, f func(g *rig, i int)) *rig {
	var g *rig
	i := 0
	g = newRig(1<<20, func(c *Config) {
		c.Run.Channel = func(uint16) string {
			if i++; i < n {
				if f != nil {
					f(g, i)
				}
				g.log(t, 0, fmt.Sprint("record ", i))
			}
			return "busy"
		}
	})
	g.log(t, 0, "record 0")
	return g
}

// A flush is answered when what was captured before it stands in the outbox, though the ring is never empty, and though others
// flush as well.
func TestFlushWhileOthersCapture(t *testing.T) {
	const n = 5000
	asked, answered, at := uint64(0), uint64(0), 0
	g := busy(t, n, func(g *rig, i int) {
		switch {
		case i == 10:
			asked = g.ring.Head()
		case i > 10 && answered == 0:
			if answered = g.Processed(); answered > 0 && answered < asked {
				t.Errorf("%d is said to be done, want %d or more", answered, asked)
			}
			at = i
		}
		if i >= 10 {
			g.flushTo.Store(g.ring.Head()) // others flush in each frame
		}
	})
	g.drain()
	if answered == 0 || at > 20 {
		t.Errorf("answered at record %d of %d, want a few records after the tenth", at, n)
	}
}

// The batch goes out when its time is over, though the ring is never empty.
func TestBatchIsDueWhileOthersCapture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		g := busy(t, 90, func(g *rig, i int) {
			if i == 30 {
				time.Sleep(batchWait + time.Second) // fake
			}
			if e, ok := g.outbox.Next(0, nil); ok && sent == 0 {
				sent = int(e.Count)
			}
		})
		g.drain()
		if sent < 30 || sent > 50 {
			t.Errorf("a batch of %d records, want those until it was due", sent)
		}
	})
}

// What was read makes room long before the ring is empty.
func TestRingIsReleasedWhileReading(t *testing.T) {
	body := encoded(record.Head{Type: record.LogType}, strings.Repeat("#", 1000), nil, nil)
	var g *rig
	room, i := 0, 0
	g = newRig(1<<20, func(c *Config) {
		c.Run.Channel = func(uint16) string {
			if i++; i == 40 {
				for ; ; room++ {
					s, ok := g.ring.Reserve(blackbox.Fatal, len(body))
					if !ok {
						break
					}
					g.ring.Abandon(s)
				}
			}
			return "full"
		}
	})
	for range 150 {
		g.log(t, 0, strings.Repeat("x", 1000))
	}
	for {
		s, ok := g.ring.Reserve(blackbox.Fatal, len(body))
		if !ok {
			break
		}
		g.ring.Abandon(s)
	}
	g.drain()
	if room < 20 {
		t.Errorf("after 40 of 150 records there is room for %d, want most of what was read", room)
	}
}

// A panic outside of a record, such as in a batch that is due, costs the batch; a goroutine that is ended from outside is
// replaced.
func TestWorkGoesOn(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func()
	}{{"panic", func() { panic("in a hook") }}, {"Goexit", runtime.Goexit}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bad := true
				g := newRig(1<<20, func(c *Config) {
					c.Bytes = func() int64 {
						if bad {
							tt.end()
						}
						return 0
					}
				})
				over := make(chan struct{})
				go func() {
					defer close(over)
					g.Work()
				}()
				g.log(t, 0, "lost")
				g.cfg.Bell.Ring()
				synctest.Wait()
				time.Sleep(batchWait + time.Second)
				synctest.Wait()
				if got := fmt.Sprint(g.drops()); got != "[internal_sdk_error error 1 internal_sdk_error log_item 1]" {
					t.Errorf("counted %s", got)
				}
				bad = false
				g.log(t, 0, "kept")
				g.event(t, 1, "boom")
				if !g.Flush(nil, g.ring.Head()) {
					t.Error("not flushed")
				}
				if entries, _, _ := g.outbox.Usage(); entries != 2 {
					t.Errorf("%d envelopes, want the event and the log record", entries)
				}
				g.Stop()
				<-over
				if g.Flush(nil, g.ring.Head()+1) {
					t.Error("a flush of a recorder that ended reports success")
				}
			})
		})
	}
}

// What a large event was made with goes back before the recorder sleeps; what the next ordinary one needs stays.
func TestScratchGoesBack(t *testing.T) {
	synctest.Test(t, scratchGoesBack)
}

func scratchGoesBack(t *testing.T) {
	g := newRig(1<<20, nil)
	pcs := make([]uintptr, record.MaxPCs)
	h := record.Head{Type: record.ErrorType, Flags: record.FlagID, PPM: million, ID: [16]byte{1}}
	for i := range 40 {
		g.put(t, blackbox.History, encoded(record.Head{Type: record.LogType, Flags: record.FlagTrail, PPM: million, Channel: uint16(i % 7)},
			fmt.Sprint(i, strings.Repeat("x", 500)), nil, nil, record.Field{Key: "long", Kind: record.String, Str: strings.Repeat("y", 800)}))
	}
	g.put(t, blackbox.Event, encoded(h, "", pcs, []record.Error{{Type: "T", Text: "x"}}))
	g.drain()
	if cap(g.items.buf) <= calm || cap(g.events.raw) <= calm || cap(g.events.frames) <= calmFrames {
		t.Fatalf("the event took %d, %d and %d: it is not large", cap(g.items.buf), cap(g.events.raw), cap(g.events.frames))
	}
	go g.Work()
	synctest.Wait()
	g.Stop()
	synctest.Wait()
	if cap(g.items.buf) > calm || cap(g.events.raw) > calm || cap(g.events.frames) > calmFrames {
		t.Errorf("%d, %d and %d are kept", cap(g.items.buf), cap(g.events.raw), cap(g.events.frames))
	}
}
