package krunk

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/ident"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/recorder"
	"github.com/krunk-go/krunk/internal/repeat"
	"github.com/krunk-go/krunk/internal/sender"
	"github.com/krunk-go/krunk/internal/session"
	"github.com/krunk-go/krunk/internal/stack"
	"github.com/krunk-go/krunk/internal/tally"
	"github.com/krunk-go/krunk/internal/text"
	"github.com/krunk-go/krunk/internal/walk"
)

// Version is the version of Krunk.
const Version = "0.1.0"

const sdkName = "krunk.go"

// maxChannels bounds what a mistake such as a channel for each player can cost; further names share the default channel.
const maxChannels = 1024

// repeats counts what was raised, by kind.
type repeats struct {
	_              [0]func() // no code to compare it
	issues, panics *repeat.Table
	plain          atomic.Uintptr // type of the last error that wraps nothing
	types          typeNames
}

// wraps is wraps(err), which depends on the type alone and takes 70 ns, without asking again for the type of a storm.
func (r *repeats) wraps(err error) bool {
	t := typeWord(err)
	if r.plain.Load() == t {
		return false
	}
	if wraps(err) {
		return true
	}
	r.plain.Store(t)
	return false
}

// of returns the counts that events of a type share.
func (r *repeats) of(t record.Type) *repeat.Table {
	if t == record.PanicType {
		return r.panics
	}
	return r.issues
}

// Client captures panics, errors and log records and sends them from the background. Get one from Start and keep it for the
// life of the program. A nil Client does nothing. All methods may be called by any goroutine.
type Client struct {
	// What a capture call touches lies together: in a frame of a game nothing of it is in the processor's caches, and each line of
	// them that is fetched takes as long as a hundred instructions.
	blackBox
	bell   notify.Bell
	sender *sender.Sender // nil without a DSN
	hook   *recorder.Hook // Config.BeforeSend, nil without one; immutable after Start
	stacks
	clock
	ids ident.Source
	registry
	repeats repeats
	own     *Channel // immutable after Start
	uses    recorder.Uses

	losses
	plan     *plan // immutable after Start
	outbox   *blackbox.Outbox
	recorder *recorder.Recorder
	controls gate.Controls
	header   header
	life
}

// blackBox is where records go. It is immutable after Start.
type blackBox struct {
	_       [0]func() // no code to compare it
	ring    *blackbox.Ring
	maxBody int
	guard   blackbox.Guard // nil: it lies on the heap
}

// stacks is what the stack of a capture call is taken with.
type stacks struct {
	_      [0]func()   // no code to compare it
	walker walk.Walker // immutable after Start
	deep   atomic.Bool // the last stack of runtime.Callers filled an array of fewPCs
}

// losses counts what was given up.
type losses struct {
	_           [0]func() // no code to compare it
	tally       *tally.Tally
	windowAt    int64         // when an hour of what rates keep back began; guarded by registry's mu
	historyLost atomic.Uint64 // history records that found no room
	missed      missed
	failures    atomic.Uint64 // events at LevelError or above, also those that a limit refused
}

// registry holds the channels, and the unfinished lines of their writers.
type registry struct {
	parts    parts
	mu       sync.Mutex
	none     []*Channel          // what listed begins with
	channels map[string]*Channel // guarded by mu
	kept     blackbox.Kept       // zero without a run file; Name is guarded by mu
	listed   unsafe.Pointer      // *[]*Channel, atomic; by index; longer by one for every channel, over the same array, written under mu
}

// Start checks cfg, allocates all of Config.Memory that is fixed, and starts two goroutines: one that encodes, and, with a
// DSN, one that sends. The error names every field that is wrong and what to write instead.
func Start(cfg Config) (*Client, error) {
	p, err := cfg.check()
	if err != nil {
		return nil, err
	}
	module := mainModule()
	if p.sessions = p.DSN != "" && !p.NoSessions; p.Release == "" {
		p.Release = defaultRelease(module())
		p.sessions = p.sessions && !strings.HasSuffix(p.Release, "@"+unversioned)
	}
	c := &Client{
		plan: p, hook: p.BeforeSend.hook, clock: clock{start: time.Now()}, stacks: stacks{walker: walk.New()},
		registry: registry{channels: make(map[string]*Channel)},
		uses:     recorder.NewUses(p.shares.changes),
		repeats: repeats{
			issues: repeat.New(p.MaxRepeats, time.Minute, p.shares.kinds), panics: repeat.New(p.Panics.MaxRepeats, time.Hour, p.shares.kinds/4),
		},
	}
	c.ids.Init()
	c.bell.Init()
	c.frames.init(p.Frames)
	atomic.StorePointer(&c.listed, unsafe.Pointer(&c.none))
	block, facts := c.reside(module)
	c.own = c.Channel("default")
	if join := cfg.Sampling.join; join != nil {
		if err := c.steer(join); err != nil {
			return nil, errors.New("krunk: Config.Sampling: " + err.Error())
		}
	}
	if c.outbox != nil {
		c.uses.Attachments.Limit(c.outbox.MaxBody() / 2)
	}
	c.uses.Settle = c.settle
	c.build(block, facts, module)
	c.work()
	if run := c.after.living(); run != nil && run.Hurry > 0 {
		c.Flush(run.Hurry)
	}
	return c, nil
}

// build makes the recorder and, with a DSN, the sender.
func (c *Client) build(block *blackbox.Block, facts *blackbox.Facts, module func() string) {
	p := c.plan
	run := recorder.Run{
		Start: recorder.StartOf(c.start), Channel: c.channelName, Policy: c.controls.Policy,
		SDKName: sdkName, SDKVersion: Version, Release: p.Release, Dist: p.Dist, Environment: p.Environment, TraceID: facts.Trace, SpanID: facts.Span,
	}
	run.Install = c.installID()
	cfg := recorder.Config{
		Block: block, Ring: c.ring, Uses: c.uses, History: block.History(), Outbox: c.outbox, Compress: p.Compress, Bell: &c.bell, Progress: &c.progress, Tally: c.tally,
		Module: module, Stacks: stack.Options{InApp: p.Code.InApp, Cut: p.Code.Wrappers, Memory: p.shares.stacks}, Room: recorder.Room{Scope: p.shares.scope, Item: p.shares.item}, Run: run,
		Bytes: c.controls.Bytes, Untell: c.untell,
	}
	cfg.Hook = c.hook
	var heirs *sender.Inheritance
	var fault func(any) bool
	var sync func()
	if run := c.after.living(); run != nil {
		cfg.Copy, cfg.Guard, cfg.Torn = c.kept.Copy, run.Guard, run.Torn
		sync = run.Sync
		if run.Guard != nil {
			fault = run.Guard.Fault
		}
		cfg.Panics = c.controls.PanicShare
		if p.DSN != "" && run.Heirs != nil {
			heirs = run.Heirs(cfg)
			cfg.Hold = run.Leave == nil // what is saved now and then would lose it
		}
	}
	if p.DSN != "" {
		wake := func() { c.sender.Wake() }
		if p.sessions {
			c.session = &c.sessions
			c.session.Init(session.Config{
				Words: &block.Session, Errors: &c.failures, Run: session.Run{ID: facts.Run, Release: p.Release, Environment: p.Environment},
				Start: run.Start, Now: c.now, Wake: wake,
			})
			c.plays("")
		}
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
			Start: run.Start, Outbox: c.outbox, Heirs: heirs, Session: c.session, Compress: p.Compress, Aloft: p.shares.aloft, Progress: &c.progress, Tally: c.tally, Collect: c.collect, Silence: sender.Silence{Held: &c.say.state, Killed: c.controls.Killed},
			Freed: func() { c.recorder.Freed() }, Fault: fault, Sync: sync,
		})
		cfg.Wake, cfg.Away = wake, c.sender.Away
	}
	c.recorder = recorder.New(cfg)
}

// Channel returns the channel with that name, the same one for every call. Call it after Start: a nil Client has no channels
// but nil, and that one stays mute, so `var net = client.Channel("net")` at package level, which runs before Start, never
// reports anything. Names are letters, digits, _ and -, with dots between parts, and fold to lower case; other characters become
// _. It takes a lock and, the first time, allocates: call it once and keep the result.
func (c *Client) Channel(name string) *Channel {
	if c == nil {
		return nil
	}
	if c.recorder != nil { // before an underscore hides what kind of a name it is
		name = c.recorder.Scrub(name)
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
	old := c.channelList()
	made := new(struct { // one block of memory
		channel Channel
		refused atomic.Uint64
	})
	ch := &made.channel
	*ch = Channel{client: unsafe.Pointer(c), name: name, index: uint16(len(old)), state: gate.NewChannel(name), refused: &made.refused}
	ch.gate = ch.state.Gate()
	denied := c.denied()
	ch.gate.Shut(denied)
	if h := c.controls.Hooks(); h != nil {
		h.Adopt(h.Owner, ch.state)
	} else if !c.closed.Load() {
		ch.gate.Set(c.plan.levels.of(name))
	}
	if c.kept.Name != nil && !denied {
		c.keepName(name)
	}
	listed := append(old, ch) // who reads the shorter slice never looks behind its end
	atomic.StorePointer(&c.listed, unsafe.Pointer(&listed))
	c.channels[name] = ch
	return ch
}

// channelList is all channels by their number, immutable.
func (c *Client) channelList() []*Channel { return *(*[]*Channel)(atomic.LoadPointer(&c.listed)) }

// channelName returns the name of a channel by its number.
func (c *Client) channelName(i uint16) string {
	if list := c.channelList(); int(i) < len(list) {
		return list[i].name
	}
	return ""
}

// keepName is Kept.Name. The caller holds mu.
func (c *Client) keepName(name string) {
	if c.guard != nil {
		defer c.letGo(c.guard.Hold())
	}
	c.kept.Name(name)
}

// letGo ends a Hold of the guard: a fault in the block in between has cost what the caller was at, and nothing else.
func (c *Client) letGo(was bool) {
	if v := recover(); v != nil && !c.guard.Fault(v) {
		c.guard.Let(was)
		panic(v)
	}
	c.guard.Let(was)
}

// untell takes note of an event that the recorder does not send; see repeat.Table.Untell.
func (c *Client) untell(t record.Type, place uint16, suppressed uint32) {
	c.repeats.of(t).Untell(place, suppressed)
}

// failed counts what makes a session unhealthy.
//
//go:noinline
func (c *Client) failed(n uint64) {
	if n := c.failures.Add(n); c.diary != nil {
		c.noteFailed(n)
	}
}

// noteFailed is not in line, so that failed is.
//
//go:noinline
func (c *Client) noteFailed(n uint64) { c.diary.Failed(n) }

// mark sets bits of the run's state, blackbox.StateBackground and so on, and clears others.
//
//go:noinline
func (c *Client) mark(set, clear uint64) {
	if c.diary != nil {
		c.diary.Mark(set, clear)
	}
}

// lost counts a record of n bytes that the ring did not get.
//
//go:noinline
func (c *Client) lost(why protocol.Reason, h *record.Head, n int) {
	if c.guard != nil {
		defer c.letGo(c.guard.Hold())
	}
	switch {
	case h.Flags&record.FlagFeedback != 0 && h.Type != record.PanicType:
		c.tally.Add(why, protocol.CategoryFeedback, 1)
	case h.Flags&record.FlagID != 0:
		c.tally.Add(why, protocol.CategoryError, 1)
	}
	if h.Flags&record.FlagSend != 0 {
		c.tally.Add(why, protocol.CategoryLogItem, 1)
		c.tally.Add(why, protocol.CategoryLogByte, uint64(n))
	}
	if h.Flags&(record.FlagID|record.FlagSend) == 0 && h.Type < record.SetTag {
		c.historyLost.Add(1)
	}
}
