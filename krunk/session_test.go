package krunk

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/allocs"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// A stay in the background of more than 30 s ends a session, when it began; another one begins when the game is back.
func TestSessionEndsInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sentrytest.New(sentrytest.Options{})
		c, err := Start(Config{DSN: srv.DSN(), Transport: srv.Transport(), Release: "moonfall@1"})
		if err != nil {
			t.Fatal(err)
		}
		for _, stay := range []time.Duration{time.Second, 30 * time.Second, 31 * time.Second, time.Hour, time.Second} {
			time.Sleep(time.Minute)
			c.Foreground(false)
			time.Sleep(stay)
			c.Foreground(true)
			synctest.Wait()
		}
		time.Sleep(time.Minute)
		c.Close(time.Minute)
		var got []string
		ids := make(map[string]bool)
		for _, s := range srv.Sessions() {
			got = append(got, fmt.Sprint(s.Status, " ", s.Init, " ", s.Duration))
			ids[s.ID] = true
		}
		want := "ok true 0, exited false 211, ok true 0, exited false 60, ok true 0, exited false 121"
		if got := strings.Join(got, ", "); got != want || len(ids) != 3 {
			t.Errorf("the server heard of %d sessions: %s, want %s", len(ids), got, want)
		}
		srv.Verify(t)
	})
}

func TestSessionCallsDoNotAllocate(t *testing.T) {
	srv := sentrytest.New(sentrytest.Options{})
	c, err := Start(Config{DSN: srv.DSN(), Transport: srv.Transport(), Release: "moonfall@1"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(time.Second)
	u := User{ID: "player-7"}
	if n := allocs.Least(100, func() {
		c.SetUser(u)
		c.Foreground(false)
		c.Foreground(true)
	}); n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
