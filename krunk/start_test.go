package krunk_test

import (
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
)

// Start makes few, large blocks: a game waits for it. What only the goroutines need they make themselves.
func TestStartAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // the goroutines begin when Start has returned
	cfg := krunk.Config{
		DSN: "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1", Release: "game@1",
		Transport: transport.Func(func(transport.Context, *transport.Request) (transport.Response, error) {
			return transport.Response{Status: 200}, nil
		}),
	}
	least := uint64(math.MaxUint64)
	for range 10 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c, err := krunk.Start(cfg)
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatal(err)
		}
		c.Close(time.Second)
		least = min(least, after.Mallocs-before.Mallocs)
	}
	t.Logf("%d allocations", least)
	if least > 60 {
		t.Errorf("got %d allocations, want at most 60", least)
	}
}
