package httpsource

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// steered starts a client under a controller.
func steered(t *testing.T, o sampling.Options) (*krunk.Client, *sampling.Controller) {
	t.Helper()
	ctl, err := sampling.New(sampling.Identity{ID: "a"}, o)
	if err != nil {
		t.Fatal(err)
	}
	sentry := sentrytest.New(sentrytest.Options{AnyTime: true})
	client, err := krunk.Start(krunk.Config{DSN: sentry.DSN(), Transport: sentry.Transport(), Sampling: krunk.Steer(ctl)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(time.Second) })
	return client, ctl
}

// After a no nothing asks for a policy, nor does a hint change that; the yes asks at once, and not some time within the interval, which is for
// fleets that start together. What was cut off by the no is no failure.
func TestNothingIsAskedAfterANo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, ctl := steered(t, sampling.Options{})
		var hang atomic.Bool
		var asked atomic.Int32
		var last atomic.Pointer[time.Time]
		o := new(origin)
		o.answer = func(_ int, r *http.Request) *http.Response {
			now := time.Now()
			last.Store(&now)
			asked.Add(1)
			if hang.Load() {
				<-r.Context().Done()
				return nil
			}
			return answer(200, policy("1", `,"poll":{"every":"1h"}`), "ETag", `"1"`)
		}
		s, err := New("https://game.example/policy", Options{Client: &http.Client{Transport: o}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- ctl.Run(ctx, s) }()
		time.Sleep(coldPhase)
		synctest.Wait()
		if n := asked.Load(); n != 1 {
			t.Fatalf("%d requests at first, want 1", n)
		}
		hang.Store(true)
		for asked.Load() < 2 { // the next one is under way
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if err := client.Consent(krunk.Denied); err != nil {
			t.Fatal(err)
		}
		for range 48 {
			s.Hint()
			time.Sleep(time.Hour)
		}
		synctest.Wait()
		if n := asked.Load(); n != 2 {
			t.Errorf("%d requests in two days after a no", n-2)
		}
		if err := ctl.Status().FetchError; err != nil {
			t.Errorf("a request that a no has cut off is told as a failure: %v", err)
		}
		hang.Store(false)
		yes := time.Now()
		if err := client.Consent(krunk.Granted); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := asked.Load(); n != 3 || !last.Load().Equal(yes) {
			t.Errorf("%d requests at the moment of the yes, want 1", n-2)
		}
		stop()
		<-ended
		if s.soon.Load() {
			t.Error("a run that the game has ended is taken for one that a no has ended")
		}
	})
}

// A connection that the source made for itself does not stay open after a no.
func TestNoConnectionStaysAfterANo(t *testing.T) {
	applied := make(chan struct{}, 1)
	client, ctl := steered(t, sampling.Options{OnChange: func(sampling.Change) { applied <- struct{}{} }})
	closed := make(chan struct{}, 16)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, policy("1", ""))
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			closed <- struct{}{}
		}
	}
	server.Start()
	defer server.Close()
	s, err := New(server.URL, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.soon.Store(true) // so that the test need not wait for the first request
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { _ = ctl.Run(ctx, s) }()
	<-applied // all of the body was read, and the connection is kept for the next request
	if err := client.Consent(krunk.Denied); err != nil {
		t.Fatal(err)
	}
	select {
	case <-closed:
	case <-time.After(30 * time.Second):
		t.Error("the connection stays open")
	}
}
