// Package legacy is what a client knows of the file that its run lives in, and nothing of what makes one: a program without a run file links
// none of that.
package legacy

import (
	"strconv"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/ident"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/recorder"
	"github.com/krunk-go/krunk/internal/sender"
	"github.com/krunk-go/krunk/internal/verdict"
	"github.com/krunk-go/krunk/transport"
)

// Wish is what a run needs. Complete fills in what follows from the rest.
type Wish struct {
	Sizes blackbox.Sizes // of the regions; that of the outbox is the least
	Facts blackbox.Facts // but for PID and Boot
	Form  uint8          // Encoding of the entries that this program makes

	// Answer is what the player says to reports where nothing else is kept. Open makes it what holds.
	Answer uint8

	DSN      *protocol.DSN // nil: nothing is sent
	Scope    int           // bytes of the scope at most
	Compress transport.Compressor
}

// namesSize is what the names of channels take in a run file; records of channels behind them say none.
const namesSize = 8 << 10

// Complete makes the ids of the run and of its crash, and says what a heir has to know of the program. It is called by who opens the
// run.
func (w *Wish) Complete() {
	f := &w.Facts
	f.Crash = ident.New()
	f.Texts[blackbox.GoVersion], f.Texts[blackbox.Target] = recorder.GoVersion(), target(w.DSN)
	w.Sizes[blackbox.FactsRegion], w.Sizes[blackbox.NamesRegion] = blackbox.FactsSize, namesSize
	w.Sizes[blackbox.ScopeRegion] = recorder.CopiesSize(w.Scope)
	if w.Compress != nil {
		w.Form, _, _ = w.Compress.Form()
	}
}

// target returns what tells one project on a server from all others, without the key; "" for none.
func target(dsn *protocol.DSN) string {
	if dsn == nil {
		return ""
	}
	hash := uint64(0xcbf29ce484222325) // FNV-1a
	for _, b := range []byte(dsn.String()) {
		hash = (hash ^ uint64(b)) * 0x100000001b3
	}
	return strconv.FormatUint(hash, 16)
}

// The answers of a player, as krunk.Consent has them.
const (
	Granted uint8 = iota
	Ask
	Denied
)

// Player is what a run does when the player has answered. Nil functions have nothing to do.
type Player struct {
	// Keep keeps the answer for the next start; Ask is none.
	Keep func(answer uint8) error
	// Silence removes what the player does not want to be there: the files of dead runs that nobody else holds, the install id, and what
	// was known of the last run. The runtime writes nothing any more when the program dies. The block was unpublished before.
	Silence func()
	// Speak makes another install id, which it returns, "" if it cannot be kept, and publishes the block anew.
	Speak func() (install string)
}

// Keeper makes the memory of runs: see Maker, whose type would lead to all that a run has, 3 KiB of descriptors in a program without one. An
// interface would lead from a run to time.Time, whose methods would all be linked.
type Keeper struct {
	maker unsafe.Pointer // *Maker, immutable
}

// Keep returns the Keeper that calls m.
func Keep(m Maker) *Keeper { return &Keeper{maker: unsafe.Pointer(&m)} }

// Check is Maker.Check.
func (k *Keeper) Check(memory int) error { return (*Maker)(k.maker).Check(memory) }

// Open is Maker.Open.
func (k *Keeper) Open(w *Wish) (*Run, error) { return (*Maker)(k.maker).Open(w) }

// Maker is how a Keeper makes the memory of runs.
type Maker struct {
	// Check says what is wrong with how the Keeper was made, or with so much memory, and what to write instead. It is called by Start, which
	// fails then.
	Check func(memory int) error
	// Open makes the memory of one run. It is called by Start. After an error the client lives on the heap, and Stats.RunFile says why.
	Open func(*Wish) (*Run, error)
}

// Run is a run that outlives the program. It is immutable, its functions called from where it says.
type Run struct {
	Block *blackbox.Block // its facts are published
	Kept  blackbox.Kept
	Path  string
	Guard blackbox.Guard // nil: nothing can take the block away
	Torn  func(r *recorder.Recorder, v any) bool
	Last  *verdict.Last // nil: no run was before this one
	Hurry time.Duration // that Start waits for what dead runs have left; 0: it does not

	// Install is the random id of this installation, "" if it cannot be kept.
	Install string

	Player Player

	// Heirs returns who goes on with the runs before this one, by a recorder of that configuration. It is called once.
	Heirs func(recorder.Config) *sender.Inheritance
	// State says what is to be known of the runs that are kept, "" if there is nothing; nil: there never is.
	State func() string
	// Sync waits until what was captured lies where a power cut does not reach it. It is called by the sender.
	Sync func()
	// Leave keeps the run as it is for the next start, where the memory alone does not do that; nil: it does. It is called as the client closes
	// and before the program dies.
	Leave func()
	// Remove takes the run away: nothing of it is left to be sent. Its memory stays.
	Remove func()
}
