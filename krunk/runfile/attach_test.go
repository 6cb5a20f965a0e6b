//go:build !race && (unix || windows)

package runfile_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// What was attached to an event that waits when its program dies is sent by the next one; what stood for its own events is not asked for a dead
// run's.
func TestAttachmentsOutliveTheProgram(t *testing.T) {
	for name, pack := range map[string]transport.Compressor{"plain": nil, "compressed": deflate.Items()} {
		t.Run(name, func(t *testing.T) {
			srv := sentrytest.New(sentrytest.Options{AnyTime: true})
			var kept console
			cfg := kept.config(transport.Func(offline))
			cfg.DSN, cfg.Compress = srv.DSN(), pack
			first := start(t, cfg)
			first.Report(errors.New("boom"), krunk.Attach(krunk.Attachment{Name: "a.sav", Data: []byte(strings.Repeat("level 3\n", 200))}))
			until(func() bool { return first.Stats().Waiting > 0 })
			first.Pause()
			until(func() bool { return kept.saved() > 0 })
			first.Close(0)
			cfg.Transport = srv.Transport()
			second := start(t, cfg)
			if err := second.Attach(krunk.Attachment{Name: "b", Every: true, Data: []byte("of another run")}); err != nil {
				t.Fatal(err)
			}
			if !second.Flush(time.Minute) {
				t.Errorf("flush: %+v", second.Stats())
			}
			second.Close(time.Minute)
			srv.Verify(t)
			e := srv.Events()
			if len(e) != 1 {
				t.Fatalf("%d events", len(e))
			}
			if a := srv.Attachments(e[0].ID); len(a) != 1 || a[0].Filename != "a.sav" || len(a[0].Payload) != 1600 {
				t.Errorf("got %+v", a)
			}
		})
	}
}

func (c *console) saved() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.saves
}
