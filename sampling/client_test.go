package sampling

import (
	"slices"
	"testing"
	"unsafe"

	"github.com/krunk-go/krunk/internal/gate"
)

// Channel returns the state that a client's channel would have; the same one for every call.
func Channel(c *Controller, name string) *gate.Channel {
	ch := gate.NewChannel(name)
	c.mu.Lock()
	i := slices.IndexFunc(c.channels, func(old *gate.Channel) bool { return old.Name() == ch.Name() })
	if i >= 0 {
		ch = c.channels[i]
	}
	c.mu.Unlock()
	if i < 0 {
		adopt(unsafe.Pointer(c), ch)
	}
	return ch
}

// join puts a client with levels of its own under c.
func join(t *testing.T, c *Controller, base map[string]gate.Thresholds) *gate.Controls {
	t.Helper()
	var controls gate.Controls
	if err := c.Join(&controls, &gate.Program{Base: base}); err != nil {
		t.Fatal(err)
	}
	return &controls
}

// sends are the thresholds of a program that states one of them.
func sends(l gate.Level) gate.Thresholds {
	return gate.Thresholds{Trail: gate.Inherit, Send: l, Issue: gate.Inherit}
}
