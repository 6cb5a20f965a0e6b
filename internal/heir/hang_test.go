package heir

import (
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
)

// A hang is fatal where the run died of it, and of nothing else; whoever goes on with it dies in between as he likes.
func TestHangOfTheDead(t *testing.T) {
	const panicked = "panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/a/main.go:3 +0x1\n"
	for _, tt := range []struct {
		name  string
		state uint64
		of    byte // hang that stands still
		text  string
		want  []uint32 // lengths of the entries with the ids 1 and 2
	}{
		{"killed while frames stood still", blackbox.StateHung, 2, "", []uint32{blackbox.Lost, blackbox.Endless}},
		{"in the background", blackbox.StateHung | blackbox.StateBackground, 2, "", []uint32{blackbox.Lost, blackbox.Endless}},
		{"frames go on", 0, 2, "", []uint32{blackbox.Lost, blackbox.Lost}},
		{"the hang of which it died was told by somebody who flushed", blackbox.StateHung, 3, "", []uint32{blackbox.Lost, blackbox.Lost}},
		{"it died of a panic", blackbox.StateHung, 2, panicked, []uint32{blackbox.Lost, blackbox.Lost}},
		{"it was closed", blackbox.StateHung | blackbox.StateClean, 2, "", []uint32{blackbox.Lost, blackbox.Lost}},
	} {
		var d folder
		f := d.add(t, "a", time.Now(), target)
		b, _, err := blackbox.Open(f.mem)
		if err != nil {
			t.Fatal(err)
		}
		o := b.Outbox()
		for id := byte(1); id <= 2; id++ {
			o.Put(blackbox.Meta{ID: [16]byte{id}, Kind: blackbox.Event, Category: uint8(protocol.CategoryError), Count: 1, Open: true}, []byte{id})
		}
		b.State.Store(tt.state)
		b.Hangs([16]byte{tt.of})
		f.text = tt.text
		for range 2 { // the first one dies
			h, _ := d.heirs()
			if h.Next(true, true) == nil {
				t.Fatalf("%s: nothing is left", tt.name)
			}
			h.Leave()
		}
		h, _ := d.heirs()
		o = h.Next(true, true)
		for n := 0; o != nil; o = h.Next(true, true) {
			e, _ := o.Next(-1, nil)
			o.Done(e.Seq)
			if e.ID[0] > 2 || !e.Open {
				continue
			}
			if n++; e.Length != tt.want[e.ID[0]-1] || (e.Kind == blackbox.Fatal) != (e.Length == blackbox.Endless) {
				t.Errorf("%s: hang %d has the length %d and kind %d, want %d", tt.name, e.ID[0], e.Length, e.Kind, tt.want[e.ID[0]-1])
			}
			if n > 2 {
				t.Errorf("%s: a hang is told twice", tt.name)
			}
		}
		if !f.removed {
			t.Errorf("%s: the run stays", tt.name)
		}
	}
}
