package httpsource

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

// A game server puts the hint into every heartbeat, and a cache goes on answering with the old policy: the fleet stays spread
// over the minute all the same, and nobody asks all the time.
func TestHintWithEveryHeartbeat(t *testing.T) {
	for _, beat := range []time.Duration{time.Hour, 5 * time.Second, 500 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			const clients = 300
			begin, polls := time.Now(), 0
			var firsts []time.Duration
			ctx, cancel := context.WithCancel(t.Context())
			for range clients {
				c, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if err := c.Apply([]byte(policy("1", `,"poll":{"every":"1h"}`)), sampling.At{ETag: `"1"`}); err != nil {
					t.Fatal(err)
				}
				first := true
				o := &origin{answer: func(int, *http.Request) *http.Response {
					polls++
					if first {
						first, firsts = false, append(firsts, time.Since(begin))
					}
					return answer(304, "")
				}}
				s, err := New("https://game.example/policy", Options{Client: &http.Client{Transport: o}})
				if err != nil {
					t.Fatal(err)
				}
				go s.Run(ctx, c)
				go func() {
					for ctx.Err() == nil {
						s.Hint()
						select {
						case <-ctx.Done():
						case <-time.After(beat):
						}
					}
				}()
			}
			time.Sleep(5 * time.Minute) // of the bubble
			cancel()
			synctest.Wait()
			slices.Sort(firsts)
			if len(firsts) < clients*9/10 {
				t.Fatalf("beat %v: %d of %d clients asked", beat, len(firsts), clients)
			}
			if m := firsts[len(firsts)/2]; m < 20*time.Second || m > 40*time.Second {
				t.Errorf("beat %v: half of the clients had asked after %v, want about 30 s", beat, m)
			}
			if polls > 8*clients {
				t.Errorf("beat %v: %d polls a client in 5 min", beat, polls/clients)
			}
		})
	}
}

func TestShortRetryAfter(t *testing.T) {
	for _, row := range []struct {
		after       string
		least, most time.Duration // between two requests
	}{
		{"1", defaultEvery * 4 / 5, defaultEvery * 6 / 5},
		{"0", leastEvery / 6, 90 * time.Minute},
		{"120", defaultEvery * 4 / 5, defaultEvery * 6 / 5}, // the server's word brings clients back
		{"99999999999999999999", mostBackoff, 90 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			o := &origin{answer: func(int, *http.Request) *http.Response { return answer(503, "", "Retry-After", row.after) }}
			poll(t, o, 24*time.Hour, sampling.Options{})
			if len(o.times) < 5 {
				t.Fatalf("Retry-After %s: %d requests in a day", row.after, len(o.times))
			}
			for i := range o.times[1:] {
				if d := o.times[i+1].Sub(o.times[i]); d < row.least || d > row.most {
					t.Errorf("Retry-After %s: %v between two requests", row.after, d)
				}
			}
		})
	}
}

// Whatever the interval, failures are not asked about more often than successes, and within an hour where it is shorter.
func TestFailuresKeepTheInterval(t *testing.T) {
	for _, every := range []time.Duration{leastEvery, defaultEvery, 30 * time.Minute, 40 * time.Minute, 50 * time.Minute, time.Hour, mostEvery} {
		for _, fails := range []int{0, 1, 5, 12, 14, 100, 140} {
			sum, least, most := time.Duration(0), mostEvery*2, time.Duration(0)
			s := schedule{rand: newRand(), every: every}
			const draws = 2000
			for range draws {
				s.fails = fails
				d := s.retry(0)
				sum, least, most = sum+d, min(least, d), max(most, d)
			}
			if mean := sum / draws; mean < every*19/20 {
				t.Errorf("interval %v, %d failures: %v on average", every, fails+1, mean)
			}
			if most > max(mostBackoff, every*6/5) {
				t.Errorf("interval %v, %d failures: up to %v", every, fails+1, most)
			}
			if most-least < every/3 {
				t.Errorf("interval %v, %d failures: from %v to %v is no spread", every, fails+1, least, most)
			}
		}
		for n, s := 0, (schedule{rand: newRand(), every: every}); n < s.patient(); n++ {
			if d := s.retry(0); d < every*4/5 || d > every*6/5 {
				t.Errorf("interval %v: %v after failure %d", every, d, n+1)
			}
		}
	}
}

// Heartbeats with hints do not turn a back-off into a request a minute.
func TestHintsDoNotOverrideAServerInTrouble(t *testing.T) {
	for _, row := range []struct {
		status, then int // then: after the first answer
		least, most  int
	}{
		{503, 503, 1, 4}, {429, 429, 1, 4},
		{404, 404, 60, 250}, {503, 404, 20, 250}, // a server that has no trouble, or no longer: hints bring polls
	} {
		synctest.Test(t, func(t *testing.T) {
			c, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			o := &origin{answer: func(n int, _ *http.Request) *http.Response {
				if n > 1 {
					return answer(row.then, "", "Retry-After", "3600")
				}
				return answer(row.status, "", "Retry-After", "3600")
			}}
			s, err := New("https://game.example/policy", Options{Client: &http.Client{Transport: o}})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
			defer cancel()
			go s.Run(ctx, c)
			for ctx.Err() == nil {
				s.Hint()
				select {
				case <-ctx.Done():
				case <-time.After(7 * time.Second):
				}
			}
			synctest.Wait()
			if n := len(o.times); n < row.least || n > row.most {
				t.Errorf("%d, then %d: %d requests in 3 h with a hint every 7 s, want %d to %d", row.status, row.then, n, row.least, row.most)
			}
		})
	}
}

// A hint that comes just after the machine woke up does not bring the poll at once: the whole fleet may have woken up.
func TestHintAfterSuspend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		sum, shared := time.Duration(0), newRand()
		const machines = 200
		for range machines {
			s, err := New("https://game.example/policy", Options{})
			if err != nil {
				t.Fatal(err)
			}
			p := &poller{Source: s, to: c, plan: schedule{rand: shared, every: mostEvery}}
			began, calls := time.Now(), 0
			p.wall = func() time.Time { // the first piece of sleep takes 8 hours by the wall
				if calls++; calls == 1 {
					return began
				}
				return time.Now().Add(8 * time.Hour)
			}
			s.Hint()
			if err := p.sleep(t.Context(), time.Hour); err != nil {
				t.Fatal(err)
			}
			sum += time.Since(began)
		}
		if mean := sum / machines; mean < 10*time.Second || mean > time.Minute {
			t.Errorf("polls %v after waking up on average, want some 30 s: the spread of a hint", mean)
		}
	})
}

// A body without a length that is cut short looks whole to HTTP. Its tag must not keep the policy away for ever.
func TestCutShortWithoutAWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &origin{answer: func(n int, r *http.Request) *http.Response {
			if strings.Contains(r.Header.Get("If-None-Match"), `"7"`) {
				return answer(304, "")
			}
			if n == 1 {
				return answer(200, policy("7", "")[:20], "ETag", `"7"`)
			}
			return answer(200, policy("7", ""), "ETag", `"7"`)
		}}
		if c, _ := poll(t, o, 20*time.Minute, sampling.Options{}); c.Version().N != 7 {
			t.Errorf("runs %v after a second answer that was whole; %v", c.Version(), c.Status().LastError)
		}
	})
}

// What may have been damaged on the way is loaded twice and then once an hour, what is wrong for good only once.
func TestHowOftenABadTagIsLoaded(t *testing.T) {
	for _, row := range []struct {
		name, body  string
		opt         sampling.Options
		least, most int
	}{
		{"half a document", "{", sampling.Options{}, 8, 12},
		{"signature lost", policy("8", ""), sampling.Options{Verifier: sampling.Require(noKey{})}, 8, 12},
		{"wrong for good", policy("8", `,"clients":150`), sampling.Options{}, 1, 1},
		{"too large", strings.Repeat(" ", sampling.MaxEnvelope+1), sampling.Options{}, 1, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				loads := 0
				o := &origin{answer: func(n int, r *http.Request) *http.Response {
					if strings.Contains(r.Header.Get("If-None-Match"), `"8"`) {
						return answer(304, "")
					}
					loads++
					return answer(200, row.body, "ETag", `"8"`)
				}}
				c, _ := poll(t, o, 10*time.Hour, row.opt)
				if loads < row.least || loads > row.most || c.Status().LastError == nil {
					t.Errorf("loaded %d times in 10 hours, want %d to %d; %v", loads, row.least, row.most, c.Status().LastError)
				}
			})
		})
	}
}

// After a policy has expired its tag is not sent each time, so that it comes back when the clock was wrong.
func TestExpiredPolicyIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		expires := time.Now().Add(30 * time.Minute).UTC().Format(time.RFC3339)
		loads := 0
		o := &origin{answer: func(n int, r *http.Request) *http.Response {
			if r.Header.Get("If-None-Match") == `"1"` {
				return answer(304, "")
			}
			loads++
			return answer(200, policy("1", `,"issued":"1999-12-31T00:00:00Z","expires":"`+expires+`"`), "ETag", `"1"`)
		}}
		if poll(t, o, 4*time.Hour, sampling.Options{}); loads < 4 || loads > 7 {
			t.Errorf("loaded %d times, want once, twice when it has expired, and then once an hour", loads)
		}
	})
}

func TestDateOfA304(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ahead := 3 * time.Hour
		o := &origin{answer: func(n int, r *http.Request) *http.Response {
			date := time.Now().Add(ahead).UTC().Format(http.TimeFormat)
			if n == 1 {
				return answer(200, policy("1", ""), "ETag", `"1"`)
			}
			return answer(304, "", "Date", date)
		}}
		c, _ := poll(t, o, 20*time.Minute, sampling.Options{})
		if got := time.Until(c.Status().ServerTime); got < ahead-2*time.Second || got > ahead+2*time.Second {
			t.Errorf("the controller's clock is %v ahead, want %v", got, ahead)
		}
	})
}

// told is a sink that counts what it is told of the time.
type told struct {
	*sampling.Controller
	times []time.Time
}

func (s *told) Clock(server time.Time) { s.times = append(s.times, server) }

func TestClockIsToldOfEach304ThatHasADate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		o := &origin{answer: func(n int, r *http.Request) *http.Response {
			switch n {
			case 1:
				return answer(200, policy("1", ""), "ETag", `"1"`, "Date", "Sat, 10 Oct 2026 12:00:00 GMT")
			case 2:
				return answer(304, "", "Date", "Sat, 10 Oct 2026 12:05:00 GMT", "Age", "60")
			}
			return answer(304, "")
		}}
		s, err := New("https://game.example/policy", Options{Client: &http.Client{Transport: o}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		sink := &told{Controller: c}
		_ = s.Run(ctx, sink)
		want := time.Date(2026, 10, 10, 12, 6, 0, 0, time.UTC)
		if len(o.times) < 5 || len(sink.times) != 1 || !sink.times[0].Equal(want) {
			t.Errorf("%d requests; told %v, want %v once", len(o.times), sink.times, want)
		}
	})
}

func TestDefaultClientTakesNothingFromTheEnvironment(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	s, err := New("https://game.example/policy", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.o.Client.Transport.(*http.Transport).Proxy != nil {
		t.Error("the default client has a proxy")
	}
}

func TestNewCopiesTheHeader(t *testing.T) {
	h := http.Header{"X-Game-Token": {"first"}}
	s, err := New("https://game.example/policy", Options{Header: h})
	if err != nil {
		t.Fatal(err)
	}
	h["X-Game-Token"][0] = "second"
	h.Set("X-More", "x")
	if odd, err := New("https://game.example/policy", Options{Header: http.Header{"x-api-KEY": {"a"}, "X-API-Key": {"b"}}}); err != nil || len(odd.o.Header) != 1 || len(odd.o.Header["X-Api-Key"]) != 2 {
		t.Errorf("two spellings of one name: %v, %v", odd.o.Header, err)
	}
	if got := s.o.Header; len(got) != 1 || got.Get("X-Game-Token") != "first" {
		t.Errorf("sends %v, want what New was given", got)
	}
}

func TestRedirects(t *testing.T) {
	var got http.Header
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.Header }))
	defer other.Close()
	elsewhere := http.RedirectHandler(other.URL, http.StatusFound)
	plain := httptest.NewServer(elsewhere)
	defer plain.Close()
	secure := httptest.NewTLSServer(elsewhere)
	defer secure.Close()

	o := Options{Header: canonical(http.Header{"X-Game-Token": {"secret"}, "x-game-id": {"secret"}, "X-API-KEY": {"secret"}, "authorization": {"secret"}, "cookie": {"secret"}})}
	c := client(&o)
	ask := func(address string) error {
		r, err := http.NewRequest(http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(r.Header, o.Header)
		answer, err := c.Do(r)
		if err == nil {
			answer.Body.Close()
		}
		return err
	}
	if err := ask(plain.URL + "/?token=x"); err != nil || got == nil || strings.Contains(fmt.Sprint(got), "secret") || got.Get("Referer") != "" {
		t.Errorf("to another host: %v, headers %v", err, got)
	}
	var moved *httptest.Server
	moved = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got = r.Header; r.URL.Path != "/new" {
			http.Redirect(w, r, moved.URL+"/new", http.StatusFound)
		}
	}))
	defer moved.Close()
	if err := ask(moved.URL); err != nil || got.Get("X-Game-Token") != "secret" || got.Get("X-Game-Id") != "secret" {
		t.Errorf("on the same host: %v, headers %v", err, got)
	}
	c.Transport.(*http.Transport).TLSClientConfig = secure.Client().Transport.(*http.Transport).TLSClientConfig
	if err := ask(secure.URL); err == nil || !strings.Contains(err.Error(), "from https to http://") {
		t.Errorf("from https to http: %v", err)
	}
	var loop *httptest.Server
	loop = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, loop.URL, http.StatusFound) }))
	defer loop.Close()
	if err := ask(loop.URL); err == nil || !strings.Contains(err.Error(), "more than 5 redirects") {
		t.Errorf("in a circle: %v", err)
	}
}

// noKey verifies nothing.
type noKey struct{}

func (noKey) Verify([]byte, []sampling.Signature) (string, error) {
	return "", errors.New("no signature")
}

// Whosever client it is, none of the game's headers reaches another host.
func TestRedirectsOfTheGamesClient(t *testing.T) {
	var got http.Header
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.Header }))
	defer other.Close()
	first := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	defer first.Close()
	asked := 0
	theirs := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { asked++; return nil }}
	for name, given := range map[string]*http.Client{"plain": {}, "with rules of its own": theirs} {
		got = nil
		s, err := New(first.URL, Options{Client: given, Header: http.Header{"x-game-token": {"secret"}, "X-API-KEY": {"secret"}}})
		if err != nil {
			t.Fatal(err)
		}
		c, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
		if err != nil {
			t.Fatal(err)
		}
		(&poller{Source: s, to: c, plan: schedule{every: time.Minute}}).poll(t.Context())
		c.Close()
		if got == nil || strings.Contains(fmt.Sprint(got), "secret") || got.Get("Referer") != "" {
			t.Errorf("%s: the other host sees %v", name, got)
		}
	}
	if asked != 1 {
		t.Errorf("the game's own rules were asked %d times, want once", asked)
	}
}

// A browser follows redirects by itself, with all headers: it must not where the game has some.
func TestRedirectsInABrowser(t *testing.T) {
	for _, row := range []struct {
		system string
		own    http.Header
		want   string
	}{{"js", http.Header{"X-Token": {"x"}}, "error"}, {"js", nil, ""}, {"linux", http.Header{"X-Token": {"x"}}, ""}} {
		h := make(http.Header)
		if stay(h, row.own, row.system); h.Get("js.fetch:redirect") != row.want {
			t.Errorf("%s, %v: %v", row.system, row.own, h)
		}
	}
}
