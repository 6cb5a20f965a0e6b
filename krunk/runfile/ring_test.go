//go:build unix || windows

package runfile_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/folder"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

const ringBytes = 10_000 // that a game writes

// sequence returns bytes that tell their place.
func sequence(from, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte((from + i) % 251)
	}
	return string(b)
}

// rings writes what a game would, and one more ring than the region has room for.
func rings(c *krunk.Client) {
	inputs, err := c.Ring("inputs", 4096)
	if err != nil {
		panic(err)
	}
	if _, err := c.Ring("much", 1<<20); err == nil {
		panic("a ring of all memory")
	}
	for at := 0; at < ringBytes; at += 50 {
		_, _ = inputs.Write([]byte(sequence(at, 50)))
	}
}

// However a program dies, the newest of what it wrote is there at the next start, and travels with what it died of, where that is told.
func TestRingsOutliveTheProgram(t *testing.T) {
	for how, told := range map[string]bool{"kill": false, "exit": false, "goroutine": true, "main": true, "fatal": true} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			srv := sentrytest.New(sentrytest.Options{AnyTime: true})
			dir := folder.Held(t)
			play(t, how, dir, "KRUNK_RINGS=1", "KRUNK_DSN="+srv.DSN())
			cfg := config(dir, srv.Transport())
			cfg.DSN = srv.DSN()
			c := start(t, cfg)
			defer c.Close(time.Minute)
			data, from := c.LastRun().Ring("inputs")
			if from != ringBytes-4096 || string(data) != sequence(ringBytes-4096, 4096) {
				t.Errorf("%d bytes from %d", len(data), from)
			}
			if none, _ := c.LastRun().Ring("other"); none != nil {
				t.Errorf("another ring of %d bytes", len(none))
			}
			if !c.Flush(time.Minute) {
				t.Errorf("flush: %+v", c.Stats())
			}
			srv.Verify(t)
			fatal := 0
			for _, e := range srv.Events() {
				a := srv.Attachments(e.ID)
				if e.Level != "fatal" {
					if len(a) > 0 {
						t.Errorf("%s has %d attachments", e.Title(), len(a))
					}
					continue
				}
				fatal++
				said := fmt.Sprint(e.Contexts["krunk"]["rings"])
				if len(a) != 1 || a[0].Filename != "inputs" || string(a[0].Payload) != string(data) || said != fmt.Sprintf("[inputs: from byte %d]", from) {
					t.Errorf("%s: %d attachments, %s", e.Title(), len(a), said)
				}
			}
			if fatal != map[bool]int{true: 1}[told] {
				t.Errorf("%d fatal events", fatal)
			}
		})
	}
}
