package filesource_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/filesource"
)

// A policy from a file that somebody edits, and the last good one kept for the next start.
func Example() {
	dir, err := os.MkdirTemp("", "krunk")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "policy.json")
	_ = os.WriteFile(path, []byte(`{"krunk":1,"version":7,"clients":10}`), 0o600)

	applied := make(chan sampling.Change, 1)
	kept := filesource.NewStore(filepath.Join(dir, "last.json"))
	ctl, err := sampling.New(sampling.Identity{ID: "5f0c2c1e"}, sampling.Options{
		Storage: sampling.Keep(kept), OnChange: func(c sampling.Change) { applied <- c },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	go ctl.Run(ctx, filesource.New(path, time.Second))
	c := <-applied
	fmt.Println(c.Reason, c.New)
	stop()
	ctl.Close() // waits until the policy is stored

	again, _ := sampling.New(sampling.Identity{ID: "5f0c2c1e"}, sampling.Options{Storage: sampling.Keep(kept)})
	defer again.Close()
	fmt.Println(again.Version(), again.Status().Source)
	// Output:
	// applied 0.7
	// 0.7 stored
}
