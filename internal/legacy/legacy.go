// Package legacy is what a client knows of the file that its run lives in, and nothing of what makes one: a program without a run file links
// none of that.
package legacy

import (
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/recorder"
	"github.com/krunk-go/krunk/internal/sender"
	"github.com/krunk-go/krunk/internal/verdict"
)

// Wish is what a run needs.
type Wish struct {
	Sizes blackbox.Sizes // of the regions; that of the outbox is the least
	Facts blackbox.Facts // but for PID and Boot
	Form  uint8          // Encoding of the entries that this program makes
}

// Run is a run that outlives the program. It is immutable, its functions called from where it says.
type Run struct {
	Block *blackbox.Block // its facts are published
	Kept  blackbox.Kept
	Path  string
	Last  *verdict.Last // nil: no run was before this one
	Hurry time.Duration // that Start waits for what dead runs have left; 0: it does not

	// Build is stack.Fingerprint. It takes its time, so the recorder calls it.
	Build func() (base, print uint64)
	// Heirs returns who goes on with the runs before this one, by a recorder of that configuration. It is called once.
	Heirs func(recorder.Config) sender.Heirs
	// Sync waits until what was captured lies where a power cut does not reach it. It is called by the sender.
	Sync func()
	// Remove takes the run away: nothing of it is left to be sent. Its memory stays.
	Remove func()
}
