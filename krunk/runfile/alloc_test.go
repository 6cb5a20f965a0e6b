//go:build !race && (unix || windows)

package runfile_test

import (
	"testing"

	"github.com/krunk-go/krunk/internal/allocs"
	"github.com/krunk-go/krunk/internal/folder"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/runfile"
)

// A capture into the mapped file does not allocate, nor does a beat.
func TestCaptureDoesNotAllocate(t *testing.T) {
	c := start(t, krunk.Config{RunFile: runfile.In(folder.Held(t))})
	defer c.Close(0)
	ch := c.Channel("net")
	c.Beat()
	ring, err := c.Ring("inputs", 4096)
	if err != nil {
		t.Fatal(err)
	}
	input := make([]byte, 64)
	for name, f := range map[string]func(){
		"breadcrumb": func() { ch.Debug("packet lost", krunk.Int("seq", 1), krunk.String("peer", "b")) }, "beat": c.Beat, "ring": func() { ring.Write(input) },
	} {
		if n := allocs.Least(100, f); n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
}
