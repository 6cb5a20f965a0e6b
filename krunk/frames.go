package krunk

import (
	"math"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/record"
)

// Frames says what is too long for a frame. Both are about games that call Client.Beat.
type Frames struct {
	// Hang is how long no Beat may come before that is reported as an event of the channel "frames", with the stack of the goroutine
	// that called Beat first, and up to 32 others as threads; when frames go on, a breadcrumb tells how long it was. With a run file of package
	// runfile's In or With the event is sent when frames go on, with that length (hang_ms), at Flush and Close, or by the next start, as the
	// fatal one of which this run died. Without one it is sent at once. What lies between
	// Client.Pause and Client.Resume does not count, nor does the background (Client.Foreground) and the time in which the process was stopped. It is
	// looked for four times a second.
	// Zero: 5 s. Negative: never. The least is 1 s.
	Hang time.Duration
	// Slow is the length of a frame from which on it leaves a breadcrumb of the channel "frames", and the next event tells how many
	// there were. Zero: frames leave none.
	Slow time.Duration
}

const (
	defaultHang = 5 * time.Second
	leastHang   = time.Second
)

func (f *Frames) check(faults *faults) {
	switch {
	case f.Hang == 0:
		f.Hang = defaultHang
	case f.Hang > 0 && f.Hang < leastHang:
		faults.say("Frames.Hang", millis(f.Hang)+"; write at least 1s, or -1 for no hangs")
	}
	if f.Slow < 0 {
		faults.say("Frames.Slow", millis(f.Slow)+"; write how long a slow frame is, or 0 for none")
	}
}

// millis returns d as a text without the formatting of package time, which is 1 KiB of every program.
//
//go:noinline
func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) + " ms" }

// frames is what Beat needs. It begins with what it touches each time.
type frames struct {
	_        [0]func() // no code to compare it
	frame    atomic.Uint32
	resumed  atomic.Uint32  // 1 + frame in which Pause or Resume was called: it may be as long as it likes
	beatAt   atomic.Int64   // nanoseconds since Start
	slow     int64          // length of a slow frame, immutable after Start
	diary    blackbox.Diary // of the run file, nil: there is none; immutable after Start
	watchdog notify.Bell    // wakes it
	paused   atomic.Bool
	away     atomic.Bool    // in the background
	about    unsafe.Pointer // *Channel, atomic; what is said about frames, nil before the first one
	loop     uintptr        // entry of the function that called Beat first, immutable after that
	loopID   uint64         // number of the goroutine that called it, immutable after that
	hungAt   int64          // owned by the watchdog: the last beat before the hang
	hung     EventID        // owned by the watchdog: the event of the newest hang, zero if it has none
	hungEnd  atomic.Uint32  // the end of its id, once the diary has it
	ticks    uint32         // owned by the watchdog
}

// init says what is too long.
func (s *frames) init(f Frames) {
	s.watchdog.Init()
	if s.slow = int64(f.Slow); f.Slow == 0 {
		s.slow = math.MaxInt64
	}
}

// Beat says that a frame of the game loop begins. Every record carries the number of its frame and how far into it the
// record was made. The first call starts the watchdog of Config.Frames.Hang: where no further frames come for a while, call Pause. One
// clock reading, two atomic changes and a look at the watchdog's bell; it never blocks and does not allocate, but for the first call.
func (c *Client) Beat() {
	if c == nil {
		return
	}
	now := c.now()
	last := c.beatAt.Swap(now)
	n := c.frame.Add(1)
	if c.diary != nil {
		c.diary.Beat(n, now)
	}
	if n == 1 {
		c.beganFrames()
	} else if now-last >= c.slow {
		c.slowFrame(n-1, now-last)
	}
	c.watchdog.Ring()
}

// Pause says that no Beat is expected until Resume: the game loads, shows a menu without frames, or is in the background. It never
// blocks and does not allocate.
func (c *Client) Pause() {
	if c != nil {
		c.expect(&c.paused, true)
	}
}

// Resume ends what Pause began. The frame in which either was called counts neither as slow nor as a hang.
func (c *Client) Resume() {
	if c != nil {
		c.expect(&c.paused, false)
	}
}

// Foreground says whether the game is to be seen; it is when it starts. In the background no Beat is expected, and being killed there is
// what phones do, and no crash (see LastRun). More than 30 s there end the session when they began; another one begins with the return. It never blocks and does not allocate.
func (c *Client) Foreground(on bool) {
	switch {
	case c == nil:
	case on:
		c.mark(0, blackbox.StateBackground)
		c.session.Foreground(c.now())
		c.expect(&c.away, false)
	default:
		c.mark(blackbox.StateBackground, 0)
		c.session.Background(c.now())
		c.expect(&c.away, true)
	}
}

// expect says in one of two ways whether no beats are expected.
func (c *Client) expect(none *atomic.Bool, on bool) {
	c.resumed.Store(c.frame.Load() + 1)
	none.Store(on)
	c.watchdog.Call()
	if on && c.sender != nil {
		c.sender.Keep()
	}
}

// beganFrames starts the watchdog. It is called by Beat alone.
//
//go:noinline
func (c *Client) beganFrames() {
	if c.closed.Load() {
		return
	}
	atomic.StorePointer(&c.about, unsafe.Pointer(c.Channel("frames")))
	if c.plan.Frames.Hang < 0 {
		return
	}
	c.loopID = c.header.goroutine()
	var pc [1]uintptr
	runtime.Callers(3, pc[:])
	if f := runtime.FuncForPC(pc[0] - 1); f != nil {
		c.loop = f.Entry()
	}
	go c.watch()
}

// slowFrame leaves a breadcrumb.
//
//go:noinline
func (c *Client) slowFrame(frame uint32, took int64) {
	if c.resumed.Load() != frame+1 {
		c.tellFrame("slow frame", frame, took, record.FlagSlow)
	}
}

// tellFrame leaves a breadcrumb about a frame that is over.
func (c *Client) tellFrame(what string, frame uint32, took int64, flag uint16) {
	ch := (*Channel)(atomic.LoadPointer(&c.about))
	if ch == nil || ch.gate.Decide(gate.LevelWarn)&gate.Trail == 0 {
		return
	}
	attrs := [2]Attr{Duration("length", time.Duration(took)), Int("of_frame", int(frame))}
	var r capture
	r.Type, r.Level, r.PPM, r.Flags, r.text, r.attrs = record.LogType, int16(LevelWarn), gate.Million, flag, what, attrs[:]
	ch.note(gate.Trail, &r, nil)
}
