package runfile

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/crashtext"
	"github.com/krunk-go/krunk/internal/recorder"
	"github.com/krunk-go/krunk/internal/runfile"
	"github.com/krunk-go/krunk/internal/verdict"
)

const mostLooks = 8 // files that Start looks at

// last returns what is known of the run before this one, nil if there was none, and whether the program dies as it starts, time and
// again. Runs that live, and such that others go on with, are passed over. Of what is on its tapes it takes at most so many bytes.
func (d *dir) last(most int) (last *verdict.Last, loops bool) {
	names, _ := runfile.List(d.Dir + "/runs")
	closed, name := d.closed()
	var runs []verdict.Verdict
	for i := len(names) - 1; i >= max(len(names)-mostLooks, 0) && len(runs) < 2 && names[i] > name; i-- {
		if v := d.look(names[i], most); v != nil {
			if runs = append(runs, v.Verdict); last == nil {
				last = v
			}
		}
	}
	if last == nil {
		return closed, false
	}
	return last, verdict.Loops(runs)
}

// look returns what is known of a run, nil if it cannot be had. It is input from outside, and somebody may cut it meanwhile.
func (d *dir) look(name string, most int) (v *verdict.Last) {
	defer runfile.PanicOnFault(runfile.PanicOnFault(true))
	defer func() {
		if recover() != nil {
			v = nil
		}
	}()
	f, err := runfile.Claim(d.path(name), 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	return examine(f.Mem, f.Modified, func(from int) string { return told(f, from) }, most)
}

// examine returns what is known of a run with that block, nil if that is none. text returns what the runtime wrote behind so many bytes.
func examine(mem []byte, modified int64, text func(from int) string, most int) *verdict.Last {
	b, facts, err := blackbox.Open(mem)
	if err != nil {
		return nil
	}
	e := verdict.Evidence{Facts: &facts, Live: b.Live, Ended: b.EndedAt(modified), Boot: facts.Boot}
	if boot := runfile.BootID(); !runfile.SameBoot(boot, facts.Boot) {
		e.Boot = boot
	}
	if b.Live.Cut.Load() == 0 {
		if s := text(len(b.Bytes())); s != "" {
			e.Text = crashtext.Parse(crashtext.Brief(s)) // it is kept
			e.Same = recorder.SameDeath(&b.Ending, e.Text)
		}
	}
	v := &verdict.Last{Verdict: verdict.Of(&e), Release: facts.Texts[blackbox.Release]}
	if e.Text != nil && e.Text.Kind != crashtext.Unknown {
		v.Crash, v.Facts, v.Ended = e.Text, &facts, e.Ended
	}
	v.Ring = rings(b, most)
	return v
}

// rings returns what a run has left on its tapes, at most so many bytes, nil where there are none. It copies them: the file goes when others are
// through with it.
func rings(b *blackbox.Block, most int) func(string) ([]byte, uint64) {
	type ring struct {
		name string
		data []byte
		from uint64
	}
	var all []ring
	for _, tape := range b.OpenTapes() {
		data, from := tape.Newest(most)
		most -= len(data)
		all = append(all, ring{tape.Name, data, from})
	}
	if all == nil {
		return nil
	}
	return func(name string) ([]byte, uint64) {
		for i := range all {
			if r := &all[i]; r.name == name {
				return append([]byte(nil), r.data...), r.from
			}
		}
		return nil, 0
	}
}

// told returns what the runtime wrote behind that many bytes, as far as somebody reads it.
func told(f *runfile.File, from int) string {
	at := func(b []byte, off int64) int {
		n, _ := f.Tail(b, from+int(off))
		return n
	}
	if at(make([]byte, 1), 0) == 0 { // mostly
		return ""
	}
	return crashtext.Read(math.MaxInt32, at)
}

// A run that was closed and has nothing left takes its file away, and leaves a small one instead, of the last such run:
//
//	 0  name of its file
//	29  nanoseconds that it ran, uint64
//	37  frames, uint32
const (
	closedName = "closed"
	nameLen    = 29
	closedLen  = nameLen + cleanLen
)

// close says that a run was closed with nothing left.
func (d *dir) close(name string, began int64, frames uint32) {
	_ = runfile.PutSmall(d.Dir, closedName, appendClean([]byte(name), began, frames)) // without it the last run is not known
}

// closed returns the last run that was closed with nothing left, and its name.
func (d *dir) closed() (*verdict.Last, string) {
	b, err := runfile.Small(d.Dir, closedName, closedLen)
	if err != nil || len(b) != closedLen || !runfile.Named(string(b[:nameLen])) {
		return nil, ""
	}
	return clean(b[nameLen:]), string(b[:nameLen])
}

// cleanLen is what appendClean appends.
const cleanLen = 12

// appendClean appends how long a run was that was closed with nothing left, and its last frame.
func appendClean(b []byte, began int64, frames uint32) []byte {
	le, ran := binary.LittleEndian, max(time.Now().UnixNano()-began, 0)
	return le.AppendUint32(le.AppendUint64(b, uint64(ran)), frames)
}

// clean reads what appendClean has appended.
func clean(b []byte) *verdict.Last {
	le := binary.LittleEndian
	return &verdict.Last{Verdict: verdict.Verdict{How: verdict.Clean, Ran: time.Duration(le.Uint64(b) &^ (1 << 63)), Frame: le.Uint32(b[8:])}}
}
