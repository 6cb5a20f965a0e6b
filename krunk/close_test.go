package krunk_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
)

// A transport that never returns is left behind: Close takes what it was given and a tenth of a second, no more.
func TestCloseLeavesADeafTransportBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		c, err := krunk.Start(krunk.Config{
			DSN: "https://0123456789abcdef0123456789abcdef@sentry.example/42",
			Transport: transport.Func(func(transport.Context, *transport.Request) (transport.Response, error) {
				<-release
				return transport.Response{}, errors.New("too late")
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		c.Report(errors.New("boom"))
		synctest.Wait()
		begin := time.Now()
		if c.Close(2 * time.Second) {
			t.Error("Close reports success")
		}
		if d := time.Since(begin); d != 2100*time.Millisecond {
			t.Errorf("Close took %v, want its two seconds and the grace of 100 ms", d)
		}
		if s := c.Stats(); s.Waiting != 1 {
			t.Errorf("%d envelopes wait, want the one that never got an answer", s.Waiting)
		}
		if begin = time.Now(); c.Close(time.Hour) || !time.Now().Equal(begin) {
			t.Error("the second Close waited or reports success")
		}
		close(release)
	})
}
