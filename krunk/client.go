package krunk

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/ident"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/recorder"
	"github.com/krunk-go/krunk/internal/sender"
	"github.com/krunk-go/krunk/internal/stack"
	"github.com/krunk-go/krunk/internal/tally"
	"github.com/krunk-go/krunk/internal/text"
	"github.com/krunk-go/krunk/sampling"
)

// Version is the version of Krunk.
const Version = "0.1.0"

const sdkName = "krunk.go"

// maxChannels bounds what a mistake such as a channel for each player can cost; further names share the default channel.
const maxChannels = 1024

// Client captures panics, errors and log records and sends them from the background. Get one from Start and keep it for the
// life of the program. A nil Client does nothing. All methods may be called by any goroutine.
type Client struct {
	ring    *blackbox.Ring
	bell    *notify.Bell
	tally   *tally.Tally
	ids     ident.Pool
	changes *recorder.Changes
	start   time.Time // immutable after Start
	maxBody int       // immutable after Start
	own     *Channel  // immutable after Start
	direct  *Channel  // own as Client.Report calls it, one frame deeper; immutable after Start
	frame   atomic.Uint32
	beatAt  atomic.Int64
	closed  atomic.Bool
	history atomic.Uint64 // history records that found no room

	plan      *plan // immutable after Start
	outbox    *blackbox.Outbox
	recorder  *recorder.Recorder
	sender    *sender.Sender // nil without a DSN
	stop      chan struct{}  // closed by Close
	done      sync.WaitGroup
	control   atomic.Pointer[control] // nil until Sampling or Attach
	closing   sync.Once
	delivered bool // immutable after closing

	mu       sync.Mutex
	channels map[string]*Channel      // guarded by mu
	names    atomic.Pointer[[]string] // by index; a new slice for every channel, written under mu
}

// Start checks cfg, allocates all of Config.Memory that is fixed, and starts two goroutines: one that encodes, and, with a
// DSN, one that sends. The error names every field that is wrong and what to write instead.
func Start(cfg Config) (*Client, error) {
	p, err := cfg.check()
	if err != nil {
		return nil, err
	}
	c := &Client{
		plan: p, start: time.Now(), bell: notify.NewBell(), tally: new(tally.Tally), channels: make(map[string]*Channel),
		changes: recorder.NewChanges(max(p.Memory/32, 8<<10)),
	}
	c.names.Store(new([]string))
	history := p.Memory / 16
	size := p.ring() + history
	if p.DSN != "" {
		size += p.Memory / 8 * 3
	}
	block := blackbox.Words(size)
	c.ring = blackbox.NewRing(block[:p.ring():p.ring()])
	c.maxBody = c.ring.MaxBody()
	if p.DSN != "" {
		c.outbox = blackbox.NewOutbox(block[p.ring()+history:])
	}
	c.own = c.Channel("default")
	direct := *c.own
	direct.frames, c.direct = 1, &direct
	c.stop = make(chan struct{})
	c.run(blackbox.NewHistoryBuffer(block[p.ring():p.ring()+history]), caller())
	return c, nil
}

// run starts the two goroutines.
func (c *Client) run(history *blackbox.HistoryBuffer, module string) {
	p := c.plan
	run := recorder.Run{
		Start: recorder.StartOf(c.start), Channel: c.channelName, Policy: c.policy,
		SDKName: sdkName, SDKVersion: Version, Release: p.Release, Dist: p.Dist, Environment: p.Environment, TraceID: ident.New(),
	}
	id := ident.New()
	copy(run.SpanID[:], id[8:])
	progress := new(notify.Signal)
	cfg := recorder.Config{
		Ring: c.ring, Changes: c.changes, Scope: p.Memory / 32 * 3, History: history, Outbox: c.outbox, Bell: c.bell, Progress: progress, Tally: c.tally, IDs: &c.ids,
		Stacks: stack.Options{MainModule: module, InApp: p.Code.InApp, Cut: p.Code.Wrappers}, Run: run,
		Repeat: p.MaxRepeats, PanicRepeat: p.MaxPanicRepeats, Bytes: c.bytesPerHour,
	}
	if p.DSN != "" {
		url := p.Tunnel
		if url == "" {
			url = p.dsn.EnvelopeURL()
		}
		c.sender = sender.New(sender.Config{
			Transport: p.Transport, URL: url, Auth: p.dsn.Auth(sdkName + "/" + Version), UserAgent: sdkName + "/" + Version,
			Header: protocol.Header{
				DSN: p.dsn.String(), SDKName: sdkName, SDKVersion: Version, TraceID: text.Hex(run.TraceID[:]),
				PublicKey: p.dsn.PublicKey, Release: p.Release, Environment: p.Environment,
			},
			Outbox: c.outbox, Progress: progress, Tally: c.tally, Collect: c.collect, Killed: c.killed,
			Freed: func() { c.recorder.Freed() },
		})
		cfg.Wake, cfg.Away = c.sender.Wake, c.sender.Away
	}
	c.recorder = recorder.New(cfg)
	c.done.Go(func() { c.recorder.Work(c.stop) })
	if c.sender != nil {
		c.done.Go(c.sender.Work)
	}
}

// caller returns the main module's path; it is called by Start alone.
func caller() string {
	pc, file, _, _ := runtime.Caller(2)
	if fn := runtime.FuncForPC(pc); fn != nil {
		return mainModule(fn.Name(), file)
	}
	return mainModule("", file)
}

// Channel returns the channel with that name, the same one for every call. Names are letters, digits, _ and -, with dots
// between parts, and fold to lower case; other characters become _. It takes a lock and, the first time, allocates: call it
// once and keep the result.
func (c *Client) Channel(name string) *Channel {
	if c == nil {
		return nil
	}
	name = channelName(name)
	c.mu.Lock()
	defer c.mu.Unlock()
	if ch, ok := c.channels[name]; ok {
		return ch
	}
	if len(c.channels) == maxChannels {
		return c.own
	}
	old := *c.names.Load()
	names := append(old[:len(old):len(old)], name)
	ch := &Channel{client: c, name: name, index: uint16(len(old)), state: sampling.NewChannel(name), refused: new(atomic.Uint64)}
	ch.gate = ch.state.Gate()
	if ctl := c.control.Load(); ctl != nil {
		ctl.adopt(ch.state)
	} else if !c.closed.Load() {
		ch.gate.Set(sampling.Thresholds(c.plan.levels.of(name)))
	}
	c.names.Store(&names)
	c.channels[name] = ch
	return ch
}

// channelName returns the name of a channel by its number.
func (c *Client) channelName(i uint16) string {
	if names := *c.names.Load(); int(i) < len(names) {
		return names[i]
	}
	return ""
}

// Flush waits until everything that was captured before the call was delivered or counted as dropped, for at most d. It
// reports false when the time ran out. A pause after a failed attempt ends early.
func (c *Client) Flush(d time.Duration) bool {
	if c == nil {
		return true
	}
	timeout := make(chan struct{})
	t := time.AfterFunc(d, func() { close(timeout) })
	defer t.Stop()
	if !c.recorder.Flush(timeout, c.ring.Head()) {
		return false
	}
	return c.sender == nil || c.sender.Flush(timeout)
}

// Close stops capturing, flushes for at most d, and ends both goroutines; it reports what Flush reported. Later calls of any
// method do nothing, and Close reports the same again. A transport that does not return when its context ends is left behind,
// and so is a controller's storage that takes longer than d.
func (c *Client) Close(d time.Duration) bool {
	if c == nil {
		return true
	}
	c.closing.Do(func() {
		deadline := time.Now().Add(d)
		stored := c.shut()
		c.delivered = c.Flush(d)
		await(stored, time.Until(deadline))
		close(c.stop)
		if c.sender != nil {
			c.sender.Stop()
		}
		ended := make(chan struct{})
		go func() {
			c.done.Wait()
			close(ended)
		}()
		await(ended, closeGrace)
	})
	return c.delivered
}

// shut closes the gates and the controller. The channel that it returns is closed when the controller has stored its policy,
// which may take as long as the game's storage does: nothing waits for that with c.mu held.
func (c *Client) shut() <-chan struct{} {
	c.mu.Lock()
	c.closed.Store(true)
	ctl := c.control.Load()
	for _, ch := range c.channels {
		ch.gate.Set(sampling.Thresholds{Trail: sampling.LevelOff, Send: sampling.LevelOff, Issue: sampling.LevelOff})
	}
	c.mu.Unlock()
	stored := make(chan struct{})
	if ctl == nil {
		close(stored)
		return stored
	}
	go func() {
		ctl.close() // shuts the gates again: a policy may have come in between
		close(stored)
	}()
	return stored
}

// await waits until done is closed, for at most d.
func await(done <-chan struct{}, d time.Duration) {
	limit := notify.NewAlarm()
	limit.Set(max(d, 0))
	defer limit.Stop()
	select {
	case <-done:
	case <-limit.C():
	}
}

// closeGrace is what a transport has to return in after its context ended.
const closeGrace = 100 * time.Millisecond

// now returns the nanoseconds since Start: half the price of the wall clock, and it never jumps.
func (c *Client) now() int64 { return int64(time.Since(c.start)) }

// stamp notes time and frame.
func (c *Client) stamp(h *record.Head) {
	h.Time = c.now()
	if f := c.frame.Load(); f > 0 {
		h.Frame = f
		h.Since = uint32(min(max(h.Time-c.beatAt.Load(), 0)/1000, 1<<32-1))
	}
}

// lost counts a record that found no room in the ring.
func (c *Client) lost(h *record.Head, n int) {
	if h.Flags&record.FlagID != 0 {
		c.tally.Add(protocol.ReasonQueueOverflow, protocol.CategoryError, 1)
	}
	if h.Flags&record.FlagSend != 0 {
		c.tally.Add(protocol.ReasonQueueOverflow, protocol.CategoryLogItem, 1)
		c.tally.Add(protocol.ReasonQueueOverflow, protocol.CategoryLogByte, uint64(n))
	}
	if h.Flags&(record.FlagID|record.FlagSend) == 0 {
		c.history.Add(1)
	}
}
