//go:build unix || windows

package runfile_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/folder"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// hung starts a game whose frames stop for good in a goroutine that ends with the returned function.
func hung(t *testing.T, cfg krunk.Config) (c *krunk.Client, end func()) {
	t.Helper()
	c = start(t, cfg)
	thaw := make(chan struct{})
	go func() {
		c.Beat()
		<-thaw
		c.Beat()
		c.Pause()
	}()
	return c, func() { close(thaw) }
}

// of returns the only event of a server.
func of(t *testing.T, srv *sentrytest.Server) sentrytest.Event {
	t.Helper()
	if n := len(srv.Events()); n != 1 {
		t.Fatalf("%d events arrived, want 1", n)
	}
	return srv.Events()[0]
}

// With a run file the event of a hang goes out when frames go on, with its length, and once.
func TestHangIsToldWithItsLength(t *testing.T) {
	dir := folder.Held(t)
	synctest.Test(t, func(t *testing.T) {
		srv := sentrytest.New(sentrytest.Options{})
		cfg := config(dir, srv.Transport())
		cfg.DSN = srv.DSN()
		c, thaw := hung(t, cfg)
		time.Sleep(time.Hour)
		if n := len(srv.Events()); n != 0 {
			t.Errorf("%d events arrived while it hangs, want none: nobody knows how it ends", n)
		}
		thaw()
		synctest.Wait()
		time.Sleep(time.Second)
		e := of(t, srv)
		if ms := e.Contexts["krunk"]["hang_ms"]; e.Level != "error" || !e.Handled() || ms != int64(3_600_000) || !strings.HasPrefix(e.Title(), "AppHang") {
			t.Errorf("got %s %s of %v ms, handled %v, want an error of an hour", e.Level, e.Title(), ms, e.Handled())
		}
		c.Close(time.Minute)
		of(t, srv)
	})
	later(t, dir)
}

// Who flushes while it hangs has it told as an error, and nobody tells it again.
func TestHangIsToldByFlush(t *testing.T) {
	dir := folder.Held(t)
	synctest.Test(t, func(t *testing.T) {
		srv := sentrytest.New(sentrytest.Options{})
		cfg := config(dir, srv.Transport())
		cfg.DSN = srv.DSN()
		c, thaw := hung(t, cfg)
		time.Sleep(time.Minute)
		if !c.Flush(time.Minute) {
			t.Errorf("flush: %+v", c.Stats())
		}
		if e := of(t, srv); e.Level != "error" || e.Contexts["krunk"]["hang_ms"] != nil {
			t.Errorf("got %s, %v, want an error that does not know its length", e.Level, e.Contexts["krunk"])
		}
		thaw()
		time.Sleep(time.Minute)
		c.Close(time.Minute)
		of(t, srv)
	})
	later(t, dir)
}

// A hang that Close could not deliver is an error for the next start: the run was closed, and did not die of it.
func TestHangAndClose(t *testing.T) {
	dir := folder.Held(t)
	play(t, "hang, then close", dir)
	b := new(inbox)
	c := start(t, config(dir, b))
	defer c.Close(0)
	c.Flush(time.Minute)
	if n := strings.Count(b.all(), `"type":"AppHang","value"`); n != 1 || strings.Contains(b.all(), `"level":"fatal"`) {
		t.Errorf("%d events of the hang in a run that ended %v:\n%s", n, c.LastRun().How, b.all())
	}
}

// later sees that the next start has nothing to send.
func later(t *testing.T, dir string) {
	t.Helper()
	b := new(inbox)
	c := start(t, config(dir, b))
	defer c.Close(time.Minute)
	c.Flush(time.Minute)
	if strings.Contains(b.all(), "AppHang") {
		t.Errorf("the next start sent it again:\n%s", b.all())
	}
}
