package krunk

import (
	"math/rand/v2"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/ident"
	"github.com/krunk-go/krunk/internal/recorder"
	"github.com/krunk-go/krunk/internal/tally"
)

// runFile is how package runfile gives a client memory that outlives the program. What only it needs is reached through it alone, so that a
// program without one links none of that.
type runFile interface {
	// Create returns a block of those sizes over memory that is all zero, with its facts published (blackbox.NewBlock, Block.Publish), and
	// its Kept. After an error the client stays on the heap.
	Create(sizes blackbox.Sizes, facts *blackbox.Facts) (*blackbox.Block, blackbox.Kept, error)
	// Build is stack.Fingerprint.
	Build() (base, print uint64)
}

// namesSize is what the names of channels take in a run file; records of channels behind them say none.
const namesSize = 8 << 10

// reside gives the client its block and makes the regions that it writes itself.
func (c *Client) reside(module func() string) (*blackbox.Block, *blackbox.Facts) {
	p := c.plan
	f := &blackbox.Facts{Start: c.start.UnixNano(), Trace: ident.New()}
	id := ident.New()
	copy(f.Span[:], id[8:])
	sizes := p.shares.sizes(p.DSN != "")
	block := c.fromFile(sizes, f, module)
	if block == nil {
		block = blackbox.NewBlock(blackbox.Words(sizes.Total()), sizes, rand.Uint64())
	}
	c.tally = tally.At(block.At(blackbox.TallyRegion))
	c.ring = blackbox.NewRing(block.At(blackbox.RingRegion), block.Key())
	c.maxBody = c.ring.MaxBody()
	c.outbox = block.Outbox()
	return block, f
}

// fromFile returns a block that outlives the program, with what a heir has to know of the run, or nil.
func (c *Client) fromFile(sizes blackbox.Sizes, f *blackbox.Facts, module func() string) *blackbox.Block {
	p := c.plan
	if p.runFile == nil {
		return nil
	}
	f.Run = ident.New()
	f.Texts = [...]string{
		blackbox.Release: p.Release, blackbox.Dist: p.Dist, blackbox.Environment: p.Environment, blackbox.Module: module(),
		blackbox.GoVersion: recorder.GoVersion(), blackbox.SDK: Version, blackbox.Target: p.DSN,
	}
	sizes[blackbox.FactsRegion], sizes[blackbox.NamesRegion] = blackbox.FactsSize, namesSize
	sizes[blackbox.ScopeRegion] = recorder.CopiesSize(p.shares.scope)
	block, kept, err := p.runFile.Create(sizes, f)
	if err != nil {
		return nil
	}
	c.kept = kept
	return block
}
