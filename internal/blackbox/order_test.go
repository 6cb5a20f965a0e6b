package blackbox

import (
	"fmt"
	"testing"
	"time"
)

// order returns the bodies in the order in which they are sent; it empties the outbox.
func order(o *Outbox, now time.Duration) string {
	var got []string
	for {
		e, ok := o.Next(now, nil)
		if !ok {
			return fmt.Sprint(got)
		}
		got = append(got, string(e.Body))
		o.Done(e.Seq)
	}
}

func filled(kinds ...Kind) *Outbox {
	o := NewOutbox(Words(8<<10), 7)
	for i, k := range kinds {
		o.Put(Meta{Kind: k}, fmt.Append(nil, i+1))
	}
	return o
}

func TestRefusedGoBehindAll(t *testing.T) {
	o := filled(Log, Fatal, Event, Event)
	o.Refused(2)
	o.Refused(3)
	if got := order(o, 0); got != "[4 1 2 3]" {
		t.Errorf("sent in the order %s", got)
	}
}

func TestFirstRefusalIsForgiven(t *testing.T) {
	o := filled(Log, Fatal, Event, Event)
	for range 5 {
		if n, row := o.Refused(2); n != 0 || row == 0 {
			t.Errorf("%d refusals count, %d in a row; want none to count while nothing is accepted", n, row)
		}
	}
	o.Rest(2, time.Hour)
	o.Accepted()
	if e, _ := o.Next(0, nil); e.Seq != 2 {
		t.Errorf("entry %d is next, want the panic back in its place", e.Seq)
	}
	if n, row := o.Refused(2); n != 1 || row != 1 {
		t.Errorf("%d refusals count, %d in a row; want 1 and 1", n, row)
	}
	o.Accepted()
	if got := order(o, 0); got != "[3 4 1 2]" {
		t.Errorf("sent in the order %s, want what was refused twice behind", got)
	}
}

func TestRest(t *testing.T) {
	o := filled(Log, Event)
	o.Rest(2, time.Second)
	for now, want := range map[time.Duration]uint64{0: 1, time.Second - 1: 1, time.Second: 2, -1: 2} {
		if e, _ := o.Next(now, nil); e.Seq != want {
			t.Errorf("at %v entry %d is next, want %d", now, e.Seq, want)
		}
	}
}

func TestLentIsPassedOver(t *testing.T) {
	o := filled(Log, Event)
	o.Lend(2, true)
	if e, _ := o.Next(-1, nil); e.Seq != 1 {
		t.Errorf("entry %d is next, want 1", e.Seq)
	}
	o.Lend(2, false)
	if e, _ := o.Next(-1, nil); e.Seq != 2 {
		t.Errorf("entry %d is next, want 2", e.Seq)
	}
}

func TestNewest(t *testing.T) {
	o := filled(Fatal, Event, Fatal, Fatal, Event)
	one := int(room(1))
	for bytes, want := range map[int]uint64{0: 4, 3*one - 1: 4, 3 * one: 0} {
		if e, ok := o.Newest(Fatal, bytes); e.Seq != want || ok != (want != 0) {
			t.Errorf("over %d bytes: got entry %d, want %d", bytes, e.Seq, want)
		}
	}
}

func TestUnknownEntries(t *testing.T) {
	o := filled(Log)
	o.Done(9)
	o.Lend(9, true)
	o.Rest(9, time.Hour)
	if n, row := o.Refused(9); n != 0 || row != 0 {
		t.Errorf("got %d and %d", n, row)
	}
	if got := order(o, 0); got != "[1]" {
		t.Errorf("got %s", got)
	}
}
