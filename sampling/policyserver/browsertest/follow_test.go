package browsertest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
	"github.com/krunk-go/krunk/sampling/policyserver"
)

const (
	crowd     = 1000
	heartbeat = 500 * time.Millisecond
)

// From the key that moves the slider to the last of 1,000 clients, each a controller with a heartbeat of half a second. The times are
// printed (go test -v -run TestFollowTime), and nothing depends on them.
func TestFollowTime(t *testing.T) {
	g := newGame(t)
	following := make(chan struct{})
	var once sync.Once
	var there atomic.Int64
	var clients sync.WaitGroup
	done := make(chan struct{})
	defer clients.Wait()
	defer close(done)
	for n := range crowd {
		ctl, err := sampling.New(sampling.Identity{ID: fmt.Sprint("install-", n)}, sampling.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := policy.Simulate(ctl); err != nil {
			t.Fatal(err)
		}
		clients.Go(func() {
			defer ctl.Close()
			beats := time.NewTicker(heartbeat)
			defer beats.Stop()
			follow(g.Server, ctl, n)
			select {
			case <-done:
				return
			case <-time.After(rand.N(heartbeat)):
			}
			beats.Reset(heartbeat)
			for counted := false; ; {
				follow(g.Server, ctl, n)
				if !counted && ctl.Version().N == 1188 {
					if counted = true; there.Add(1) == crowd {
						once.Do(func() { close(following) })
					}
				}
				select {
				case <-done:
					return
				case <-beats.C:
				}
			}
		})
	}
	b := open(t, g.url+"/#key=s3cret")
	b.says("convergence", "100 % on 1187")
	b.do(chromedp.Focus("#slider"))
	begin := time.Now()
	b.keys(kb.End)
	b.until(`!document.getElementById("publish").disabled`)
	drafted := time.Since(begin)
	b.do(click("#publish"))
	b.says("said", "Published 3.1188")
	published := time.Since(begin)
	<-following
	followed := time.Since(begin)
	b.says("convergence", "100 % on 1188")
	t.Logf("page: draft after %.2f s, published %.2f s, %d clients follow %.2f s, the page says so %.2f s (heartbeat %s)",
		drafted.Seconds(), published.Seconds(), crowd, followed.Seconds(), time.Since(begin).Seconds(), heartbeat)
}

// follow is one heartbeat from both ends.
func follow(s *policyserver.Server, ctl *sampling.Controller, n int) {
	if ctl.Version().Less(sampling.VersionOfHint(s.Hint())) {
		b, _ := s.Bytes()
		_ = ctl.Apply(b, sampling.At{Source: "game"}) // the page shows who refuses
	}
	s.HeartbeatEcho(uint64(n), ctl.Echo())
}
