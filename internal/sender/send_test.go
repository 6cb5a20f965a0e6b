package sender

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/transport"
)

func TestStatusTable(t *testing.T) {
	const kept, done, dropped = "kept", "done", "dropped"
	for _, tt := range []struct {
		status int
		want   string
	}{
		{200, done}, {201, done}, {204, done}, {299, done}, {300, kept}, {301, kept}, {302, kept}, {307, kept}, {400, dropped},
		{401, dropped}, {403, dropped}, {404, dropped}, {407, kept}, {408, kept}, {413, dropped}, {415, dropped}, {421, kept},
		{425, kept}, {428, dropped}, {429, done}, {499, dropped}, {500, kept}, {502, kept}, {503, kept}, {504, kept}, {599, kept},
		{-1, kept}, {100, kept}, {999, kept},
	} {
		t.Run(fmt.Sprint(tt.status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newRig(t, always(transport.Response{Status: tt.status}))
				g.event(t, "boom")
				synctest.Wait()
				got := done
				switch {
				case g.waiting() == 1:
					got = kept
				case fmt.Sprint(g.untold()) == "[send_error error 1]":
					got = dropped
				}
				if got != tt.want || len(g.attempts()) != 1 {
					t.Errorf("the envelope is %s after %d attempts, want %s after 1", got, len(g.attempts()), tt.want)
				}
				if g.Away() || (tt.want == kept) != (g.freed.Load() == 0) {
					t.Errorf("away %v, freed %d times; one answer says nothing of the server", g.Away(), g.freed.Load())
				}
				if sent := g.Sent.Load() == 1; sent != (tt.status/100 == 2) {
					t.Errorf("counted as sent: %v", sent)
				}
				if text := g.LastError(); (text == "") != (tt.want == done && tt.status != 429) || !strings.HasPrefix(text, "status ") && text != "" {
					t.Errorf("last error %q", text)
				}
			})
		})
	}
}

// The pause doubles from a second to five minutes; between half of it and all of it is random.
func TestBackoffDoublesWithJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, always(transport.Response{Status: 503}))
		g.event(t, "boom")
		time.Sleep(10 * time.Hour) // fake
		synctest.Wait()
		if len(g.attempts()) < 100 {
			t.Fatalf("%d attempts in ten hours", len(g.attempts()))
		}
		upper := time.Second
		shares := make(map[int]bool)
		for i := 1; i < len(g.attempts()); i++ {
			gap := g.attempts()[i].at - g.attempts()[i-1].at
			if gap < upper/2 || gap > upper {
				t.Errorf("pause %d is %v, want %v to %v", i, gap, upper/2, upper)
			}
			shares[int(gap*20/upper)] = true // twentieths
			upper = min(2*upper, 5*time.Minute)
		}
		if len(shares) < 8 {
			t.Errorf("the pauses fall into %d of ten parts of their range: too little jitter", len(shares))
		}
		if n := g.Retries.Load(); int(n) != len(g.attempts()) {
			t.Errorf("%d retries counted for %d attempts without an answer", n, len(g.attempts()))
		}
	})
}

func TestAnAnswerEndsTheBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := transport.Response{Status: 500}
		none := transport.Response{}
		g := newRig(t, then(down, none, down, none, down, transport.Response{Status: 400}, none))
		g.event(t, "one")
		time.Sleep(time.Hour)
		if g.waiting() != 0 || g.Away() {
			t.Fatalf("%d envelopes wait after an answer", g.waiting())
		}
		g.event(t, "two") // no answer at first: the pause is a second again
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(g.attempts()); n != 8 || g.waiting() != 0 {
			t.Errorf("%d attempts, %d waiting; want 8 and 0", n, g.waiting())
		}
		if got := g.LastError(); got != errNetwork.Error() {
			t.Errorf("last error %q, want %q", got, errNetwork)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	for _, tt := range []struct {
		header   string
		from, to time.Duration
	}{
		{"", 500 * time.Millisecond, time.Second},
		{"0", 500 * time.Millisecond, time.Second}, // a wish below the pause does not shorten it
		{"120", 2 * time.Minute, 2 * time.Minute},
		{"2.5", 2500 * time.Millisecond, 2500 * time.Millisecond},
		{"86400", 5 * time.Minute, 5 * time.Minute}, // capped
		{"99999999999999999999", 5 * time.Minute, 5 * time.Minute},
		{"-5", 500 * time.Millisecond, time.Second},
		{"Wed, 21 Oct 2099 07:28:00 GMT", 500 * time.Millisecond, time.Second},
		{"soon", 500 * time.Millisecond, time.Second},
	} {
		t.Run(tt.header, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newRig(t, then(transport.Response{Status: 503, RetryAfter: tt.header}))
				g.event(t, "boom")
				time.Sleep(time.Hour)
				synctest.Wait()
				if len(g.attempts()) != 2 {
					t.Fatalf("%d attempts, want 2", len(g.attempts()))
				}
				if gap := g.attempts()[1].at - g.attempts()[0].at; gap < tt.from || gap > tt.to {
					t.Errorf("the second attempt came after %v, want %v to %v", gap, tt.from, tt.to)
				}
			})
		})
	}
}

func TestTransportThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, func(_ transport.Context, n int, _ *transport.Request) (transport.Response, error) {
			if n == 0 {
				panic("a console's HTTP")
			}
			return transport.Response{Status: 200}, nil
		})
		g.event(t, "boom")
		synctest.Wait()
		if g.waiting() != 1 || g.LastError() != "the transport panicked" {
			t.Errorf("%d waiting, last error %q", g.waiting(), g.LastError())
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if g.waiting() != 0 || g.Sent.Load() != 1 {
			t.Error("the envelope did not go out after the panic")
		}
	})
}

// What a transport does to its request, and to the body after Send, is its own affair.
func TestTransportGetsACopyOfTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var urls []string
		g := newRig(t, func(_ transport.Context, n int, r *transport.Request) (transport.Response, error) {
			urls = append(urls, r.URL+" "+r.Auth+" "+r.UserAgent+" "+r.ContentType+" "+r.ContentEncoding)
			*r = transport.Request{URL: "spoilt", ContentEncoding: "gzip"}
			if n == 0 {
				return transport.Response{}, errNetwork
			}
			return transport.Response{Status: 200}, nil
		})
		g.event(t, "boom")
		time.Sleep(time.Minute)
		synctest.Wait()
		const want = "https://sentry.example/api/42/envelope/ Sentry key krunk.go/1 application/x-sentry-envelope "
		if !slices.Equal(urls, []string{want, want}) {
			t.Errorf("got %q", urls)
		}
		// The envelope is built anew: its sent_at is that of the attempt, the rest is the same.
		first, second := string(g.attempts()[0].body), string(g.attempts()[1].body)
		if first == second || first[strings.Index(first, "\n"):] != second[strings.Index(second, "\n"):] {
			t.Errorf("got\n%s\nand\n%s\nwant another sent_at alone", first, second)
		}
	})
}

func TestAttemptTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, func(ctx transport.Context, n int, _ *transport.Request) (transport.Response, error) {
			if n > 0 {
				return transport.Response{Status: 200}, nil
			}
			<-ctx.Done()
			return transport.Response{}, ctx.Err()
		})
		g.event(t, "boom")
		time.Sleep(attemptTime - time.Nanosecond)
		synctest.Wait()
		if g.LastError() != "" {
			t.Errorf("the attempt ended early: %s", g.LastError())
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if g.LastError() != errTimeout.Error() || g.waiting() != 0 {
			t.Errorf("last error %q, %d waiting; want a time-out, then success", g.LastError(), g.waiting())
		}
	})
}

// Stop ends an attempt under way; the envelope stays for the next run, and nothing is counted against the server.
func TestStopEndsAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, func(ctx transport.Context, _ int, _ *transport.Request) (transport.Response, error) {
			<-ctx.Done()
			return transport.Response{}, ctx.Err()
		})
		g.event(t, "boom")
		synctest.Wait()
		g.Stop()
		<-g.over
		if g.waiting() != 1 || g.Retries.Load() != 0 || g.LastError() != "" {
			t.Errorf("%d waiting, %d retries, last error %q", g.waiting(), g.Retries.Load(), g.LastError())
		}
		g.Stop() // again does nothing
	})
}

// A transport that ignores its context keeps Work, but neither Stop nor a flush with a limit.
func TestTransportThatIgnoresItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		g := newRig(t, func(transport.Context, int, *transport.Request) (transport.Response, error) {
			<-release
			return transport.Response{Status: 200}, nil
		})
		g.event(t, "boom")
		synctest.Wait()
		limit := g.cfg.Progress.Limit(time.Second)
		if g.Flush(limit) {
			t.Error("Flush reports success while the transport hangs")
		}
		g.Stop()
		if d := time.Since(g.begin); d != time.Second {
			t.Errorf("Flush and Stop took %v, want the second that Flush was given", d)
		}
		close(release)
		<-g.over
		if g.waiting() != 0 {
			t.Error("an answer that came after Stop does not count")
		}
	})
}

func TestFlushEndsABackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, then(transport.Response{Status: 503}))
		g.event(t, "boom")
		synctest.Wait()
		if !g.Flush(nil) || g.waiting() != 0 {
			t.Error("Flush did not deliver")
		}
		if d := time.Since(g.begin); d != 0 {
			t.Errorf("Flush waited %v for a pause that it should end", d)
		}
		if !g.Flush(nil) || len(g.attempts()) != 2 {
			t.Errorf("%d attempts, want none for a flush of nothing", len(g.attempts()))
		}
	})
}

func TestLimitedEnvelopesAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, then(transport.Response{Status: 200, RateLimits: "60:log_item:organization, 60:error:organization"}))
		g.event(t, "meets the limit")
		synctest.Wait()
		g.put(t, blackbox.Log, protocol.CategoryLogItem, "a log record")
		g.event(t, "an event")
		g.put(t, blackbox.Fatal, protocol.CategoryError, "a crash")
		synctest.Wait()
		got := g.untold()
		if len(got) != 3 || got[0] != "ratelimit_backoff error 1" || got[1] != "ratelimit_backoff log_item 1" || !strings.HasPrefix(got[2], "ratelimit_backoff log_byte ") {
			t.Errorf("counted %q", got)
		}
		if g.waiting() != 1 || len(g.attempts()) != 1 {
			t.Errorf("%d waiting after %d attempts, want the crash alone to wait", g.waiting(), len(g.attempts()))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if g.waiting() != 0 || len(g.attempts()) != 2 || !strings.Contains(string(g.attempts()[1].body), "a crash") {
			t.Errorf("%d waiting after %d attempts, want the crash delivered", g.waiting(), len(g.attempts()))
		}
	})
}

func TestKilledSendsPanicsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRigWith(t, then(), func(c *Config) { c.Killed = func() bool { return true } })
		g.event(t, "an event")
		g.put(t, blackbox.Fatal, protocol.CategoryError, "a crash")
		if !g.Flush(nil) {
			t.Error("Flush did not end")
		}
		if len(g.attempts()) != 1 || !strings.Contains(string(g.attempts()[0].body), "a crash") || g.attempts()[0].reported != nil {
			t.Errorf("%d attempts, want the crash alone and no report", len(g.attempts()))
		}
		if got := fmt.Sprint(g.untold()); got != "[ignored error 1]" {
			t.Errorf("counted %s", got)
		}
	})
}
