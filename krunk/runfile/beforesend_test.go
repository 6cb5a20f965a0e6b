//go:build unix || windows

package runfile_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/folder"
	"github.com/krunk-go/krunk/krunk"
)

// Events of runs that died pass BeforeSend as well, and never while another one does.
func TestBeforeSendOfDeadRuns(t *testing.T) {
	dir := folder.Held(t)
	play(t, "goroutine", dir)
	var inside, dead atomic.Int32
	var box inbox
	cfg := config(dir, &box)
	cfg.Release = "game@2"
	cfg.BeforeSend = krunk.Edit(func(e *krunk.Event) bool {
		if inside.Add(1) != 1 {
			t.Error("two calls at once")
		}
		defer inside.Add(-1)
		time.Sleep(2 * time.Millisecond)
		if e.Release == "game@1" && e.Panic {
			dead.Add(1)
			e.Title = "edited of " + e.Tags["map"]
		}
		return true
	})
	c := start(t, cfg)
	for range 100 {
		c.Report(errors.New("boom"))
		time.Sleep(time.Millisecond)
	}
	if !c.Flush(time.Minute) {
		t.Fatalf("flush: %+v", c.Stats())
	}
	c.Close(time.Minute)
	if n := strings.Count(box.all(), `"type":"edited of aztec"`); dead.Load() != 1 || n != 1 {
		t.Errorf("%d calls for panics of dead runs, %d of them arrived edited, want 1", dead.Load(), n)
	}
}
