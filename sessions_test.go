package krunk_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// playing returns a client with sessions over a server that wants a crash and its session together.
func playing(t *testing.T, cfg krunk.Config, together bool) (*krunk.Client, *sentrytest.Server) {
	t.Helper()
	srv := sentrytest.New(sentrytest.Options{CrashTogether: together})
	cfg.DSN, cfg.Transport, cfg.Release, cfg.Environment = srv.DSN(), srv.Transport(), "moonfall@1.4.2", "playtest"
	c, err := krunk.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c.SetUser(krunk.User{ID: "player-7"})
	t.Cleanup(func() {
		c.Close(time.Minute)
		srv.Verify(t)
	})
	return c, srv
}

// told is what a server heard of sessions, as "envelope init status errors".
func told(srv *sentrytest.Server) string {
	var out []string
	for _, s := range srv.Sessions() {
		text := fmt.Sprintf("%d %s %d", s.Envelope, s.Status, s.Errors)
		if s.Init {
			text += " init"
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

// die is a panic that kills the program, as far as a test can have one.
func die(c *krunk.Client) {
	defer func() { _ = recover() }()
	defer c.Repanic()
	panic("hull breach")
}

var errPlay = errors.New("no such save")

func TestSessions(t *testing.T) {
	away := sentrytest.Reply{Reset: true}
	for _, tt := range []struct {
		name    string
		cfg     krunk.Config
		replies []sentrytest.Reply
		play    func(c *krunk.Client)
		apart   bool // the crash is told without its event
		want    string
		lost    string
	}{
		{name: "healthy", play: func(*krunk.Client) { time.Sleep(time.Hour) }, want: "1 ok 0 init, 2 exited 0"},
		{name: "shorter than 5 s", play: func(*krunk.Client) { time.Sleep(4 * time.Second) }, want: "1 exited 0 init"},
		{name: "an error", play: func(c *krunk.Client) { c.Report(errPlay); c.Report(errPlay); time.Sleep(time.Hour) }, want: "1 ok 0 init, 1 ok 1, 3 exited 2"},
		{name: "a late error", play: func(c *krunk.Client) { time.Sleep(time.Hour); c.Report(errPlay); time.Sleep(time.Hour) }, want: "1 ok 0 init, 2 ok 1, 3 exited 1"},
		{name: "a warning is no error", cfg: krunk.Config{Channels: map[string]krunk.Thresholds{"*": {Issue: "warn"}}},
			play: func(c *krunk.Client) { c.Channel("net").Warn("slow"); time.Sleep(time.Hour) }, want: "1 ok 0 init, 2 exited 0"},
		{name: "errors over the limit of repeats", cfg: krunk.Config{MaxRepeats: 1},
			play: func(c *krunk.Client) {
				for range 10 {
					c.Report(errPlay)
				}
				time.Sleep(time.Hour)
			}, want: "1 ok 0 init, 1 ok 1, 2 exited 10", lost: "sample_rate error 9"},
		{name: "a panic that is recovered", play: func(c *krunk.Client) {
			func() { defer c.Recover(); panic("frame") }()
			time.Sleep(time.Hour)
		}, want: "1 ok 0 init, 1 ok 1, 2 exited 1"},
		{name: "a crash", play: func(c *krunk.Client) { time.Sleep(time.Hour); die(c) }, want: "1 ok 0 init, 2 crashed 1"},
		{name: "an early crash", play: die, want: "1 crashed 1 init"},
		{name: "a crash of a closed client", play: func(c *krunk.Client) {
			defer func() { _ = recover() }()
			defer c.Repanic()
			defer c.Close(time.Minute)
			panic("hull breach")
		}, want: "1 crashed 1 init"},
		{name: "a crash whose kind was told too often", cfg: krunk.Config{Panics: krunk.Panics{MaxRepeats: 1}}, play: func(c *krunk.Client) {
			for range 2 {
				func() { defer c.Recover(); panics() }()
			}
			time.Sleep(time.Minute)
			func() {
				defer func() { _ = recover() }()
				defer c.Repanic()
				panics()
			}()
		}, want: "1 ok 0 init, 1 ok 1, 2 crashed 3", lost: "sample_rate error 1"},
		{name: "log records", cfg: krunk.Config{Channels: map[string]krunk.Thresholds{"*": {Send: "info"}}},
			play: func(c *krunk.Client) { time.Sleep(time.Second); c.Channel("net").Info("hello"); time.Sleep(time.Hour) }, want: "1 ok 0 init, 3 exited 0"},
		{name: "the server is away at first", replies: []sentrytest.Reply{away, away}, play: func(*krunk.Client) { time.Sleep(time.Hour) }, want: "3 ok 0 init, 4 exited 0"},
		{name: "the answer is lost", replies: []sentrytest.Reply{{Reset: true, Keep: true}}, play: func(*krunk.Client) { time.Sleep(time.Hour) },
			want: "1 ok 0 init, 2 ok 0 init, 3 exited 0"},
		{name: "the answer is lost at a crash", replies: []sentrytest.Reply{{}, {Reset: true, Keep: true}}, play: func(c *krunk.Client) { time.Sleep(time.Hour); die(c) },
			want: "1 ok 0 init, 2 crashed 1, 3 crashed 1"},
		{name: "sessions are limited", replies: []sentrytest.Reply{sentrytest.Limit("600:session:organization")}, play: func(c *krunk.Client) {
			time.Sleep(time.Minute)
			c.Report(errPlay)
			time.Sleep(time.Hour)
		}, want: "3 ok 0 init, 3 ok 1, 4 exited 1"},
		{name: "closed while sessions are limited", replies: []sentrytest.Reply{sentrytest.Limit("600:session:organization")},
			play: func(c *krunk.Client) { time.Sleep(time.Minute) }, lost: "ratelimit_backoff session 1"},
		{name: "errors are limited", apart: true, replies: []sentrytest.Reply{{Status: 429, RateLimits: "600:error:organization", Keep: true}}, play: func(c *krunk.Client) {
			c.Report(errPlay)
			time.Sleep(time.Minute)
			die(c)
		}, want: "1 ok 0 init, 1 ok 1, 2 crashed 2"},
		{name: "compressed", cfg: krunk.Config{Compress: deflate.Items()}, play: func(c *krunk.Client) {
			for i := range 20 {
				c.Channel("net").Info("crumb", krunk.Int("i", i))
			}
			c.Report(errPlay)
			time.Sleep(time.Hour)
			die(c)
		}, want: "1 ok 0 init, 1 ok 1, 2 crashed 2"},
		{name: "none are wanted", cfg: krunk.Config{NoSessions: true}, play: func(c *krunk.Client) { time.Sleep(time.Hour); die(c) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, srv := playing(t, tt.cfg, !tt.apart)
				srv.Next(tt.replies...)
				tt.play(c)
				c.Close(time.Minute)
				if got := told(srv); got != tt.want {
					t.Errorf("the server heard %q, want %q", got, tt.want)
				}
				var lost []string
				for _, l := range c.Stats().Losses {
					lost = append(lost, fmt.Sprint(l.Reason, " ", l.Category, " ", l.Quantity))
				}
				if got := strings.Join(lost, ", "); got != tt.lost {
					t.Errorf("lost %q, want %q", got, tt.lost)
				}
				for _, s := range srv.Sessions() {
					if s.Release != "moonfall@1.4.2" || s.Environment != "playtest" || s.User == "" || s.User == "player-7" {
						t.Errorf("session %+v, want release, environment and a hash of the user", s)
					}
				}
			})
		})
	}
}

func panics() { panic("hull breach") }

// A server that refuses what has a session in it costs no event, and is told nothing more of them.
func TestServerThatRefusesSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := playing(t, krunk.Config{}, false)
		srv.Answer(func(r sentrytest.Received) sentrytest.Reply {
			for _, it := range r.Envelope.Items {
				if it.Type == "session" {
					return sentrytest.Reply{Status: 400}
				}
			}
			return sentrytest.OK()
		})
		for range 10 {
			c.Report(errPlay)
			time.Sleep(time.Minute)
		}
		die(c)
		c.Close(time.Minute)
		if n, refused := len(srv.Events()), len(srv.Refused()); n != 11 || refused != 3 {
			t.Errorf("%d events arrived and %d envelopes were refused, want all 11; one beside an event, one for itself and the end", n, refused)
		}
		if l := c.Stats().Losses; len(l) != 1 || l[0] != (krunk.Loss{Reason: "send_error", Category: "session", Quantity: 2}) {
			t.Errorf("lost %v, want two updates of the session", l)
		}
	})
}

// Who is told of a run, and of none.
func TestSessionsNeedARelease(t *testing.T) {
	for _, tt := range []struct {
		name, release string
		want          bool
	}{{"given", "moonfall@1", true}, {"none in this build", "", false}, {"given, though it looks like none", "moonfall@devel", true}} {
		synctest.Test(t, func(t *testing.T) {
			c, srv := start(t, krunk.Config{Release: tt.release})
			time.Sleep(time.Hour)
			c.Close(time.Minute)
			if got := len(srv.Sessions()) > 0; got != tt.want || srv.Requests() > 0 != tt.want {
				t.Errorf("release %s: sessions %v, %d requests; want %v", tt.name, got, srv.Requests(), tt.want)
			}
		})
	}
}

// Under the kill switch nothing is told, and of what a policy refuses only that there was something.
func TestSessionsUnderAPolicy(t *testing.T) {
	for _, tt := range []struct{ name, policy, want string }{
		{"kill switch", `"enabled":false`, ""},
		{"no errors", `"channels":{"*":{"issue":"off"}}`, "1 ok 0 init, 2 exited 1"},
		{"outside of the cohort", `"clients":0`, "1 ok 0 init, 2 exited 1"},
		{"one of many errors", `"channels":{"*":{"events":0}}`, "1 ok 0 init, 1 ok 1, 2 exited 1"},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctl, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
			if err != nil {
				t.Fatal(err)
			}
			c, srv := playing(t, krunk.Config{Sampling: krunk.Steer(ctl)}, true)
			if err := ctl.Apply([]byte(`{"krunk":1,"version":1,` + tt.policy + `}`)); err != nil {
				t.Fatal(err)
			}
			c.Report(errPlay)
			time.Sleep(time.Hour)
			c.Close(time.Minute)
			if got := told(srv); got != tt.want {
				t.Errorf("%s: the server heard %q, want %q", tt.name, got, tt.want)
			}
		})
	}
}

// wide is a transport that takes four envelopes at a time.
type wide struct{ transport.Transport }

func (wide) Parallel() int { return 4 }

// Whatever a server answers and however much is on its way, it hears of each session once, and in order.
func TestSessionsInAStorm(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 9))
			srv := sentrytest.New(sentrytest.Options{})
			cfg := krunk.Config{DSN: srv.DSN(), Transport: srv.Transport(), Release: "moonfall@1.4.2", MaxRepeats: -1, Panics: krunk.Panics{MaxRepeats: -1}}
			if seed%2 == 0 {
				cfg.Transport = wide{cfg.Transport}
			}
			if seed%3 == 0 {
				cfg.Compress = deflate.Items()
			}
			c, err := krunk.Start(cfg)
			if err != nil {
				t.Fatal(err)
			}
			c.SetUser(krunk.User{ID: "player-7"})
			var mu sync.Mutex
			srv.Answer(func(sentrytest.Received) sentrytest.Reply {
				mu.Lock()
				defer mu.Unlock()
				delay := time.Duration(r.IntN(300)) * time.Millisecond
				switch r.IntN(10) {
				case 0:
					return sentrytest.Reply{Status: 503, Delay: delay}
				case 1:
					return sentrytest.Reply{Reset: true, Delay: delay, Keep: r.IntN(2) == 0}
				case 2:
					return sentrytest.Reply{Status: 429, RateLimits: "5:session:organization", Delay: delay}
				}
				return sentrytest.Slow(delay)
			})
			for i := range 40 {
				for range i % 7 {
					c.Report(errPlay)
				}
				time.Sleep(time.Duration(i*37%1900) * time.Millisecond)
			}
			if seed%4 == 0 {
				die(c)
			}
			srv.Answer(func(sentrytest.Received) sentrytest.Reply { return sentrytest.Slow(time.Second) })
			if seed%5 > 0 {
				time.Sleep(time.Hour)
			}
			if !c.Close(time.Minute) {
				t.Error("Close could not deliver everything")
			}
			for _, f := range srv.Faults() {
				t.Errorf("seed %d: %v", seed, f)
			}
			for _, l := range c.Stats().Losses {
				if l.Category == "session" {
					return // its end met a limit
				}
			}
			last := srv.Sessions()[len(srv.Sessions())-1]
			if want := map[bool]string{true: "crashed", false: "exited"}[seed%4 == 0]; last.Status != want || last.Errors < 100 {
				t.Errorf("seed %d: the last update is %+v, want %s with all errors", seed, last, want)
			}
		})
	}
}
