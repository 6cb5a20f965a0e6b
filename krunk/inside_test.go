package krunk_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/krunkslog"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// below calls f with n frames more on the stack.
func below(n int, f func()) {
	if n > 0 {
		below(n-1, f)
		return
	}
	f()
}

// A transport whose own log goes to Krunk must not keep itself busy: what is recorded inside of Send is history.
func TestTransportMayLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sentrytest.New(sentrytest.Options{AnyTime: true})
		var c *krunk.Client
		calls := 0
		var ids []krunk.EventID
		send := transport.Func(func(ctx transport.Context, r *transport.Request) (transport.Response, error) {
			if calls++; calls > 20 {
				return srv.Transport().Send(ctx, r)
			}
			log := slog.New(krunkslog.New(c.Channel("http"), nil))
			for _, n := range []int{0, 70} {
				below(n, func() {
					log.Info("request")
					log.Error("slow answer", "err", errors.New("timeout"))
					c.Channel("http").Error("slow answer")
					ids = append(ids, c.Report(errors.New("timeout")), c.ReportPanic(fmt.Sprint("bad pool ", n)))
				})
			}
			return srv.Transport().Send(ctx, r)
		})
		c, err := krunk.Start(krunk.Config{
			DSN: srv.DSN(), Transport: send, MaxRepeats: -1, Panics: krunk.Panics{MaxRepeats: -1}, Channels: map[string]krunk.Thresholds{"http": {Send: "info"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		c.Report(errors.New("boom"))
		time.Sleep(time.Hour)
		synctest.Wait()
		if calls != 1 || len(srv.Events()) != 1 || len(srv.Logs()) != 0 {
			t.Errorf("%d requests with %d events and %d log records for one error", calls, len(srv.Events()), len(srv.Logs()))
		}
		for _, id := range ids {
			if !id.IsZero() {
				t.Error("an id for what is no event")
			}
		}
		c.Channel("http").Info("outside")
		c.Report(errors.New("later"))
		c.Flush(time.Minute)
		crumbs := ""
		for _, b := range srv.Events()[1].Breadcrumbs {
			crumbs += b.Message + "\n"
		}
		for _, want := range []string{"request", "slow answer", "timeout", "bad pool 0", "bad pool 70"} {
			if !strings.Contains(crumbs, want) {
				t.Errorf("%q is not in the history:\n%s", want, crumbs)
			}
		}
		if n := len(srv.Logs()); n != 1 {
			t.Errorf("%d log records, want the one from outside of Send", n)
		}
		c.Close(time.Minute)
		srv.Verify(t)
	})
}
