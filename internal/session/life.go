package session

import (
	"sync/atomic"

	"github.com/krunk-go/krunk/internal/blackbox"
)

// tellAfter is how many milliseconds an update waits for an event to go along with. By then most games know who plays, which cannot be said
// later, and what is over sooner is told in one item.
const tellAfter = 5000

// maxAge is how many milliseconds a session may last: four days.
const maxAge = 4 * 24 * 3600 * 1000

// Config is what a Life works with, immutable after Init.
type Config struct {
	Words  *blackbox.Session
	Errors *atomic.Uint64 // of the run
	Run    Run
	Start  func() int64 // Unix nanoseconds of its start, as the clock tells it now
	Now    func() int64 // nanoseconds of the run
	Wake   func()       // tells the sender that there is something to look at
}

// Life is the sessions of a run that lives, one after the other. It is owned by the sender, but for SetUser, Background, Foreground and
// End, which anybody may call, also of a nil Life. They never block and do not allocate.
type Life struct {
	_      [0]func() // no code to compare it
	cfg    Config
	player atomic.Uint64 // hash of who plays now
	away   atomic.Uint64 // 1 + milliseconds of the run since when the game is in the background; 0: it is not
	back   atomic.Uint64 // 1 + those at which it came back from a stay that ended its session; 0: it did not
	want   atomic.Uint32 // the Status that the run is to end with, Running if it goes on
	after  atomic.Uint64 // position in the ring behind which the crash lies
	over   atomic.Bool   // the run's last session has ended
	failed uint64        // when Due first saw an error of the session, in milliseconds of the run; 0: it saw none
	along  uint64        // what becomes part of Stage when the update that is under way has arrived, 0 if none is
}

// Init begins the first session of a run, and makes a zero Life that of it.
func (l *Life) Init(cfg Config) {
	l.cfg = cfg
	l.begin(1, l.now())
}

func (l *Life) now() uint64 { return millis(l.cfg.Now()) }

//go:noinline
func millis(ns int64) uint64 { return uint64(max(ns, 0)) / 1e6 }

// begin begins a session at that moment of the run.
func (l *Life) begin(number, at uint64) {
	w := l.cfg.Words
	l.failed = 0
	w.Base.Store(numbered(number, l.cfg.Errors.Load()))
	w.Begun.Store(numbered(number, at))
}

func (l *Life) look() (view, bool) {
	return look(l.cfg.Words, l.cfg.Errors.Load(), &l.cfg.Run, l.cfg.Start())
}

// SetUser says who plays, "" for nobody. The first update has who it is by then, for good.
func (l *Life) SetUser(id string) {
	if l != nil {
		l.player.Store(hash(id))
	}
}

// hash returns what a server may know of an id, to count: the same for the same one (FNV-1a, mixed), 0 for none.
func hash(id string) uint64 {
	if id == "" {
		return 0
	}
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	h = (h ^ h>>32) * 0x9e3779b97f4a7c15
	return max(h^h>>29, 1)
}

// Background says that the game went to the background at that moment of the run, in nanoseconds. Told twice, the first one counts.
func (l *Life) Background(at int64) {
	if l != nil && l.away.CompareAndSwap(0, 1+millis(at)) {
		l.cfg.Wake()
	}
}

// Foreground says that it is back. After more than AwayLimit its session is over, and another one begins.
func (l *Life) Foreground(at int64) {
	if l == nil {
		return
	}
	away, now := l.away.Load(), 1+millis(at)
	if away == 0 || now <= away+AwayLimit {
		l.away.Store(0)
	} else {
		l.back.CompareAndSwap(0, now)
	}
	l.cfg.Wake()
}

// Note writes down what the game has said, for an heir. Where the run lives in a file its memory may be gone: that is met by the sender
// and by no goroutine of the game.
//
// A session that has become too old is over as well: servers take nothing of one that began five days ago.
func (l *Life) Note() {
	w := l.cfg.Words
	if now := l.now(); now >= w.Begun.Load()&low+maxAge && l.want.Load() == uint32(Running) {
		l.back.CompareAndSwap(0, 1+now)
	}
	away := l.away.Load()
	if away != 0 {
		away = numbered(w.Begun.Load()>>(64-numberBits), away)
	}
	w.Away.Store(away)
	w.Player.Store(l.player.Load())
}

// End says how the session is to end; the first one counts, but Crashed more than Exited. The sender writes it, at once for Exited. The
// record of a crash lies behind that position of the ring.
func (l *Life) End(status Status, after uint64) {
	if l == nil {
		return
	}
	l.after.Store(after)
	for old := l.want.Load(); old < uint32(status) && !l.want.CompareAndSwap(old, uint32(status)); old = l.want.Load() {
	}
}

// Over reports whether the session is to end. Anybody may ask.
func (l *Life) Over() bool {
	over, _, _, _ := l.Ends()
	return over
}

// Ends is Over; last says that no session follows as the run ends, crash that it ends by a crash, whose record ends behind a position of the
// ring.
func (l *Life) Ends() (over, last, crash bool, after uint64) {
	if l == nil || l.over.Load() {
		return false, false, false, 0
	}
	want, back := Status(l.want.Load()), l.back.Load() != 0
	return back || want != Running, !back && want != Running, !back && want == Crashed, l.after.Load()
}

// Due returns how many milliseconds later than now the next update is to be made, if no event takes it along before, or the session is to be
// looked at again: 0 if an update is due, or false if there is nothing to come. It is not asked while one is under way.
func (l *Life) Due() (uint64, bool) {
	if l == nil || l.along != 0 {
		return 0, false
	}
	v, ok := l.look()
	if !ok {
		return 0, false
	}
	now, since, put := l.now(), v.begun, v.stage&beginPut != 0
	if v.stage&beginTold != 0 {
		if v.errors == 0 || v.stage&errorTold != 0 { // the next thing is that it gets too old
			return max(v.begun+maxAge, now+1) - now, true
		}
		if l.failed == 0 {
			l.failed = max(now, 1)
		}
		since, put = l.failed, v.stage&errorPut != 0
	}
	if at := since + tellAfter; !put && now < at {
		return at - now, true
	}
	return 0, true
}

// Append appends the items of what a server has not heard yet, if there is something and none of it is under way. Who calls it says by
// Answered what became of it where it has appended something.
func (l *Life) Append(dst []byte) ([]byte, bool) {
	v, ok := l.look()
	if !ok || l.along != 0 {
		return dst, false
	}
	if v.stage&beginTold == 0 {
		if v.stage&beginPut == 0 {
			u := v.update(0, 0, Running, 0)
			v.w.User.Store(u.User)
			v.w.Started.Store(numbered(v.number, uint64(u.Started)))
		}
		v.stage |= beginPut
		dst = v.appendBegin(dst)
		l.along |= beginTold
	}
	if v.errors > 0 && v.stage&errorTold == 0 {
		if v.stage&errorPut == 0 {
			v.w.Failed.Store(numbered(v.number, max(l.now(), v.begun)-v.begun))
		}
		u := v.update(1, said(&v.w.Failed, v.number), Running, 1)
		dst = u.appendItem(dst)
		v.stage |= errorPut
		l.along |= errorTold
	}
	v.w.Stage.Store(numbered(v.number, v.stage))
	return dst, l.along != 0
}

// Answered says whether a server has taken what Append has appended. Otherwise it goes once more.
func (l *Life) Answered(taken bool) {
	if w := l.cfg.Words; taken {
		w.Stage.Store(w.Stage.Load() | l.along)
	}
	l.along = 0
}

// Wipe forgets the session and who plays, also of a nil Life: nothing is told of it any more, and no other one begins before Anew. It is called by
// the sender, while nothing is under way.
func (l *Life) Wipe() {
	if l == nil {
		return
	}
	w := l.cfg.Words
	number := w.Begun.Load() >> (64 - numberBits)
	l.over.Store(true)
	l.player.Store(0)
	l.along = 0
	for _, word := range [...]*atomic.Uint64{&w.Started, &w.Failed, &w.Away, &w.User, &w.Player, &w.Base} {
		word.Store(0)
	}
	w.Stage.Store(numbered(number, ended))
}

// Anew begins another session, also of a nil Life, unless there were too many.
func (l *Life) Anew() {
	if l == nil || l.want.Load() != uint32(Running) {
		return
	}
	if number := l.cfg.Words.Begun.Load() >> (64 - numberBits); number < most {
		l.back.Store(0)
		l.begin(number+1, l.now())
		l.over.Store(false)
	}
}

// AppendEnd appends the items by which the session ends. Nothing is under way then, and Ended says that they stand in the outbox.
func (l *Life) AppendEnd(dst []byte) []byte {
	v, _ := l.look()
	status, at := Status(l.want.Load()), l.now()
	if back := l.back.Load(); back != 0 {
		status, at = Exited, back-1
	}
	return v.appendEnd(dst, status, NoHang, at)
}

// Ended says that the end of the session stands in the outbox, or was given up. Where the game is back from the background, another
// session begins.
func (l *Life) Ended() {
	v, _ := l.look()
	v.w.Stage.Store(numbered(v.number, v.stage|ended))
	if back := l.back.Load(); back != 0 && v.number < most {
		l.begin(v.number+1, back-1)
		l.away.Store(0)
		l.back.Store(0)
		return
	}
	l.over.Store(true)
}
