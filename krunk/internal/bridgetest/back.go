package bridgetest

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// Say logs err with the message "said" at error, by a logger that has a bridge to the channel.
type Say func(err error)

// talker is an error whose text is not to be had without logging another one.
type talker struct {
	say   Say
	asked atomic.Bool
}

func (e *talker) Error() string {
	if e.asked.CompareAndSwap(false, true) {
		e.say(errors.New("inner"))
	}
	return "outer"
}

// CallsBack wants a logger to survive that it is called while it logs: by the value that it logs, and by the transport that carries what was
// logged. Neither hangs, both records of the first arrive, and the second does not feed itself. It also wants it to survive the client.
func CallsBack(t *testing.T, logger func(*krunk.Channel) Say) {
	t.Run("closed", func(t *testing.T) { closed(t, logger) })
	t.Run("value", func(t *testing.T) {
		c, srv := Start(t)
		say := logger(c.Channel("net"))
		within(t, func() { say(&talker{say: say}) })
		c.Flush(time.Minute)
		var values []string
		for _, e := range srv.Events() {
			values = append(values, e.Exceptions[0].Value)
		}
		slices.Sort(values)
		if !slices.Equal(values, []string{"inner", "outer"}) {
			t.Errorf("events of %q arrived, want inner and outer", values)
		}
	})
	t.Run("transport", func(t *testing.T) {
		srv := sentrytest.New(sentrytest.Options{})
		var say atomic.Pointer[Say]
		c, err := krunk.Start(krunk.Config{
			DSN: srv.DSN(), Release: "moonfall@1.4.2", Channels: map[string]krunk.Thresholds{"*": {Send: "debug"}}, MaxRepeats: -1,
			Transport: transport.Func(func(ctx transport.Context, r *transport.Request) (transport.Response, error) {
				(*say.Load())(errors.New("sending"))
				return srv.Transport().Send(ctx, r)
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		s := logger(c.Channel("net"))
		say.Store(&s)
		within(t, func() {
			s(errors.New("lost"))
			if !c.Flush(time.Minute) || !c.Close(time.Minute) {
				t.Error("not everything could be delivered")
			}
		})
		srv.Verify(t)
		if n := len(srv.Events()); n != 1 {
			t.Errorf("%d events arrived, want the one that was not logged while sending", n)
		}
	})
}

// closed wants a logger to go on when the client behind its bridge is closed, also when the black box is full.
func closed(t *testing.T, logger func(*krunk.Channel) Say) {
	c, err := krunk.Start(krunk.Config{Memory: 128 << 10})
	if err != nil {
		t.Fatal(err)
	}
	say := logger(c.Channel("net"))
	c.Close(time.Minute)
	within(t, func() {
		for range 500 {
			say(errors.New("late"))
		}
	})
}

// within fails the test, with the stacks of all goroutines, if f hangs.
func within(t *testing.T, f func()) {
	t.Helper()
	hung := time.AfterFunc(time.Minute, func() { panic("the logger waits for itself") })
	defer hung.Stop()
	f()
}
