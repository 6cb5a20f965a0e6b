package plan

import (
	"strconv"
	"time"
)

// ramp reads the steps that clients takes by itself.
func (d *Decoder) ramp(f *Fields) {
	at, n := d.i, 0
	d.array(KShape, func(int) {
		s, has, wrong := Step{Pos: d.i}, 0, len(d.Problems)
		d.object(KShape, func(key string, at int) {
			switch key {
			case "at":
				has |= 1
				s.At = d.time()
			case "clients":
				has |= 2
				s.Clients = d.percent()
			default:
				d.unfamiliar(at)
			}
		})
		if has == 3 && !Unset(s.At) {
			f.Ramp = append(f.Ramp, s)
		} else if wrong == len(d.Problems) {
			d.Note(KRampStep, s.Pos, "", "")
		}
		n++
	})
	if n == 0 || n > MaxSteps {
		d.Note(KRampCount, at, strconv.Itoa(n), "")
	}
}

// rises wants a share to start from, and that times and shares rise from step to step.
func (d *Decoder) rises(f *Fields) {
	if d.broken || len(f.Ramp) == 0 {
		return
	}
	wrong := func(k Kind, i int, member, more string) {
		s := &f.Ramp[i]
		d.Note(k, s.Pos, strconv.Itoa(int(s.Clients)), more)
		path := d.where()
		if path != "" {
			path += "."
		}
		if path += "ramp"; member != "" {
			path += "[" + strconv.Itoa(i) + "]." + member
		}
		d.Rename(path)
	}
	if f.Has&HasClients == 0 {
		wrong(KRampAlone, 0, "", "")
	}
	share, last := f.Clients, time.Time{}
	for i := range f.Ramp {
		s := &f.Ramp[i]
		if Over(s.At, last) {
			wrong(KRampOrder, i, "at", "")
		}
		if s.Clients <= share && f.Has&HasClients != 0 {
			wrong(KRampDown, i, "clients", strconv.Itoa(int(share)))
		}
		share, last = s.Clients, s.At
	}
}
