package krunk

import (
	"math/rand/v2"
	"sync/atomic"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/ident"
	"github.com/krunk-go/krunk/internal/legacy"
	"github.com/krunk-go/krunk/internal/tally"
)

// RunFile gives a Client memory that outlives the program; make one with package runfile. What only it needs is reached through it
// alone, so that a program without one links none of that. Nil: there is none.
type RunFile = *legacy.Keeper

// afterlife is what of a run outlives the program.
type afterlife struct {
	_   [0]func()      // no code to compare it
	run unsafe.Pointer // *legacy.Run, whose type leads to what only a run file needs; nil without one
	why string         // its path, or why there is none; "" if none was asked for
}

// living is the run that outlives the program, nil if none does.
func (a *afterlife) living() *legacy.Run { return (*legacy.Run)(a.run) }

// reside gives the client its block and makes the regions that it writes itself.
func (c *Client) reside(module func() string) (*blackbox.Block, *blackbox.Facts) {
	p := c.plan
	c.say.state.Store(uint32(p.Consent))
	f := &blackbox.Facts{Start: c.start.UnixNano(), Trace: ident.New()}
	c.ids.Take(&f.Run)
	var id [16]byte
	c.ids.Take(&id)
	copy(f.Span[:], id[8:])
	sizes := p.shares.sizes(p.DSN != "")
	block := c.fromFile(sizes, f, module)
	if block == nil {
		block = blackbox.NewHeap(sizes, rand.Uint64())
	}
	c.tally = tally.At(block.At(blackbox.TallyRegion))
	c.ring = block.Ring()
	c.maxBody = c.ring.MaxBody()
	c.outbox = block.Outbox()
	return block, f
}

// fromFile returns a block that outlives the program, with what a heir has to know of the run, or nil.
func (c *Client) fromFile(sizes blackbox.Sizes, f *blackbox.Facts, module func() string) *blackbox.Block {
	p := c.plan
	if p.RunFile == nil {
		return nil
	}
	sizes[blackbox.ReplayRegion] = p.shares.replay
	w := legacy.Wish{Sizes: sizes, Facts: *f, Scope: p.shares.scope, Compress: p.Compress, Answer: uint8(p.Consent)}
	w.Facts.Texts = [blackbox.FactTexts]string{
		blackbox.Release: p.Release, blackbox.Dist: p.Dist, blackbox.Environment: p.Environment, blackbox.Module: module(), blackbox.SDK: Version,
		blackbox.Target: "",
	}
	if p.DSN != "" {
		w.DSN = &p.dsn
	}
	run, err := p.RunFile.Open(&w)
	c.say.state.Store(uint32(w.Answer))
	if err != nil {
		c.after.why = err.Error()
		return nil
	}
	c.after.run, c.after.why = unsafe.Pointer(run), run.Path
	atomic.StorePointer(&c.say.install, unsafe.Pointer(&run.Install))
	c.kept, c.diary, c.guard = run.Kept, run.Kept.Diary, run.Guard
	return run.Block
}
