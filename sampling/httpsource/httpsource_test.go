package httpsource

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

// origin answers requests without a socket.
type origin struct {
	answer   func(n int, r *http.Request) *http.Response
	requests []*http.Request
	times    []time.Time
}

func (o *origin) RoundTrip(r *http.Request) (*http.Response, error) {
	o.requests = append(o.requests, r)
	o.times = append(o.times, time.Now())
	a := o.answer(len(o.requests), r)
	if a == nil {
		return nil, errors.New("no route to host")
	}
	if a.Body == nil {
		a.Body = http.NoBody
	}
	a.Request = r
	return a, nil
}

func answer(status int, body string, headers ...string) *http.Response {
	h := make(http.Header)
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// broken is a body that ends before its end.
type broken struct{ io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (broken) Close() error { return nil }

func policy(version, rest string) string { return `{"krunk":1,"version":` + version + rest + `}` }

// poll lets a source ask o for d, inside of a bubble.
func poll(t *testing.T, o *origin, d time.Duration, opt sampling.Options) (*sampling.Controller, *Source) {
	t.Helper()
	c, err := sampling.New(sampling.Identity{ID: "a"}, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	s, err := New("https://game.example/policy", Options{Client: &http.Client{Transport: o}, Header: http.Header{"Authorization": {"x"}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := c.Run(ctx, s); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Run returned %v", err)
	}
	return c, s
}

func TestNewRefuses(t *testing.T) {
	for _, address := range []string{"", "game.example/policy", "ftp://game.example", "http://", ":"} {
		if _, err := New(address, Options{}); err == nil || !strings.Contains(err.Error(), strconv.Quote(address)) {
			t.Errorf("New(%q): got %v", address, err)
		}
	}
}

func TestNewRefusesAnIntervalOutOfBounds(t *testing.T) {
	for _, every := range []time.Duration{2 * time.Second, -time.Minute, 25 * time.Hour} {
		if _, err := New("https://game.example/policy", Options{Every: every}); err == nil || !strings.Contains(err.Error(), "30s to 24h") {
			t.Errorf("Every %v: got %v", every, err)
		}
	}
	if _, err := New("https://game.example/policy", Options{Timeout: -time.Second}); err == nil || !strings.Contains(err.Error(), "Options.Timeout: -1s; write") {
		t.Errorf("Timeout: got %v", err)
	}
}

// A client that came before the first publication asks on at its interval.
func TestNothingPublishedYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &origin{answer: func(n int, r *http.Request) *http.Response {
			if n < 5 {
				return answer(204, "")
			}
			return answer(200, policy("1", ""))
		}}
		c, _ := poll(t, o, 2*time.Hour, sampling.Options{})
		for i := range o.times[1:] {
			if gap := o.times[i+1].Sub(o.times[i]); gap < 4*time.Minute || gap > 6*time.Minute {
				t.Errorf("asked again after %v", gap)
			}
		}
		if c.Version().N != 1 || c.Status().FetchError != nil {
			t.Errorf("%+v", c.Status())
		}
	})
}

func TestFollowsAndAsksConditionally(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &origin{answer: func(n int, r *http.Request) *http.Response {
			switch {
			case n == 1:
				return answer(200, policy("1", ""), "ETag", `"1"`)
			case n < 4:
				return answer(304, "")
			}
			return answer(200, policy("2", ""), "ETag", `"2"`)
		}}
		began := time.Now()
		c, _ := poll(t, o, 21*time.Minute, sampling.Options{})
		if c.Version().N != 2 || c.ETag() != `"2"` || c.Status().FetchError != nil || c.Status().Source != "http" {
			t.Errorf("got %v, %+v", c.Version(), c.Status())
		}
		for i, want := range []struct{ match, echo string }{{"", "have=0.0"}, {`"1"`, "have=0.1"}, {`"1"`, "have=0.1"}, {`"1"`, "have=0.1"}} {
			h := o.requests[i].Header
			if h.Get("If-None-Match") != want.match || h.Get("Krunk-Policy") != want.echo || h.Get("Authorization") != "x" {
				t.Errorf("request %d: got %v, want %+v", i, h, want)
			}
		}
		if first := o.times[0].Sub(began); first >= coldPhase {
			t.Errorf("first poll after %v, want within %v", first, coldPhase)
		}
		for i := range o.times[1:] {
			if gap := o.times[i+1].Sub(o.times[i]); gap < 4*time.Minute || gap >= 6*time.Minute {
				t.Errorf("gap %d is %v, want 5 min give or take a fifth", i, gap)
			}
		}
	})
}

func TestNoTagIsKeptFromHalfABody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		whole := policy("1", "")
		o := &origin{answer: func(n int, r *http.Request) *http.Response {
			if r.Header.Get("If-None-Match") != "" {
				return answer(304, "") // what a server would rightly say to a client that claims to have it
			}
			a := answer(200, whole, "ETag", `"1"`)
			if n == 1 {
				a.Body = broken{strings.NewReader(whole[:10])}
			}
			return a
		}}
		c, _ := poll(t, o, time.Hour, sampling.Options{})
		if c.Version().N != 1 || len(o.requests) < 3 {
			t.Errorf("runs %v after %d requests", c.Version(), len(o.requests))
		}
	})
}

func Test304WithoutHavingAnything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &origin{answer: func(n int, r *http.Request) *http.Response { return answer(304, "") }}
		c, _ := poll(t, o, time.Hour, sampling.Options{})
		if !errors.Is(c.Status().FetchError, errNothing) {
			t.Errorf("got %v", c.Status().FetchError)
		}
	})
}

func TestBadTagIsRememberedBesideTheGoodOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &origin{}
		o.answer = func(n int, r *http.Request) *http.Response {
			match := r.Header.Get("If-None-Match")
			switch {
			case n == 1:
				return answer(200, policy("1", ""), "ETag", `"good"`)
			case n > 5:
				return answer(200, policy("3", ""), "ETag", `"next"`)
			case strings.Contains(match, `"bad"`):
				return answer(304, "")
			}
			return answer(200, policy("2", `,"clients":150`), "ETag", `"bad"`)
		}
		c, _ := poll(t, o, 40*time.Minute, sampling.Options{})
		h := o.requests[3].Header
		if h.Get("If-None-Match") != `"good", "bad"` || h.Get("Krunk-Policy") != "have=0.1; seen=0.2; err=E05" {
			t.Errorf("got %v", h)
		}
		if got := o.requests[6].Header.Get("If-None-Match"); c.Version().N != 3 || got != `"next"` {
			t.Errorf("runs %v, asks with %s", c.Version(), got)
		}
	})
}

func TestServerThatIsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &origin{answer: func(n int, r *http.Request) *http.Response {
			if n == 1 {
				return answer(200, policy("2", ""), "ETag", `"2"`)
			}
			return answer(200, policy("1", ""), "ETag", `"1"`)
		}}
		c, _ := poll(t, o, 20*time.Minute, sampling.Options{})
		if s := c.Status(); c.Version().N != 2 || !errors.Is(s.LastError, sampling.ErrStale) || s.FetchError != nil || c.Echo() != "have=0.2; seen=0.1" {
			t.Errorf("got %+v, %s", s, c.Echo())
		}
	})
}

func TestStormOfFailures(t *testing.T) {
	for name, bad := range map[string]func() *http.Response{
		"500": func() *http.Response { return answer(500, "") }, "unreachable": func() *http.Response { return nil },
		"429": func() *http.Response { return answer(429, "") }, "truncated": func() *http.Response {
			a := answer(200, "")
			a.Body = broken{strings.NewReader("{")}
			return a
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &origin{answer: func(n int, r *http.Request) *http.Response { return bad() }}
				c, _ := poll(t, o, 48*time.Hour, sampling.Options{})
				// Once it waits up to an hour, half an hour on average, 48 hours are some 96 requests beside those of the first hour.
				if n := len(o.requests); n < 48 || n > 200 || c.Status().FetchError == nil || c.Version() != (sampling.Version{}) {
					t.Errorf("%d requests in two days, %+v", n, c.Status())
				}
			})
		})
	}
}

func TestRefusedKeepsTrying(t *testing.T) {
	for _, status := range []int{401, 403, 404, 410} {
		synctest.Test(t, func(t *testing.T) {
			o := &origin{answer: func(n int, r *http.Request) *http.Response {
				if n < 10 {
					return answer(status, "")
				}
				return answer(200, policy("1", ""))
			}}
			c, _ := poll(t, o, 12*time.Hour, sampling.Options{})
			if c.Version().N != 1 {
				t.Errorf("%d: gave up after %d requests", status, len(o.requests))
			}
			if gap := o.times[2].Sub(o.times[1]); gap < 4*time.Minute || gap > 6*time.Minute {
				t.Errorf("%d: asked again after %v, want the interval", status, gap)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	for _, row := range []struct {
		header    string
		low, high time.Duration
	}{
		{"600", 10 * time.Minute, 12 * time.Minute},
		{"9999999", time.Hour, 72 * time.Minute},
		{"Sat, 01 Jan 2000 00:20:00 GMT", 20 * time.Minute, 24 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			o := &origin{answer: func(n int, r *http.Request) *http.Response {
				return answer(503, "", "Retry-After", row.header, "Date", "Sat, 01 Jan 2000 00:00:00 GMT")
			}}
			poll(t, o, 3*time.Hour, sampling.Options{})
			if gap := o.times[1].Sub(o.times[0]); gap < row.low || gap > row.high {
				t.Errorf("%s: asked again after %v, want %v to %v", row.header, gap, row.low, row.high)
			}
		})
	}
}

func TestInterval(t *testing.T) {
	for _, row := range []struct {
		poll, control string
		want          time.Duration
	}{
		{"", "", 5 * time.Minute}, {"10m", "max-age=60", 10 * time.Minute}, {"", "public, max-age=900", 15 * time.Minute},
		{"1s", "", leastEvery}, {"", "max-age=0", 5 * time.Minute}, {"", "max-age=99999999", mostEvery}, {"24h", "", mostEvery},
	} {
		synctest.Test(t, func(t *testing.T) {
			body := policy("1", "")
			if row.poll != "" {
				body = policy("1", `,"poll":{"every":"`+row.poll+`"}`)
			}
			o := &origin{answer: func(n int, r *http.Request) *http.Response { return answer(200, body, "Cache-Control", row.control) }}
			poll(t, o, 3*mostEvery, sampling.Options{})
			if gap := o.times[1].Sub(o.times[0]); gap < row.want*4/5 || gap > row.want*6/5 {
				t.Errorf("%+v: gap %v", row, gap)
			}
		})
	}
}

func TestDateIsTheTimeBase(t *testing.T) {
	const timed = `,"rules":[{"id":"r","until":"2026-10-10T14:00:00Z","when":{"env":[""],"not":{"env":["x"]}}}],"expires":"2026-10-10T14:00:00Z"`
	synctest.Test(t, func(t *testing.T) { // whose local clock says 2000
		o := &origin{answer: func(n int, r *http.Request) *http.Response {
			return answer(200, policy("1", timed), "Date", "Sat, 10 Oct 2026 12:00:00 GMT", "Age", "3600")
		}}
		c, _ := poll(t, o, 30*time.Second, sampling.Options{})
		if left := c.Status().NextExpiry; left > time.Hour || left < 59*time.Minute {
			t.Errorf("ends in %v, want in an hour: two from Date less one in caches", left)
		}
	})
}

// A file that a cache has held for days, as one does whose origin is away, brings no time back that has passed meanwhile.
func TestAgeOfDays(t *testing.T) {
	for age, want := range map[string]string{
		"172800": "2026-10-12T12:00:00Z", "86401": "2026-10-11T12:00:01Z", "0": "2026-10-10T12:00:00Z", "": "2026-10-10T12:00:00Z", "-5": "2026-10-10T12:00:00Z",
		"soon": "2026-10-10T12:00:00Z", "99999999999999999999": "2026-11-09T12:00:00Z",
	} {
		got := serverTime(http.Header{"Date": {"Sat, 10 Oct 2026 12:00:00 GMT"}, "Age": {age}})
		if got.Format(time.RFC3339) != want {
			t.Errorf("Age %q: %s, want %s", age, got.Format(time.RFC3339), want)
		}
	}
}

func TestHint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &origin{answer: func(n int, r *http.Request) *http.Response {
			return answer(200, policy(strconv.Itoa(n), `,"poll":{"every":"24h","spread":"10s"}`))
		}}
		c, err := sampling.New(sampling.Identity{}, sampling.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		s, err := New("https://game.example/policy", Options{Client: &http.Client{Transport: o}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx, c) }()
		time.Sleep(time.Minute)
		s.Hint()
		s.Hint()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if c.Version().N != 2 {
			t.Errorf("runs %v, want 2", c.Version())
		}
		cancel()
		<-ended
	})
}

func TestSuspend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &origin{answer: func(n int, r *http.Request) *http.Response {
			return answer(200, policy(strconv.Itoa(n), `,"poll":{"every":"24h"}`))
		}}
		c, err := sampling.New(sampling.Identity{}, sampling.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		s, _ := New("https://game.example/policy", Options{Client: &http.Client{Transport: o}})
		p := &poller{Source: s, to: c, plan: schedule{every: time.Minute}}
		began, jumps := time.Now(), 0
		p.wall = func() time.Time { // each piece of sleep takes 8 hours by the wall
			jumps++
			return began.Add(time.Duration(jumps) * 8 * time.Hour)
		}
		if err := p.sleep(t.Context(), 24*time.Hour); err != nil {
			t.Fatal(err)
		}
		if slept := time.Since(began); slept > 10*time.Minute {
			t.Errorf("slept on for %v after waking up", slept)
		}
	})
}

// TestHerd lets 500,000 clients ask with the source's own schedule after they all reconnected within 5 seconds.
func TestHerd(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: half a million clients take a second")
	}
	const clients, end = 500_000, 2 * time.Hour
	perSecond := make([]int, int(end/time.Second))
	s := schedule{rand: newRand(), every: defaultEvery}
	for range clients {
		at := s.below(5*time.Second) + s.first(false)
		for at < end {
			perSecond[at/time.Second]++
			at += s.next()
		}
	}
	peak, steady := 0, 0
	for i, n := range perSecond {
		if n > peak {
			peak = n
		}
		if i >= len(perSecond)/2 {
			steady = max(steady, n)
		}
	}
	t.Logf("peak %d req/s, at most %d req/s in the second hour", peak, steady)
	if peak > 2600 || steady > 1900 {
		t.Errorf("peak %d, steady %d req/s, want at most 2600 and 1900", peak, steady)
	}
}

func FuzzBody(f *testing.F) {
	f.Add([]byte(policy("1", "")), `"1"`, "max-age=60", "600", "Sat, 10 Oct 2026 12:00:00 GMT", "kid=a; sig=AAAA")
	f.Add([]byte(`{"payload":"e30=","sigs":[]}`), "a,b\r\n", "max-age=-1", "x", "x", "x")
	f.Add([]byte("{"), "", "", "", "", "")
	f.Fuzz(func(t *testing.T, body []byte, tag, control, after, date, sig string) {
		c, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		o := &origin{answer: func(int, *http.Request) *http.Response {
			return answer(200, string(body), "ETag", tag, "Cache-Control", control, "Retry-After", after, "Date", date, "Krunk-Signature", sig)
		}}
		s, _ := New("https://game.example/policy", Options{Client: &http.Client{Transport: o}})
		p := &poller{Source: s, to: c, plan: schedule{every: defaultEvery}}
		wait := p.poll(t.Context())
		if wait < leastEvery*4/5 || wait > mostEvery*6/5 {
			t.Fatalf("waits %v", wait)
		}
		if c.ETag() != "" && c.Version() == (sampling.Version{}) {
			t.Fatal("a tag is kept for what does not run")
		}
	})
}
