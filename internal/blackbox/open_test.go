package blackbox

import "testing"

// What an entry with Open tells of is over at one moment, and a heir reads it as it was told.
func TestTell(t *testing.T) {
	mem := Words(64 << 10)
	o := NewOutbox(mem, 7)
	put := func(id byte, open bool) {
		if !o.Put(Meta{ID: [16]byte{id}, Kind: Event, Count: 1, Open: open}, []byte{id, 1, 2, 3}) {
			t.Fatal("no room")
		}
	}
	put(1, true)
	put(2, false)
	put(3, true)
	put(4, true)
	if o.Tell([16]byte{2}, 5) || o.Tell([16]byte{9}, 5) {
		t.Error("told of what is not open")
	}
	if !o.Tell([16]byte{1}, 1500) || !o.Tell([16]byte{4}, Endless) || o.Tell([16]byte{1}, 7) {
		t.Error("each is told once")
	}
	o.Refused(1)
	o.Accepted()
	o.Refused(1) // counts, and the length stays
	o, found := OpenOutbox(mem, 7)
	if len(found.Entries) != 4 {
		t.Fatalf("%d entries are left of 4", len(found.Entries))
	}
	for i, want := range []struct {
		length, refusals uint32
		kind             Kind
	}{{1500, 1, Event}, {0, 0, Event}, {0, 0, Event}, {Endless, 0, Fatal}} {
		e := &found.Entries[i]
		if e.Length != want.length || e.Refusals != want.refusals || e.Kind != want.kind || e.Open != (i != 1) {
			t.Errorf("entry %d: length %d, %d refusals, kind %d, open %v; want %+v", i, e.Length, e.Refusals, e.Kind, e.Open, want)
		}
	}
	if e, ok := o.Next(0, nil); !ok || e.ID[0] != 4 {
		t.Errorf("%v goes first, want what the program died of", e.ID)
	}
	o.Settle([16]byte{})
	if o.Tell([16]byte{3}, 5) {
		t.Error("what is settled is told once more")
	}
	if e := ScanOutbox(mem, 7).Entries; e[2].Length != Lost || e[0].Length != 1500 || e[1].Length != 0 {
		t.Errorf("settled as %d, %d, %d", e[0].Length, e[1].Length, e[2].Length)
	}
	mem[8+5]++ // the length is under the checksum
	if found := ScanOutbox(mem, 7); len(found.Entries) != 3 {
		t.Errorf("%d entries are whole, want 3", len(found.Entries))
	}
}
