package sampling

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/gate"
)

// A policy with as many mutes as it may hold makes nobody forget a flight log that was sent, nor which of the kinds have gone today.
func TestManyMutesForgetNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		c := controller(t, Identity{ID: "a", Player: "anna"}, Options{
			Verifier: Require(signedBy{}), Storage: Keep(&memory{}), Hash: func([]byte) (h [32]byte) { return h },
			Limits: Limits{Pull: NewPull(func(unsafe.Pointer, gate.Pull) bool { sent++; return true })},
		})
		var controls gate.Controls
		if err := c.Join(&controls, &gate.Program{Client: unsafe.Pointer(&sent)}); err != nil {
			t.Fatal(err)
		}
		apply := func(version, first, n int) {
			var mutes []string
			for i := range n {
				mutes = append(mutes, fmt.Sprintf(`"%08x":{"until":"2000-01-20T00:00:00Z","mute":true}`, first+i))
			}
			doc := v(fmt.Sprint(version), `"issued":"2000-01-01T00:00:00Z","expires":"2001-01-01T00:00:00Z","kinds":{`+strings.Join(mutes, ",")+`},"pulls":{"INC-1":{"until":"2000-01-20T00:00:00Z","player":["sha256:0000000000000000"]}}`)
			if err := c.Apply([]byte(doc), At{Signature: "kid=A; sig=AAAA"}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		for day := range 8 { // each of them with other kinds
			apply(2*day+1, 1000*day, 64)
			goes := 0
			for range 2 {
				for kind := range uint32(64) {
					if controls.Settle(&gate.Event{Kind: uint32(1000*day) + kind}) == gate.Goes {
						goes++
					}
				}
			}
			if goes != 64 {
				t.Errorf("day %d: %d events of 64 kinds went, want the first of each", day, goes)
			}
			apply(2*day+2, 1000*day, 64)
			time.Sleep(24 * time.Hour)
		}
		if sent != 1 {
			t.Errorf("%d flight logs for one request", sent)
		}
	})
}
