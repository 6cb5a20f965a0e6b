// Package runfile keeps what a client captures in a file that outlives the program: what a run could not send, because it was killed, its
// power went or nobody answered, is sent after the next start, with its own release, scope and times.
//
//	client, err := krunk.Start(krunk.Config{RunFile: runfile.In(dir), …})
//
// The file is mapped, so a capture call costs what it costs without one, and no system call is made for it. Each run has a file of its
// own under dir/runs, which nobody but its owner may read, and any number of programs may share a directory. On systems without
// mapped files (js, wasip1, plan9), and where the directory cannot be written, the client goes on without one, and Stats.RunFile says why.
package runfile

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"syscall"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/legacy"
	"github.com/krunk-go/krunk/internal/runfile"
	"github.com/krunk-go/krunk/krunk"
)

// Options says where runs are kept, and how much of them. Zero values are the defaults, but for Dir.
type Options struct {
	// Dir is the directory, which is made if it is missing: one of the game's own, such as the one of its saved games. On a tmpfs
	// (XDG_RUNTIME_DIR on Linux) nothing wears and nothing is left after the power was off.
	Dir string
	// Disk is how many bytes the files of dead runs may take; those that began first go first, and those that tell of a crash last. What goes
	// is counted as cache_overflow. Zero: 32 MiB. The least is 1 MiB.
	Disk int64
	// Outbox is how many bytes of a run's file hold what is encoded and waits to be sent, 16,384 envelopes at most. Zero: 1 MiB, or what
	// Config.Memory gives it if that is more. The most is 64 MiB.
	Outbox int
	// Age is how long a run that could not be sent is kept. Zero: 30 days. The least is an hour.
	Age time.Duration
	// Hurry is how long Start waits for what was captured to be sent, before it returns, where the two runs before this one died within
	// 5 s of theirs: such a program may never live for long enough to tell why. Zero: 3 s. Negative: it does not wait. The most is a minute.
	Hurry time.Duration
}

const (
	defaultDisk   = 32 << 20
	leastDisk     = 1 << 20
	defaultOutbox = 1 << 20
	mostOutbox    = 64 << 20
	mostMemory    = 224 << 20 // of which a 16th more is for rings: a file that is longer than 256 MiB would not be read
	defaultAge    = 30 * 24 * time.Hour
	defaultHurry  = 3 * time.Second
	mostHurry     = time.Minute
	textRoom      = 64 << 10 // that is reserved for what the runtime tells when it dies
	jitter        = 60 * time.Second
)

// In returns what keeps runs in a directory, with the defaults of Options.
func In(dir string) krunk.RunFile { return With(Options{Dir: dir}) }

// With returns what keeps runs as o says.
func With(o Options) krunk.RunFile {
	s := &store{o}
	return legacy.Keep(legacy.Maker{Check: s.check, Open: s.open})
}

// store keeps runs in a directory.
type store struct{ Options }

// check is legacy.Keeper.Check.
func (s *store) check(memory int) error {
	switch {
	case memory > mostMemory:
		return errors.New("a file for Config.Memory of " + strconv.Itoa(memory) + " bytes could not be read again; write at most " + strconv.Itoa(mostMemory))
	case s.Dir == "":
		return errors.New("no directory; write one of the game's own, such as that of its saved games")
	case s.Disk != 0 && s.Disk < leastDisk:
		return fault("Disk", s.Disk, " bytes; write at least 1048576, or 0 for 32 MiB")
	case s.Outbox < 0 || s.Outbox > mostOutbox:
		return fault("Outbox", int64(s.Outbox), " bytes; write at most 67108864, or 0 for 1 MiB")
	case s.Age != 0 && s.Age < time.Hour:
		return fault("Age", s.Age.Milliseconds(), " ms; write at least an hour, or 0 for 30 days")
	case s.Hurry > mostHurry:
		return fault("Hurry", s.Hurry.Milliseconds(), " ms; write at most a minute, or 0 for 3 s")
	}
	return nil
}

//go:noinline
func fault(option string, got int64, what string) error {
	return errors.New("Options." + option + ": " + strconv.FormatInt(got, 10) + what)
}

// fill puts the defaults in the place of zeros.
func (o *Options) fill() {
	if o.Disk == 0 {
		o.Disk = defaultDisk
	}
	if o.Outbox == 0 {
		o.Outbox = defaultOutbox
	}
	if o.Age == 0 {
		o.Age = defaultAge
	}
	if o.Hurry == 0 {
		o.Hurry = defaultHurry
	}
}

// open is legacy.Keeper.Open.
func (s *store) open(w *legacy.Wish) (*legacy.Run, error) {
	o := s.Options
	o.fill()
	w.Complete()
	if out := &w.Sizes[blackbox.OutboxRegion]; *out > 0 {
		*out = max(*out, o.Outbox&^63)
	}
	d := &dir{Dir: o.Dir, disk: o.Disk, age: int64(o.Age)}
	w.Answer = d.answer(w.Answer)
	denied := w.Answer == legacy.Denied
	if denied {
		d.erase()
	}
	last, loops := d.last(w.Sizes[blackbox.ReplayRegion])
	f, err := runfile.Create(o.Dir+"/runs", w.Sizes.Total(), textRoom, uint64(w.Facts.Start), rand.Uint32())
	if err != nil {
		return nil, errors.New(err.Error() + d.why())
	}
	d.own, d.Dir = f.Path, f.Path[:len(f.Path)-nameLen-len("/runs/")] // absolute: the program may go elsewhere before the player answers
	if !denied {
		w.Facts.Texts[blackbox.Install] = install(d.Dir)
	}
	w.Facts.PID, w.Facts.Boot = uint32(syscall.Getpid()), runfile.BootID()
	b, build := begin(f.Mem, w)
	if !denied {
		_ = f.CrashOutput() // without it the next start knows less
	}
	run := d.living(f, b, build, w)
	if run.Last = last; loops {
		run.Hurry = o.Hurry
	}
	return run, nil
}
