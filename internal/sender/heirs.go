package sender

import (
	"bytes"
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/protocol"
)

// Heirs goes on with what dead runs have left, one run at a time. Its functions are called by the sender's goroutine alone. An interface
// would lead from the heirs' recorder to time.Time, whose methods would all be linked.
type Heirs struct {
	// Next returns the outbox of the run at hand, filled as far as its room allows, or nil if nothing waits for now. Without rest only a
	// run that has a crash is taken up, with all also one whose time has not come.
	Next func(rest, all bool) *blackbox.Outbox
	// List looks at all runs, once: what is too old or takes too much room goes. Next does it as well.
	List func()
	// Start is the Unix nanoseconds of the start of the run at hand.
	Start func() int64
	// Wait returns how long it takes until a run's time has come, 0 if none waits for that.
	Wait func() time.Duration
	// Shorten gives back what the run at hand does not need while it waits for the server.
	Shorten func()
	// Lose lets go of the run at hand, in which a panic was met.
	Lose func()
	// Leave lets go of the run at hand, and of all others: Next returns nil from then on.
	Leave func()
}

// Inheritance is what Inherit returns. What it takes to send it is reached through it alone.
type Inheritance struct {
	Heirs
	choose  func(s *Sender, now time.Duration)
	later   func(s *Sender, now time.Duration) bool
	sooner  func(s *Sender, wait time.Duration) time.Duration
	abandon func(s *Sender)
	flush   func(s *Sender, limit *notify.Limit) bool
	hang    func(body []byte, item int, length uint32) []byte
}

// Inherit makes a sender send what heirs go on with.
func Inherit(h Heirs) *Inheritance {
	return &Inheritance{h, (*Sender).choose, (*Sender).later, (*Sender).sooner, (*Sender).abandon, (*Sender).flushHeirs, tellHang}
}

// source is where entries are sent from. It is owned by the goroutine of Work, but for the atomics.
type source struct {
	_             [0]func()        // no code to compare it
	hand          blackbox.Entry   // what is being sent; Seq is 0 if nothing
	box           *blackbox.Outbox // that it stands in: Config.Outbox or that of a dead run
	wanted        atomic.Uint64    // flushes of dead runs asked for
	settled       atomic.Uint64    // flushes after which nothing of them was left
	lost          atomic.Bool      // a panic was met in a dead run, which waits for another start
	asking        bool             // Heirs.Next is under way
	keep          atomic.Bool      // Config.Sync is to be called
	onceMore      atomic.Bool      // look again whatever the time is
	nothingBefore time.Duration    // no run's time comes before that moment, 0 if none waits
}

// dead reports whether it is a dead run whose entries are sent at the moment.
func (s *Sender) dead() bool { return s.box != s.cfg.Outbox }

// FlushHeirs waits until nothing of dead runs is left that this program may send, whenever its time would come. It reports false when
// the limit, one of Config.Progress, was over first.
func (s *Sender) FlushHeirs(limit *notify.Limit) bool {
	return s.cfg.Heirs == nil || s.cfg.Heirs.flush(s, limit)
}

func (s *Sender) flushHeirs(limit *notify.Limit) bool {
	ticket := s.wanted.Add(1)
	s.asked.Add(1) // which ends a pause
	s.cfg.Progress.Wait(limit, func() bool {
		if s.ended.Load() || s.held() || s.settled.Load() >= ticket {
			return true
		}
		s.bell.Ring()
		return false
	})
	return s.settled.Load() >= ticket && !s.lost.Load()
}

// choose says whose entries are sent next: crashes of this run, crashes of dead ones, the rest of this one, the rest of those.
func (s *Sender) choose(now time.Duration) {
	wanted := s.wanted.Load()
	e, own := s.cfg.Outbox.Next(now, s.mustWait)
	box := s.cfg.Outbox
	if !own || e.Kind != blackbox.Fatal {
		s.asking = true
		dead := s.cfg.Heirs.Next(!own, wanted > s.settled.Load() || s.onceMore.Swap(false))
		s.asking = false
		switch {
		case dead == nil && !own:
			s.settled.Store(wanted)
			s.cfg.Progress.Broadcast()
		case dead == nil:
		case !own || s.fatal(dead, now):
			box = dead
		}
	}
	if box == s.box {
		return
	}
	s.landAll()
	s.box, s.pauses.suspect = box, 0
}

// abandon forgets the dead run at hand, and what of it is on its way. What of this run is, as one is asked for, lands as ever.
func (s *Sender) abandon() {
	if s.dead() {
		s.ground()
	}
	s.hand.Seq, s.box, s.asking = 0, s.cfg.Outbox, false
	s.lost.Store(true)
	s.cfg.Heirs.Lose()
}

// fatal reports whether an outbox has a crash that may be sent now.
func (s *Sender) fatal(o *blackbox.Outbox, now time.Duration) bool {
	e, ok := o.Next(now, s.mustWait)
	return ok && e.Kind == blackbox.Fatal
}

// later reports whether a dead run's time has come, or this run has something while another one is at hand.
func (s *Sender) later(now time.Duration) bool {
	if s.wanted.Load() > s.settled.Load() && !s.dead() || s.onceMore.Load() || s.nothingBefore > 0 && now >= s.nothingBefore {
		return true
	}
	_, ok := s.cfg.Outbox.Next(now, s.mustWait)
	return ok
}

// sooner returns the shorter one of wait and what is left until a dead run's time comes; 0 is for ever.
func (s *Sender) sooner(wait time.Duration) time.Duration {
	if s.dead() {
		s.cfg.Heirs.Shorten()
	}
	s.nothingBefore = 0
	w := s.cfg.Heirs.Wait()
	if w == 0 {
		return wait
	}
	s.nothingBefore = s.now() + w
	if wait == 0 || w < wait {
		return w
	}
	return wait
}

// tellHang changes the event of a hang that is over, or of which the program died, which begins at item.
func tellHang(body []byte, item int, length uint32) []byte {
	ms, dead := length, length == blackbox.Endless
	if length > blackbox.Longest {
		ms = 0
	}
	return protocol.AppendHang(body[:item], bytes.Clone(body[item:]), ms, dead)
}

// Online ends what dead runs wait for, and a pause.
func (s *Sender) Online() {
	s.onceMore.Store(true)
	s.asked.Add(1)
	s.bell.Ring()
}
