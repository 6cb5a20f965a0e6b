package heir

import (
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
)

// What a run holds is on the disk before its file is cut: behind a power cut a short file with the old head is no run at all. One that holds
// nothing, and goes, is not waited for.
func TestCutIsBehindTheDisk(t *testing.T) {
	var d folder
	waits, empty := d.add(t, "a", time.Now(), target, blackbox.Event), d.add(t, "b", time.Now(), target)
	h, _ := d.heirs()
	if h.Next(true, true) == nil {
		t.Fatal("nothing waits")
	}
	if waits.cuts != 0 || waits.synced {
		t.Error("cut while nothing keeps it from being sent: the disk is waited for")
	}
	h.Shorten()
	h.Shorten()
	if waits.moves != 1 {
		t.Errorf("moved %d times by File.Move, want once: who copies it meanwhile loses what is moved", waits.moves)
	}
	h.Leave()
	h, _ = d.heirs()
	want(t, "sent", send(h, true, true, 10), "a 0")
	if waits.early || waits.cuts != 1 || !waits.removed {
		t.Errorf("cut %d times, before it was on the disk: %v, removed: %v", waits.cuts, waits.early, waits.removed)
	}
	if empty.cuts != 0 || empty.synced || !empty.removed {
		t.Errorf("the empty one: cut %d times, synced: %v, removed: %v", empty.cuts, empty.synced, empty.removed)
	}
}

// Nothing is stored before it stands there when the run wrote last: a program that is killed in between would be what wrote last.
func TestEndedStandsFirst(t *testing.T) {
	var d folder
	f := d.add(t, "a", time.Now().Add(-time.Minute), target, blackbox.Event)
	f.stays = true
	b, _, err := blackbox.Open(f.mem)
	if err != nil {
		t.Fatal(err)
	}
	b.Attempts.Store(b.Done.Load()<<8 | mostAttempts)
	h, _ := d.heirs()
	if h.Next(true, true) != nil {
		t.Fatal("the run is gone on with")
	}
	if got := b.Ended.Load(); b.Attempts.Load()&0xff != mostAttempts+1 || got != f.ended {
		t.Errorf("attempts are counted, and the run ended at %d, want %d", got, f.ended)
	}
}

// A run that somebody has cut, with a hang in it of which nobody says how it ended, holds up nothing.
func TestCutWithAHang(t *testing.T) {
	var d folder
	f := d.add(t, "a", time.Now(), target, blackbox.Event)
	b, _, err := blackbox.Open(f.mem)
	if err != nil {
		t.Fatal(err)
	}
	o, _ := b.OpenOutbox()
	o.Put(blackbox.Meta{ID: [16]byte{9}, Kind: blackbox.Event, Category: uint8(protocol.CategoryError), Count: 1, Open: true}, []byte("hang"))
	f.Sync()
	f.Cut(b.Cut(o))
	h, _ := d.heirs()
	o = h.Next(true, true)
	if o == nil {
		t.Fatal("nothing waits")
	}
	if o.Tell([16]byte{9}, 5) {
		t.Error("nobody has said how the hang ended: it would wait for good")
	}
}

// A file with holes counts as long as it is.
func TestHolesCount(t *testing.T) {
	var d folder
	f := d.add(t, "a", time.Now(), target, blackbox.Event)
	d.runs[0].Size = 4096
	h, _ := d.heirs()
	d.bytes = int64(len(f.mem)) - 1
	h.list()
	if f.cuts == 0 && !f.removed {
		t.Error("it takes more than it may")
	}
}

// A run stays at hand while something of it is on its way, though all else there is what this program cannot send.
func TestOnItsWayBesideForeign(t *testing.T) {
	var d folder
	f := d.add(t, "a", time.Now(), target, blackbox.Event)
	b, _, err := blackbox.Open(f.mem)
	if err != nil {
		t.Fatal(err)
	}
	o, _ := b.OpenOutbox()
	o.Put(blackbox.Meta{ID: [16]byte{9}, Kind: blackbox.Event, Category: uint8(protocol.CategoryError), Count: 1, Encoding: 77}, []byte("packed"))
	h, _ := d.heirs()
	o = h.Next(true, true)
	e, ok := o.Next(-1, func(e *blackbox.Entry) bool { return e.Encoding != 0 })
	if !ok {
		t.Fatal("nothing waits")
	}
	o.Lend(e.Seq, true)
	if h.Next(true, true) != o || !f.claimed {
		t.Error("let go of while an entry is on its way")
	}
	o.Done(e.Seq)
	if h.Next(true, true) != nil || f.claimed || f.removed {
		t.Errorf("claimed: %v, removed: %v", f.claimed, f.removed)
	}
}
