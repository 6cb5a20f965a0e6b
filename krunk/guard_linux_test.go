package krunk_test

import (
	"errors"
	"runtime/debug"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/krunk"
)

// A text in memory that is not there any more costs its record: the caller goes on, and so does everything that is captured after
// it. Without the guard between Reserve and Commit the recorder waits for that record for ever.
func TestFaultWhileWriting(t *testing.T) {
	page, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip(err)
	}
	gone := unsafe.String(unsafe.SliceData(page), 100)
	if err := syscall.Mprotect(page, syscall.PROT_NONE); err != nil { // not unmapped: the runtime may map something else there
		t.Fatal(err)
	}
	defer syscall.Munmap(page)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	c, srv := controlled(t, krunk.Config{Channels: map[string]krunk.Thresholds{"logs": {Send: "info"}}}, "")
	boom := errors.New("boom")
	for name, call := range map[string]func(){
		"report":  func() { c.Report(boom, krunk.String("k", gone)) },
		"message": func() { c.Channel("net").Info(gone) },
		"log":     func() { c.Channel("logs").Info("m", krunk.String("k", gone)) },
		"key":     func() { c.Channel("net").Error("m", krunk.Int(gone, 1)) },
		"tag":     func() { c.SetTag("k", gone) },
		"panic":   func() { c.ReportPanic("boom", krunk.String("k", gone)) },
	} {
		call()
		if !c.Flush(time.Minute) {
			t.Fatalf("%s: the recorder stands still", name)
		}
	}
	if id := c.Report(boom, krunk.String("k", "here")); id.IsZero() || !c.Flush(time.Minute) || len(srv.Events()) != 1 {
		t.Errorf("%d events arrived, want the one that was whole", len(srv.Events()))
	}
	if n := told(srv, "internal_sdk_error", "error"); n != 3 || c.Stats().HistoryLost != 1 {
		t.Errorf("told %v and %d lost of history, want 3 errors, 1 log record and 1", srv.Discards(), c.Stats().HistoryLost)
	}
}
