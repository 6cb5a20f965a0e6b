package plan

import (
	"strconv"
	"unsafe"
)

// ramp reads the steps that clients takes by itself.
func (d *Decoder) ramp(f *Fields) {
	var l items
	start := d.i
	for d.next(&l, KShape, '[') {
		s, faults, unknown := Step{Pos: d.i}, d.faults, d.P.Unknown
		if d.fill(stepNames, stepMembers[:], unsafe.Pointer(&s)) == 3 && s.At != 0 {
			f.Ramp = append(f.Ramp, s)
		} else if faults == d.faults && unknown == d.P.Unknown { // a share of less than a percent is no reason
			d.note(KRampStep, s.Pos, 0)
		}
	}
	if l.n == 0 || l.n > MaxSteps {
		d.note(KRampCount, start, l.n)
	}
}

// rises wants a share to start from, and that times and shares rise from step to step.
func (d *Decoder) rises(f *Fields) {
	if d.broken || len(f.Ramp) == 0 {
		return
	}
	wrong := func(k Kind, i int, member string, n int) {
		s := &f.Ramp[i]
		path := d.where()
		if path != "" {
			path += "."
		}
		if path += "ramp"; member != "" {
			path += "[" + strconv.Itoa(i) + "]." + member
		}
		d.noteAt(path, k, s.Pos, n)
	}
	if f.Has&HasClients == 0 {
		wrong(KRampAlone, 0, "", 0)
	}
	share, last := f.Clients, Moment(0)
	for i := range f.Ramp {
		s := &f.Ramp[i]
		if s.At.Over(last) {
			wrong(KRampOrder, i, "at", 0)
		}
		if s.Clients <= share && f.Has&HasClients != 0 {
			wrong(KRampDown, i, "clients", int(share))
		}
		share, last = s.Clients, s.At
	}
}
