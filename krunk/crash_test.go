package krunk_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
)

// What a page kept of the death of the game in it becomes the event of that death, marked as what anybody may have written.
func TestReportCrash(t *testing.T) {
	printed, err := os.ReadFile("../internal/crashtext/testdata/js_index.txt")
	if err != nil {
		t.Fatal(err)
	}
	for name, pack := range map[string]transport.Compressor{"plain": nil, "compressed": deflate.Items()} {
		t.Run(name, func(t *testing.T) {
			c, srv := endpoint(t, krunk.Config{Compress: pack, Release: "moonfall@1.4.2"})
			c.Channel("net").Info("of this run")
			id := c.ReportCrash("wasm: loading\n" + string(printed))
			if id.IsZero() || !c.Flush(time.Minute) {
				t.Fatalf("id %v, flush: %+v", id, c.Stats())
			}
			if len(srv.Events()) != 1 {
				t.Fatalf("%d events, want 1", len(srv.Events()))
			}
			e := srv.Events()[0]
			if e.ID != id.String() || e.Level != "fatal" || e.Handled() || len(e.Exceptions) != 1 || e.Release != "moonfall@1.4.2" || len(e.Breadcrumbs) > 0 {
				t.Fatalf("got %+v", e)
			}
			x := e.Exceptions[0]
			if x.Type != "runtime.boundsError" || !strings.Contains(x.Value, "index out of range") || len(x.Frames) == 0 || x.Mechanism.Type != "auto.go.crash" {
				t.Errorf("exception %+v", x)
			}
			if e.Contexts["krunk"]["unverified"] != true {
				t.Errorf("contexts.krunk %v, want unverified", e.Contexts["krunk"])
			}
		})
	}
}

// What is no text of a death gives nothing, what another script planted no more than a bounded event without secrets, and whatever it was,
// the game reports on.
func TestReportCrashOfAnything(t *testing.T) {
	planted := "panic: /home/anna/x token=hunter2\n\ngoroutine 1 [running]:\n" + strings.Repeat("\x00\xed\xa0\x80main.f(0x1)\n\t/home/anna/x.go:7 +0x1\n", 200000)
	for name, tt := range map[string]struct {
		printed string
		events  int
	}{
		"nothing": {"", 0}, "no death": {"the game is ready\n", 0}, "bytes": {strings.Repeat("\xff\x00", 5<<20), 0},
		"planted": {planted, 1}, "a panic that Krunk printed": {"panic: boom [recovered]\n\tpanic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:1 +0x1\n", 1},
	} {
		t.Run(name, func(t *testing.T) {
			c, srv := endpoint(t, krunk.Config{})
			if id := c.ReportCrash(tt.printed); id.IsZero() != (tt.events == 0) {
				t.Errorf("id %v, want %d events", id, tt.events)
			}
			c.Report(os.ErrClosed)
			if !c.Flush(time.Minute) {
				t.Fatalf("flush: %+v", c.Stats())
			}
			if got := len(srv.Events()); got != tt.events+1 {
				t.Fatalf("%d events, want %d", got, tt.events+1)
			}
			if raw := string(srv.Events()[0].Raw); len(raw) > 64<<10 || strings.Contains(raw, "anna") || strings.Contains(raw, "hunter2") {
				t.Errorf("%d bytes: %.2000s", len(raw), raw)
			}
		})
	}
	var none *krunk.Client
	if !none.ReportCrash("panic: x\n").IsZero() {
		t.Error("a nil client gave an id")
	}
}

// Who tells more deaths than one hears of each whether it was taken, and nothing is counted that is not there.
func TestReportCrashAgain(t *testing.T) {
	c, srv := endpoint(t, krunk.Config{MaxRepeats: -1})
	taken := 0
	for range 100 {
		if id := c.ReportCrash("fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [select]:\nmain.main()\n\t/x.go:1 +0x1\n"); !id.IsZero() {
			taken++
		}
	}
	if !c.Flush(time.Minute) {
		t.Fatalf("flush: %+v", c.Stats())
	}
	if got := len(srv.Events()); taken == 0 || got != taken {
		t.Errorf("%d events of %d that were taken", got, taken)
	}
}

// The event of an earlier run's death has nothing beside it that belongs to this one: neither what was attached to the event before it, nor what
// stands, nor a ring. And no name in it is taken for a type as it stands.
func TestReportCrashHasNothingBesideIt(t *testing.T) {
	c, srv := endpoint(t, krunk.Config{})
	ring, err := c.Ring("inputs", 64)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = ring.Write([]byte("wasd"))
	c.Report(os.ErrClosed, krunk.Attach(krunk.Attachment{Name: "save.dat", Data: []byte("of another event")}))
	c.Channel("net").Emit(krunk.Entry{Level: krunk.LevelFatal, Message: "with a ring"})
	if !c.Flush(time.Minute) {
		t.Fatalf("flush: %+v", c.Stats())
	}
	id := c.ReportCrash("panic: /home/anna/game.save(7)\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:1 +0x1\n")
	if !c.Flush(time.Minute) {
		t.Fatalf("flush: %+v", c.Stats())
	}
	list := srv.Attachments(id.String())
	e := srv.Events()[len(srv.Events())-1]
	if e.ID != id.String() || len(list) != 0 || e.Contexts["krunk"]["rings"] != nil {
		t.Errorf("%d attachments, rings %v", len(list), e.Contexts["krunk"]["rings"])
	}
	if strings.Contains(string(e.Raw), "anna") {
		t.Errorf("a name arrived: %s", e.Raw)
	}
}
