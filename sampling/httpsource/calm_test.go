package httpsource

import (
	"context"
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
		{"1", leastEvery, 90 * time.Minute},
		{"0", leastEvery / 6, 90 * time.Minute},
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

// With an interval of a day failures are not asked about more often than successes.
func TestFailuresKeepALongInterval(t *testing.T) {
	s := schedule{rand: newRand(), every: mostEvery}
	sum := time.Duration(0)
	for range 1000 {
		sum += s.retry(0)
	}
	if mean := sum / 1000; mean < mostEvery/3 {
		t.Errorf("after failures %v on average", mean)
	}
	if d := s.refused(); d < mostEvery*4/5 {
		t.Errorf("after 403 %v", d)
	}
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
	synctest.Test(t, func(t *testing.T) { // wrong at its origin: loaded twice, then once an hour
		loads := 0
		o := &origin{answer: func(n int, r *http.Request) *http.Response {
			if strings.Contains(r.Header.Get("If-None-Match"), `"8"`) {
				return answer(304, "")
			}
			loads++
			return answer(200, "{", "ETag", `"8"`)
		}}
		if poll(t, o, 10*time.Hour, sampling.Options{}); loads < 8 || loads > 12 {
			t.Errorf("loaded %d times in 10 hours", loads)
		}
	})
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

func TestRedirects(t *testing.T) {
	var got http.Header
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.Header }))
	defer other.Close()
	elsewhere := http.RedirectHandler(other.URL, http.StatusFound)
	plain := httptest.NewServer(elsewhere)
	defer plain.Close()
	secure := httptest.NewTLSServer(elsewhere)
	defer secure.Close()

	o := Options{Header: http.Header{"X-Game-Token": {"secret"}}}
	c := client(&o)
	ask := func(address string) error {
		r, err := http.NewRequest(http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header["X-Game-Token"] = o.Header["X-Game-Token"]
		answer, err := c.Do(r)
		if err == nil {
			answer.Body.Close()
		}
		return err
	}
	if err := ask(plain.URL); err != nil || got == nil || got.Get("X-Game-Token") != "" {
		t.Errorf("to another host: %v, headers %v", err, got)
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
