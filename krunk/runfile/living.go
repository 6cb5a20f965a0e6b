package runfile

import (
	"sync/atomic"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/legacy"
	"github.com/krunk-go/krunk/internal/recorder"
	"github.com/krunk-go/krunk/internal/runfile"
	"github.com/krunk-go/krunk/internal/stack"
)

// living returns this run as a client knows it, but for what was before it.
func (d *dir) living(f *runfile.File, b *blackbox.Block, build stack.Build, w *legacy.Wish) *legacy.Run {
	run := &legacy.Run{Block: b, Kept: b.Kept(), Path: f.Path, Install: w.Facts.Texts[blackbox.Install]}
	run.Guard, run.Torn = b.Guard(runfile.PanicOnFault, f.Rescue), recorder.Torn
	run.Kept.Diary = b.Diary(blackbox.Hooks{Guard: runfile.PanicOnFault, Resident: resident})
	silent := new(atomic.Bool) // guarded by nobody: Close may come while the player answers
	if w.Answer == legacy.Denied {
		silent.Store(true)
		run.Kept.Diary.Silence(true)
	}
	run.Sync = func() { _ = f.Sync() }
	run.Remove = func() {
		f.StopCrashOutput()
		if !silent.Load() {
			d.close(f.Path[len(f.Path)-nameLen:], w.Facts.Start, b.Frame.Load())
		}
		_ = f.Remove()
	}
	run.Player = legacy.Player{
		Keep: d.keep,
		Silence: func() {
			silent.Store(true)
			f.StopCrashOutput()
			d.erase()
			_ = f.Sync()
		},
		Speak: func() string {
			silent.Store(false)
			id := install(d.Dir)
			w.Facts.Texts[blackbox.Install] = id
			b.Publish(&w.Facts)
			_ = f.CrashOutput()
			return id
		},
	}
	others := new(atomic.Int32)
	run.Heirs = heirs(d, w, build, others)
	run.State = func() string { return d.why() + waiting(others) }
	return run
}
