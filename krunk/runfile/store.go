package runfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/heir"
	"github.com/krunk-go/krunk/internal/ident"
	"github.com/krunk-go/krunk/internal/legacy"
	"github.com/krunk-go/krunk/internal/text"
	"github.com/krunk-go/krunk/internal/verdict"
	"github.com/krunk-go/krunk/krunk"
)

// Store keeps one block of bytes, for systems without files that can be mapped: the save data of a console, the storage of a browser.
// Neither method is called by a goroutine of the game, but by Start, Close, Repanic and Consent; never two at once.
type Store interface {
	// Load returns what Save was given last, by this program or one before it; nothing, and no error, if there is none. Behind an error nothing is
	// captured until Client.Consent is called: the player may have said no.
	Load() ([]byte, error)
	// Save replaces what is kept. It must not retain b, which is at most 4 MiB and Config.Memory long.
	Save(b []byte) error
}

// InStore returns what keeps runs in a Store: the run is saved when Client.Pause or Foreground(false) is called, when a crash could not be sent,
// before Repanic lets the program die, and by Close, and what could not be sent by then is sent by the next start. What was captured
// after the last save is lost with the program, and what the runtime writes as it dies is not kept. LastRun tells of the last run that was saved,
// as it was then. Stats.RunFile says what a save failed of.
func InStore(s Store) krunk.RunFile {
	b := &box{store: s}
	return legacy.Keep(legacy.Maker{Check: b.check, Open: b.open})
}

// box is the runs in a Store.
type box struct {
	store   Store
	mu      sync.Mutex
	install string          // guarded by mu
	answer  byte            // guarded by mu; of the player, as the magic ends
	silent  bool            // guarded by mu; the player wants nothing to be kept
	own     *blackbox.Block // guarded by mu; nil: nothing of this run is kept
	runs    []*saved        // guarded by mu; of those that were before, the oldest first
	ended   []byte          // guarded by mu; appendClean of the last run if that was closed with nothing left, nil if not
	failed  error           // guarded by mu; of the last save
	others  atomic.Int32    // runs of another DSN
}

// saved is a run as a Store kept it. It is a heir.File.
type saved struct {
	box   *box
	mem   []byte
	ended int64
}

// What is kept is a magic, which ends in 1, or in D or G where the player has denied or granted reports, the install id, and for each run when it was saved, its length and its bytes, all
// at multiples of 8; behind them, if the last run was closed with nothing left, that of appendClean in the same form.
const (
	storeMagic  = "KRUNKST1"
	storeHead   = len(storeMagic) + 32
	runHead     = 16
	storeBytes  = 4 << 20 // of dead runs
	mostSaved   = 64
	storeName   = "a store of the game's"
	leastInFile = 512
)

func (x *box) check(int) error {
	if x.store == nil {
		return errors.New("runfile.InStore(nil); write what keeps a block of bytes")
	}
	return nil
}

func (x *box) open(w *legacy.Wish) (*legacy.Run, error) {
	b, err := x.store.Load()
	if err != nil {
		w.Answer = legacy.Denied
		return nil, errors.New("the store could not be read: " + err.Error() + unread)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.own, x.runs, x.ended, x.failed = nil, nil, nil, nil
	x.answer = answerNone
	x.read(b)
	switch x.answer {
	case answerGranted:
		w.Answer = legacy.Granted
	case answerDenied:
		w.Answer = legacy.Denied
	}
	if x.silent = w.Answer == legacy.Denied; x.silent {
		x.install, x.runs, x.ended = "", nil, nil
	}
	last := x.last(w.Sizes[blackbox.ReplayRegion])
	x.ended = nil
	if !x.silent && !valid(x.install) {
		x.install = newInstall()
	}
	w.Complete()
	w.Facts.Texts[blackbox.Install] = x.install
	block, build := begin(blackbox.Words(w.Sizes.Total()), w)
	x.own = block
	run := &legacy.Run{Block: block, Kept: block.Kept(), Path: storeName, Install: x.install, Last: last, Sync: x.save, Leave: x.save}
	run.Remove = func() {
		x.mu.Lock()
		x.own, x.ended = nil, appendClean(nil, w.Facts.Start, block.Frame.Load())
		x.mu.Unlock()
		x.save()
	}
	run.Heirs, run.State = heirs(x, w, build, &x.others), x.state
	run.Player = legacy.Player{Keep: x.keep, Silence: x.silence, Speak: func() string {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.silent, x.install = false, newInstall()
		w.Facts.Texts[blackbox.Install] = x.install
		block.Publish(&w.Facts)
		return x.install
	}}
	return run, nil
}

// last returns what is known of the run that was saved last, nil if none was. The caller holds mu.
func (x *box) last(most int) *verdict.Last {
	if x.ended != nil {
		return clean(x.ended)
	}
	if n := len(x.runs); n > 0 {
		return examine(x.runs[n-1].mem, x.runs[n-1].ended, func(int) string { return "" }, most)
	}
	return nil
}

// state is legacy.Run.State.
func (x *box) state() string {
	x.mu.Lock()
	err := x.failed
	x.mu.Unlock()
	if err == nil {
		return waiting(&x.others)
	}
	return ": the last save failed, and what was captured since the one before it is lost with the program: " + err.Error() + waiting(&x.others)
}

func newInstall() string {
	id := ident.New()
	return text.Hex(id[:])
}

// What the magic ends in.
const (
	answerNone    = '1'
	answerGranted = 'G'
	answerDenied  = 'D'
)

// keep is legacy.Player.Keep.
func (x *box) keep(answer uint8) error {
	x.mu.Lock()
	switch x.answer = answerNone; answer {
	case legacy.Granted:
		x.answer = answerGranted
	case legacy.Denied:
		x.answer, x.silent = answerDenied, true
	}
	x.mu.Unlock()
	return x.put()
}

// silence is legacy.Player.Silence.
func (x *box) silence() {
	x.mu.Lock()
	x.install = ""
	for _, s := range x.runs {
		s.box, s.mem = nil, nil
	}
	x.mu.Unlock()
	x.save()
}

// read takes over what was kept, which is input from outside: what makes no sense is passed over. The caller holds mu.
func (x *box) read(b []byte) {
	const same = len(storeMagic) - 1
	if len(b) <= same || string(b[:same]) != storeMagic[:same] {
		return
	}
	switch b[same] {
	case answerNone, answerGranted, answerDenied:
		x.answer = b[same] // also of a block of which the rest is missing
	default:
		return
	}
	if len(b) < storeHead {
		return
	}
	x.install = string(b[len(storeMagic):storeHead])
	for b = b[storeHead:]; len(b) >= runHead && len(x.runs) < mostSaved; {
		n := binary.LittleEndian.Uint64(b[8:])
		if n == cleanLen && len(b) >= runHead+cleanLen {
			x.ended = bytes.Clone(b[runHead : runHead+cleanLen])
			return
		}
		if n < leastInFile || n > uint64(len(b)-runHead) {
			return
		}
		s := &saved{box: x, mem: blackbox.Words(int(n)), ended: int64(binary.LittleEndian.Uint64(b))}
		copy(s.mem, b[runHead:])
		x.runs = append(x.runs, s)
		b = b[runHead+min((n+7)&^7, uint64(len(b)-runHead)):]
	}
}

// save keeps this run as it is now, and what is left of those before. What is written meanwhile is torn there: checksums tell.
func (x *box) save() {
	_ = x.put() // the next save may succeed; until then the last one counts
}

func (x *box) put() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	b := append(append(make([]byte, 0, storeHead), storeMagic...), x.install...)
	b[len(storeMagic)-1] = x.answer
	if x.silent {
		return x.store.Save(append(b[:len(storeMagic)], make([]byte, storeHead-len(storeMagic))...))
	}
	for _, s := range x.runs {
		if s.box != nil {
			b = appendRun(b, s.mem, s.ended)
		}
	}
	if x.own != nil {
		b = appendRun(b, x.own.Bytes(), time.Now().UnixNano())
	} else if x.ended != nil {
		b = appendRun(b, x.ended, 0)
	}
	x.failed = x.store.Save(b) // the next save may succeed; until then the last one counts
	return x.failed
}

func appendRun(b, mem []byte, ended int64) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(ended))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(mem)))
	from := len(b)
	b = append(b, mem...)
	blackbox.Renew(b[from:], mem)
	return append(b, make([]byte, -len(b)&7)...)
}

// List is heir.Dir.List.
func (x *box) List() []heir.Left {
	x.mu.Lock()
	defer x.mu.Unlock()
	var left []heir.Left
	for i, s := range x.runs {
		left = append(left, heir.Left{Name: strconv.Itoa(i), Ended: s.ended, Size: int64(len(s.mem))})
	}
	return left
}

// Claim is heir.Dir.Claim. Names are those of List, until one is removed.
func (x *box) Claim(name string) (heir.File, error) {
	i, err := strconv.Atoi(name)
	x.mu.Lock()
	defer x.mu.Unlock()
	if err != nil || i < 0 || i >= len(x.runs) || x.runs[i].box == nil {
		return nil, errGone
	}
	return x.runs[i], nil
}

var errGone = errors.New("the run is gone")

// Rule is heir.Dir.Rule.
func (x *box) Rule() (bytes, age int64) { return storeBytes, int64(defaultAge) }

// Bytes is heir.File.Bytes.
func (s *saved) Bytes() []byte { return s.mem }

// Ended is heir.File.Ended.
func (s *saved) Ended() int64 { return s.ended }

// Text is heir.File.Text: there is none.
func (s *saved) Text(int) string { return "" }

// Sync is heir.File.Sync: the next save keeps it.
func (s *saved) Sync() {}

// Move is heir.File.Move.
func (s *saved) Move(move func()) {
	if x := s.box; x != nil {
		x.mu.Lock() // who saves copies it
		defer x.mu.Unlock()
	}
	move()
}

// Cut is heir.File.Cut.
func (s *saved) Cut(size int) {
	x := s.box
	if x == nil { // the player said no meanwhile
		return
	}
	x.mu.Lock() // who saves reads it
	s.mem = s.mem[:size:size]
	x.mu.Unlock()
}

// Remove is heir.File.Remove.
func (s *saved) Remove() {
	x := s.box
	if x == nil { // the player said no meanwhile
		return
	}
	x.mu.Lock()
	s.box, s.mem = nil, nil // its place stays, for the names of the others
	x.mu.Unlock()
}

// Close is heir.File.Close.
func (s *saved) Close() {}
