package sampling_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// waiter is a source that waits for the end of its context, and fails first as often as it is told.
type waiter struct {
	runs, fails atomic.Int32
	ctx         atomic.Pointer[context.Context] // of the newest run
}

func (w *waiter) Run(ctx context.Context, to sampling.Sink) error {
	w.ctx.Store(&ctx)
	w.runs.Add(1)
	if w.fails.Add(-1) >= 0 {
		return errors.New("no way out")
	}
	<-ctx.Done()
	return ctx.Err()
}

// runs reports how often the source was started, and whether it runs.
func (w *waiter) state() (runs int32, running bool) {
	ctx := w.ctx.Load()
	return w.runs.Load(), ctx != nil && (*ctx).Err() == nil
}

// While the player says no a source rests, from before Consent returns, and it runs again with a yes, at once and whoever came first: the source, the
// client, or an answer of an earlier run of the game. Ask is no no.
func TestSourcesRestAfterANo(t *testing.T) {
	for _, row := range []struct {
		name   string
		first  krunk.Consent
		before bool // the source runs before there is a client
		fails  int32
	}{
		{"granted", krunk.Granted, false, 0},
		{"granted, the source first", krunk.Granted, true, 0},
		{"asked", krunk.Ask, false, 0},
		{"denied from the start", krunk.Denied, false, 0},
		{"denied from the start, the source first", krunk.Denied, true, 0},
		{"a source that fails", krunk.Granted, false, 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { rests(t, row.first, row.before, row.fails) })
		})
	}
}

func rests(t *testing.T, first krunk.Consent, before bool, fails int32) {
	ctl, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	source, ended := new(waiter), make(chan error, 1)
	source.fails.Store(fails)
	run := func() { ended <- ctl.Run(ctx, source) }
	if before {
		go run()
		synctest.Wait()
	}
	sentry := sentrytest.New(sentrytest.Options{AnyTime: true})
	client, err := krunk.Start(krunk.Config{DSN: sentry.DSN(), Transport: sentry.Transport(), Sampling: krunk.Steer(ctl), Consent: first})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(time.Second)
	if !before {
		go run()
	}
	synctest.Wait()
	want := func(when string, running bool) {
		t.Helper()
		if _, got := source.state(); got != running {
			t.Errorf("%s: the source runs: %v", when, got)
		}
	}
	say := func(answer krunk.Consent) {
		t.Helper()
		if err := client.Consent(answer); err != nil {
			t.Fatal(err)
		}
	}
	if fails == 0 {
		want("at first", first != krunk.Denied)
	}
	for range 3 {
		say(krunk.Denied)
		want("after a no", false)
		runs, _ := source.state()
		time.Sleep(48 * time.Hour)
		if got, _ := source.state(); got != runs {
			t.Errorf("the source was started %d times after a no", got-runs)
		}
		want("two days later", false)
		if err := ctl.Status().FetchError; err != nil && fails == 0 {
			t.Errorf("a no is told as a failure: %v", err)
		}
		say(krunk.Granted)
		synctest.Wait()
		if fails == 0 {
			want("after a yes", true)
		}
	}
	time.Sleep(time.Hour)
	want("an hour later", true)
	say(krunk.Ask)
	synctest.Wait()
	want("after Ask", true)
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v", err)
	}

	// It is forgotten, and one that rests can be ended too.
	say(krunk.Denied)
	ctx, stop = context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if err := ctl.Run(ctx, source); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Run of a source that rests returned %v", err)
	}
}

// A no from inside of what Krunk calls counts at once for sources too.
func TestSourcesRestAfterANoFromInside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctl, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var client *krunk.Client
		source := new(waiter)
		running := true
		sentry := sentrytest.New(sentrytest.Options{AnyTime: true})
		client, err = krunk.Start(krunk.Config{DSN: sentry.DSN(), Transport: sentry.Transport(), Sampling: krunk.Steer(ctl), BeforeSend: krunk.Edit(func(*krunk.Event) bool {
			_ = client.Consent(krunk.Denied)
			_, running = source.state()
			return true
		})})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close(time.Second)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go func() { _ = ctl.Run(ctx, source) }()
		synctest.Wait()
		client.Report(errors.New("x"))
		client.Flush(time.Minute)
		if running {
			t.Error("the source runs on after a no from BeforeSend")
		}
	})
}

// A yes starts a source at once that has failed so often that it is started seldom, and that somebody else plays does not.
func TestAYesEndsTheWaitOfASourceThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctl, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
		if err != nil {
			t.Fatal(err)
		}
		sentry := sentrytest.New(sentrytest.Options{AnyTime: true})
		client, err := krunk.Start(krunk.Config{DSN: sentry.DSN(), Transport: sentry.Transport(), Sampling: krunk.Steer(ctl)})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close(time.Second)
		source := new(waiter)
		source.fails.Store(1000)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go func() { _ = ctl.Run(ctx, source) }()
		for source.runs.Load() < 15 { // half an hour at least until the next one
			time.Sleep(time.Second)
			synctest.Wait()
		}
		client.SetUser(krunk.User{ID: "p-2"})
		synctest.Wait()
		if n := source.runs.Load(); n != 15 {
			t.Errorf("the source was started %d times for another player", n-15)
		}
		for _, answer := range []krunk.Consent{krunk.Denied, krunk.Granted} {
			if err := client.Consent(answer); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if n := source.runs.Load(); n != 16 {
			t.Errorf("the source was started %d times for a yes behind a no, want once", n-15)
		}
	})
}
