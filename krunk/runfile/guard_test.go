//go:build linux && !race

package runfile_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/folder"
	"github.com/krunk-go/krunk/krunk"
)

// The race detector makes atomic stores in C code, where no fault becomes a panic: hence the build constraint.
//
// A run file that is cut while the game runs costs what was in it, and nothing else: the game goes on, nothing panics, and what is captured from then on
// arrives.
func TestCutWhileTheGameRuns(t *testing.T) {
	if os.Getenv("KRUNK_EXEC") != "" {
		t.Skip("qemu says 0 for the address of a fault")
	}
	for name, size := range map[string]int64{"all of it": 0, "the ring": 1200 << 10, "nothing but the head": 4096} {
		t.Run(name, func(t *testing.T) {
			var box inbox
			c := start(t, config(folder.Held(t), &box))
			net := c.Channel("net")
			ring, err := c.Ring("inputs", 32<<10)
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			stop := make(chan struct{})
			for i := range 4 {
				wg.Go(func() {
					for n := 0; ; n++ {
						select {
						case <-stop:
							return
						default:
						}
						c.Beat()
						if i == 0 {
							ring.Write(make([]byte, 1000))
						}
						net.Debug("crumb", krunk.Int("n", n))
						net.Info("line")
						if n%50 == 0 {
							net.Report(fmt.Errorf("error of %d", i))
							c.SetTag("n", fmt.Sprint(n))
							c.Channel(fmt.Sprintf("channel.%d.%d", i, n))
						}
						c.Stats()
						time.Sleep(100 * time.Microsecond)
					}
				})
			}
			time.Sleep(50 * time.Millisecond)
			if err := os.Truncate(c.Stats().RunFile, size); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
			close(stop)
			wg.Wait()
			c.Flush(time.Minute)
			ring.Write(make([]byte, 1000))
			c.ReportPanic("a fatal one")
			net.Report(errors.New("after all"))
			if !c.Flush(time.Minute) || !strings.Contains(box.all(), "after all") {
				t.Errorf("what was captured afterwards did not arrive: %+v", c.Stats())
			}
			if s := c.Stats(); !strings.Contains(s.RunFile, "taken away") {
				t.Errorf("Stats.RunFile %q", s.RunFile)
			}
			if !c.Close(time.Minute) {
				t.Errorf("close: %+v", c.Stats())
			}
		})
	}
}

// The player may answer where the file was cut, and nobody has met that yet.
func TestAnswerWhereTheFileWasCut(t *testing.T) {
	if os.Getenv("KRUNK_EXEC") != "" {
		t.Skip("qemu says 0 for the address of a fault")
	}
	for name, answers := range map[string][]krunk.Consent{"no": {krunk.Denied, krunk.Granted}, "yes": {krunk.Granted, krunk.Denied, krunk.Granted}} {
		for _, size := range []int64{0, 4096, 1200 << 10, 1550 << 10} {
			t.Run(fmt.Sprint(name, " ", size), func(t *testing.T) {
				var box inbox
				cfg := config(folder.Held(t), &box)
				cfg.Consent = krunk.Ask
				c := start(t, cfg)
				ring, err := c.Ring("inputs", 32<<10)
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(20 * time.Millisecond)
				if err := os.Truncate(c.Stats().RunFile, size); err != nil {
					t.Fatal(err)
				}
				for _, answer := range answers {
					if err := say(c, answer); err != nil {
						t.Errorf("%d: %v", answer, err)
					}
				}
				if _, err := c.Ring("other", 64); err != nil {
					t.Error(err)
				}
				ring.Write(make([]byte, 1000))
				c.Report(errors.New("after all"))
				if !c.Flush(time.Minute) || !strings.Contains(box.all(), "after all") {
					t.Errorf("what was captured afterwards did not arrive: %+v", c.Stats())
				}
				c.Close(time.Minute)
			})
		}
	}
}
