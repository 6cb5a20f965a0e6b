// Package heir goes on with what dead runs have left: the recorder's own code continues where that of the dead run stopped, into the dead
// run's outbox, from which the sender sends. One goroutine owns it, the sender's.
package heir

import (
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/recorder"
	"github.com/krunk-go/krunk/internal/stack"
)

// Left is a dead run as its directory tells of it.
type Left struct {
	_     [0]func() // no code to compare it
	Name  string
	Ended int64 // Unix nanoseconds: when it wrote last
	Size  int64 // bytes that it takes
}

// Dir is where runs are kept. What it returns is input from outside.
type Dir interface {
	// List returns the runs there, the one that began first in front; this one is not among them.
	List() []Left
	// Claim takes a dead run, which nobody else has then. It fails for one that lives or that another program goes on with.
	Claim(name string) (File, error)
	// Rule tells how many bytes all runs may take, this one not counted, and how many nanoseconds old they may become.
	Rule() (bytes, age int64)
}

// File is a claimed run.
type File interface {
	Bytes() []byte        // its block and what lies behind; nobody may use them after Close
	Ended() int64         // see Left
	Text(from int) string // what the runtime wrote behind that many bytes, as far as somebody reads it
	Sync()                // waits until what was stored outlasts a power cut
	Move(f func())        // calls f, which moves what stands in Bytes: nobody may copy them meanwhile
	Cut(size int)         // nobody needs what lies behind that many bytes: it takes no room any more
	Remove()              // no other start finds it any more
	Close()               // lets go of it
}

// Config is what a dead run is gone on with.
type Config struct {
	Recorder recorder.Config // see recorder.Continue
	Build    stack.Build     // of this program
	Target   string          // of this program: a run that was captured for another one is left to its age
	Form     uint8           // Encoding of entries that this program can send, beside 0
	Jitter   time.Duration   // how long a run without a crash waits
	Foreign  *atomic.Int32   // runs that were captured for another target, as they were found
}

// Heirs is all dead runs of a directory. It is owned by the sender's goroutine, and its methods are those of sender.Heirs.
type Heirs struct {
	dir     Dir
	cfg     Config
	crashed []string // the one that began first in front
	rest    []string // likewise
	due     time.Time
	formats time.Time // until then lines wait for who brings their format
	listed  bool
	over    bool // Leave was called
	hand    *estate
}

// New returns what goes on with the dead runs of a directory. It does nothing before the first Next.
func New(dir Dir, cfg Config) *Heirs {
	return &Heirs{dir: dir, cfg: cfg}
}

// Next is sender.Heirs.Next.
func (h *Heirs) Next(rest, all bool) *blackbox.Outbox {
	if h.over {
		return nil
	}
	h.List()
	if all {
		h.due, h.formats = time.Time{}, time.Time{}
	}
	for h.hand != nil || h.open(rest) {
		if h.early() > 0 {
			return nil
		}
		if h.hand.next(h.cfg.Form) {
			return h.hand.outbox
		}
		h.hand.end()
		h.hand = nil
	}
	return nil
}

// Start is sender.Heirs.Start.
func (h *Heirs) Start() int64 {
	if h.hand == nil {
		return 0
	}
	return h.hand.start
}

// Wait is sender.Heirs.Wait.
func (h *Heirs) Wait() time.Duration {
	if h.over || h.hand != nil || len(h.rest) == 0 || h.due.IsZero() {
		return h.early()
	}
	return max(time.Until(h.due), 0)
}

// patience is how long a run whose lines nobody can read yet waits: it is found while the program starts, and its loggers are made after the client.
const patience = time.Second

// early returns how long the run at hand still waits for that.
func (h *Heirs) early() time.Duration {
	if e := h.hand; e == nil || e.through || !e.rec.Strange() {
		return 0
	}
	return max(time.Until(h.formats), 0)
}

// Shorten is sender.Heirs.Shorten.
func (h *Heirs) Shorten() {
	if e := h.hand; e != nil && e.through && e.size == 0 {
		e.cut()
	}
}

// Leave is sender.Heirs.Leave.
func (h *Heirs) Leave() {
	h.over = true
	h.Lose()
}

// Lose lets go of the run at hand, which stays for another start.
func (h *Heirs) Lose() {
	if e := h.hand; e != nil {
		h.hand = nil
		e.file.Close()
	}
}

// List is sender.Heirs.List.
func (h *Heirs) List() {
	if !h.listed && !h.over {
		h.list()
	}
}

// list looks at every run once: one that has a crash is taken up at once, the newest first, others later, so that a fleet that comes
// back does not come in one second. What is too old, and what takes too much room, goes.
func (h *Heirs) list() {
	h.listed, h.formats = true, time.Now().Add(patience)
	runs := h.dir.List()
	bytes, age := h.dir.Rule()
	oldest := time.Now().UnixNano() - age
	total := int64(0)
	states := make([]state, len(runs))
	for i := range runs {
		run, s := &runs[i], &states[i]
		if *s = h.peek(run); *s == unreadable || run.Ended < oldest && *s != busy {
			h.giveUp(run.Name)
			*s = gone
			continue
		}
		total += run.Size
	}
	for i := range runs { // before any goes, what only going on with it needs
		if total > bytes && states[i] >= quiet {
			total -= h.shrink(&runs[i])
		}
	}
	for _, worth := range [...]state{quiet, crash} { // a crash goes last
		for i, run := range runs {
			if s := &states[i]; total > bytes && (*s == worth || *s == foreign) {
				h.giveUp(run.Name)
				total -= run.Size
				*s = gone
			}
		}
	}
	for i, run := range runs {
		switch states[i] {
		case foreign:
			if h.cfg.Foreign != nil {
				h.cfg.Foreign.Add(1)
			}
		case crash:
			h.crashed = append(h.crashed, run.Name)
		case quiet:
			h.rest = append(h.rest, run.Name)
		}
	}
	if len(h.rest) > 0 && h.cfg.Jitter > 0 {
		h.due = time.Now().Add(h.cfg.Jitter)
	}
}

// shrink goes on with a run as far as its outbox has room, which lets it take less, and returns how many bytes less that is.
func (h *Heirs) shrink(run *Left) (less int64) {
	var e *estate
	defer func() {
		if recover() != nil && e != nil { // its turn comes
			e.file.Close()
		}
	}()
	if e = h.claim(run.Name); e == nil {
		return 0
	}
	waits := e.next(h.cfg.Form)
	switch {
	case !waits:
		less = run.Size
		e.end()
	case e.through:
		if e.size == 0 {
			e.cut()
		}
		less = max(run.Size-int64(e.size), 0)
		fallthrough
	default:
		e.file.Close()
	}
	run.Size -= less
	return less
}

// open takes up the next run, or reports false.
func (h *Heirs) open(rest bool) bool {
	for {
		var name string
		switch n := len(h.crashed); {
		case n > 0:
			name, h.crashed = h.crashed[n-1], h.crashed[:n-1]
		case rest && len(h.rest) > 0 && !time.Now().Before(h.due):
			name, h.rest = h.rest[0], h.rest[1:]
		default:
			return false
		}
		if h.hand = h.claim(name); h.hand != nil {
			return true
		}
	}
}

// lost counts what a run held that nobody sends any more.
func (h *Heirs) lost(why protocol.Reason, events, logs uint64) {
	t := h.cfg.Recorder.Tally
	t.Add(why, protocol.CategoryError, events)
	t.Add(why, protocol.CategoryLogItem, logs)
}
