package runfile

import (
	"math/rand/v2"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/heir"
	"github.com/krunk-go/krunk/internal/legacy"
	"github.com/krunk-go/krunk/internal/recorder"
	"github.com/krunk-go/krunk/internal/sender"
	"github.com/krunk-go/krunk/internal/stack"
)

// begin makes the block of a run over memory that is zero, wherever that lies, and publishes it.
func begin(mem []byte, w *legacy.Wish) *blackbox.Block {
	b := blackbox.NewBlock(mem, w.Sizes, rand.Uint64())
	build := stack.Fingerprint()
	b.Base.Store(build.Base)
	b.Print.Store(build.Print)
	b.Publish(&w.Facts)
	return b
}

// heirs is legacy.Run.Heirs for the runs of a directory.
func heirs(d heir.Dir, w *legacy.Wish) func(recorder.Config) *sender.Inheritance {
	return func(cfg recorder.Config) *sender.Inheritance {
		h := heir.New(d, heir.Config{
			Recorder: cfg, Build: stack.Fingerprint, Target: w.Facts.Texts[blackbox.Target], Form: w.Form, Jitter: rand.N(jitter),
		})
		return sender.Inherit(sender.Heirs{Next: h.Next, Start: h.Start, Wait: h.Wait, Lose: h.Lose, Leave: h.Leave})
	}
}
