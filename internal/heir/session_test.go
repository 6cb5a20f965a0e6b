package heir

import (
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/session"
)

// play gives a run a session; told says that a server knows of it.
func play(t *testing.T, f *memory, told bool) *blackbox.Block {
	t.Helper()
	b, facts, err := blackbox.Open(f.mem)
	if err != nil {
		t.Fatal(err)
	}
	facts.Texts[blackbox.Release] = "moonfall@1"
	b.Publish(&facts)
	var l session.Life
	l.Init(session.Config{Words: &b.Session, Errors: &b.Errors, Run: session.Run{ID: facts.Run, Release: "moonfall@1"}, Start: func() int64 { return facts.Start }, Now: func() int64 { return int64(time.Minute) }, Wake: func() {}})
	if told {
		l.Append(nil)
		l.Answered(true)
	}
	return b
}

// A dead run's session ends as the run did, once, whoever dies while it is told, and says that it began where no server knows.
func TestSessionOfTheDead(t *testing.T) {
	for _, tt := range []struct {
		name  string
		text  string
		state uint64
		told  bool
		want  string
	}{
		{"killed", "", 0, true, `"status":"abnormal"`},
		{"killed, and no server knew of it", "", 0, false, `"init":true`},
		{"clean", "", blackbox.StateClean, true, `"status":"exited"`},
		{"crashed", "panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/a/main.go:3 +0x1\n", 0, true, `"status":"crashed","errors":1`},
		{"fatal", "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.main()\n\t/a/main.go:3 +0x1\n", 0, true, `"status":"crashed"`},
		{"panic that was captured", "", blackbox.StatePanicked, true, `"status":"crashed"`},
		{"hung", "", blackbox.StateHung, true, `"abnormal_mechanism":"anr_foreground"`},
		{"hung in the background", "", blackbox.StateHung | blackbox.StateBackground, true, `"abnormal_mechanism":"anr_background"`},
	} {
		var d folder
		f := d.add(t, "a", time.Now(), target)
		b := play(t, f, tt.told)
		b.State.Store(tt.state)
		f.text = tt.text
		h, _ := d.heirs()
		h.Next(true, true)
		h.Leave() // whoever goes on with it dies before it is sent
		h, _ = d.heirs()
		var items []string
		for _, body := range send(h, true, true, 9) {
			if strings.HasPrefix(body, `{"type":"session"`) {
				items = append(items, body)
			}
		}
		if len(items) != 1 || !strings.Contains(items[0], tt.want) || strings.Contains(items[0], `"init"`) == tt.told {
			t.Errorf("%s: told %q, want one with %s", tt.name, items, tt.want)
		}
		if !f.removed {
			t.Errorf("%s: the run stays", tt.name)
		}
	}
}

// Without room in its outbox the end of a session waits; a run without a session has none.
func TestSessionOfTheDeadWaitsForRoom(t *testing.T) {
	var d folder
	f := d.add(t, "a", time.Now(), target)
	b := play(t, f, true)
	o, _ := b.OpenOutbox()
	for i := byte(1); o.Put(blackbox.Meta{ID: [16]byte{1, i}, Kind: blackbox.Fatal, Category: uint8(protocol.CategoryError), Count: 1}, make([]byte, 15<<10)); i++ {
	}
	d.add(t, "b", time.Now(), target, blackbox.Event)
	h, _ := d.heirs()
	sent := strings.Join(send(h, true, true, 99), "\n")
	if n := strings.Count(sent, `{"type":"session"`); n != 1 || !f.removed || !d.files["b"].removed {
		t.Errorf("%d sessions were told, want the one of the first run", n)
	}
}
