package runfile

import (
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/heir"
	"github.com/krunk-go/krunk/internal/legacy"
	"github.com/krunk-go/krunk/internal/recorder"
	"github.com/krunk-go/krunk/internal/runfile"
	"github.com/krunk-go/krunk/internal/sender"
	"github.com/krunk-go/krunk/internal/stack"
)

// begin makes the block of a run over memory that is zero, wherever that lies, and publishes it, unless the player wants none. The build is told once, since an
// update may put another program's file in the place of this one's.
func begin(mem []byte, w *legacy.Wish) (*blackbox.Block, stack.Build) {
	b := blackbox.NewBlock(mem, w.Sizes, rand.Uint64())
	build := build()
	b.Base.Store(build.Base)
	b.Print.Store(build.Print)
	if w.Answer != legacy.Denied {
		b.Publish(&w.Facts)
	}
	return b, build
}

// build tells this build from others. By the places of functions alone one of which only lines were shifted would be taken for it.
func build() stack.Build {
	b := stack.Fingerprint()
	if b.Print != 0 {
		b.Print = (b.Print ^ runfile.Program()) | 1<<63 // never 0
	}
	return b
}

// heirs is legacy.Run.Heirs for the runs of a directory. It counts in foreign how many of them are of another DSN.
func heirs(d heir.Dir, w *legacy.Wish, build stack.Build, foreign *atomic.Int32) func(recorder.Config) *sender.Inheritance {
	return func(cfg recorder.Config) *sender.Inheritance {
		h := heir.New(d, heir.Config{
			Recorder: cfg, Build: build, Target: w.Facts.Texts[blackbox.Target], Form: w.Form, Jitter: time.Duration(rand.Uint64() % uint64(jitter)), Foreign: foreign,
		})
		return sender.Inherit(sender.Heirs{Next: h.Next, Start: h.Start, Wait: h.Wait, List: h.List, Shorten: h.Shorten, Lose: h.Lose, Leave: h.Leave})
	}
}

// waiting says how many runs wait for another DSN, or nothing.
func waiting(foreign *atomic.Int32) string {
	switch n := foreign.Load(); n {
	case 0:
		return ""
	case 1:
		return "; 1 run waits for another DSN, the one it was captured for"
	default:
		return "; " + strconv.Itoa(int(n)) + " runs wait for another DSN, the one they were captured for"
	}
}
