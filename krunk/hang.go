package krunk

import (
	"runtime"
	"strconv"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/watch"
)

// watch runs the watchdog. Only programs that call Beat link it.
func (c *Client) watch() {
	watch.Run(&watch.Host{
		Beats:  c.frame.Load,
		Paused: func() bool { return c.paused.Load() || c.away.Load() },
		Ended:  c.closed.Load,
		Tick:   c.tick, Hang: c.hangs, Over: c.goesOn,
	}, &c.watchdog, c.plan.Frames.Hang)
}

// hangs reports that frames have stopped, with the stack of the loop as it stands, and all other goroutines as threads. First the run's state
// says so, then the record lies in the black box: a program that is killed right behind that has told of it. With a run file the event waits
// until frames go on, somebody flushes, or a heir finds that they never did.
func (c *Client) hangs() {
	c.hung = EventID{}
	c.hungAt = c.beatAt.Load()
	c.mark(blackbox.StateHung, 0)
	ch := (*Channel)(atomic.LoadPointer(&c.about))
	v, ppm := ch.decideError(hang{})
	if v&gate.Issue == 0 {
		return
	}
	var r capture
	r.Type, r.Level, r.PPM, r.Flags = record.ErrorType, int16(LevelError), ppm, record.FlagHang
	c.recorder.Stacks(c.everybody(), c.loopID)
	if c.hung = ch.raisedFrom(v, &r, hang{millis(c.plan.Frames.Hang)}, c.stackOfLoop()); c.hung.IsZero() {
		c.recorder.Stacks("", 0)
	} else if c.diary != nil {
		c.diary.Hangs(c.hung)
		c.hungEnd.Store(c.hung.end())
		if c.missed.has(c.hung) { // else settle finds it there
			c.diary.Hangs(EventID{})
		}
	}
}

// tick is called four times a second while frames come or are expected.
func (c *Client) tick() {
	if c.ticks++; c.ticks%ticksPerLook == 1 && c.diary != nil {
		c.diary.Look()
	}
}

// ticksPerLook is how many ticks there are for each look at what memory the program uses.
const ticksPerLook = uint32(time.Second / watch.Tick)

// goesOn tells how long it was.
func (c *Client) goesOn() {
	length := c.beatAt.Load() - c.hungAt
	c.mark(0, blackbox.StateHung)
	c.tellFrame("frames go on", c.frame.Load()-1, length, 0)
	if !c.hung.IsZero() {
		c.recorder.HangOver(c.hung, time.Duration(length))
	}
}

// hang is the error that a hang is reported as.
type hang struct{ after string }

func (h hang) Error() string { return "no frame for " + h.after }

// everybody returns all goroutines as the runtime writes them, the calling one first: 64 KiB of them, or of many as much as it takes until that of the
// frames is there, at most 1 MiB. The world stands still for it, some microseconds for each goroutine: it stands still as it is.
func (c *Client) everybody() string {
	for n := 64 << 10; ; n = 1 << 20 {
		text := make([]byte, n)
		all := unsafe.String(unsafe.SliceData(text), runtime.Stack(text, true))
		if len(all) < n || n > 64<<10 || ascii.Index(all, "\ngoroutine "+strconv.FormatUint(c.loopID, 10)+" ") >= 0 {
			return all
		}
	}
}

// stackOfLoop returns the innermost 32 return addresses of a goroutine that is in the function which called Beat first, innermost
// first; none if there is no such one. They lie in the record, for an heir; the event has the whole stack of everybody. The world stands still for it, some microseconds for each goroutine: it stands still as it is.
func (c *Client) stackOfLoop() []uintptr {
	all := make([]runtime.StackRecord, runtime.NumGoroutine()+16)
	n, ok := runtime.GoroutineProfile(all)
	if !ok {
		return nil
	}
	for i := range all[:n] {
		pcs := all[i].Stack()
		for _, pc := range pcs {
			if f := runtime.FuncForPC(pc - 1); f != nil && f.Entry() == c.loop {
				return pcs
			}
		}
	}
	return nil
}
