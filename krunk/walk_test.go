package krunk

import (
	"testing"

	"github.com/krunk-go/krunk/internal/walk"
)

// A client that was started takes stacks by frame pointers where this build can: without it everything works, only slowly.
func TestClientWalksByFramePointers(t *testing.T) {
	c, err := Start(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(0)
	if got := c.walker != (walk.Walker{}); got != walk.Fast && walk.Fast {
		t.Errorf("got a client without walk.New, want one with it")
	}
}
