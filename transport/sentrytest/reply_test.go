package sentrytest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/transport"
)

// viaHTTP is a transport over the socket of s.
func viaHTTP(t testing.TB, s *Server) transport.Transport {
	c := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(c.CloseIdleConnections)
	return transport.Func(func(ctx transport.Context, m *transport.Request) (transport.Response, error) {
		r := newHTTP(t, s, string(m.Body)).WithContext(ctx.(context.Context))
		a, err := c.Do(r)
		if err != nil {
			return transport.Response{}, err
		}
		defer a.Body.Close()
		b := make([]byte, 1)
		for err == nil {
			_, err = a.Body.Read(b)
		}
		return transport.Response{Status: a.StatusCode, RetryAfter: a.Header.Get("Retry-After"), RateLimits: a.Header.Get("X-Sentry-Rate-Limits")}, nil
	})
}

type replyRow struct {
	name     string
	reply    Reply
	status   int // 0: an error
	limits   string
	retry    string
	accepted bool
}

func replyRows() []replyRow {
	return []replyRow{
		{"OK", OK(), 200, "", "", true},
		{"Limit", Limit("60:error:organization"), 429, "60:error:organization", "", false},
		{"200 with limits", Reply{RateLimits: "60::key"}, 200, "60::key", "", true},
		{"Retry-After", Reply{Status: 429, RetryAfter: "7"}, 429, "", "7", false},
		{"TooLarge", TooLarge(), 413, "", "", false},
		{"Unavailable", Unavailable(), 503, "", "", false},
		{"Reset", Reset(), 0, "", "", false},
		{"Reset after taking it", Reply{Reset: true, Keep: true}, 0, "", "", true},
		{"503 after taking it", Reply{Status: 503, Keep: true}, 503, "", "", true},
		{"Slow", Slow(time.Millisecond), 200, "", "", true},
		{"slow body", Reply{SlowBody: time.Millisecond, Body: "0123456789"}, 200, "", "", true},
		{"empty slow body", Reply{SlowBody: time.Millisecond, Body: "x"}, 200, "", "", true},
	}
}

func TestReplies(t *testing.T) {
	s := Start(Options{AnyTime: true})
	defer s.Close()
	for way, tr := range map[string]transport.Transport{"memory": s.Transport(), "http": viaHTTP(t, s)} {
		for _, r := range replyRows() {
			t.Run(way+"/"+r.name, func(t *testing.T) { testReply(t, s, tr, r) })
		}
	}
}

func testReply(t *testing.T, s *Server, tr transport.Transport, r replyRow) {
	s.Reset()
	s.Next(r.reply)
	a, err := tr.Send(t.Context(), newSend(s, eventEnvelope()))
	if want := (transport.Response{Status: r.status, RateLimits: r.limits, RetryAfter: r.retry}); a != want || (err != nil) != (r.status == 0) {
		t.Errorf("got %+v, %v; want %+v", a, err, want)
	}
	want := map[bool]int{true: 1}
	if got := len(s.Events()); got != want[r.accepted] {
		t.Errorf("got %d events, want %d", got, want[r.accepted])
	}
	if got := len(s.Envelopes()); got != want[r.accepted] {
		t.Errorf("got %d envelopes, want %d", got, want[r.accepted])
	}
	refused := s.Refused()
	if got := len(refused); got != want[!r.accepted] {
		t.Fatalf("got %d refused, want %d", got, want[!r.accepted])
	}
	if !r.accepted && (refused[0].Status != r.status || refused[0].Header.EventID != testID) {
		t.Errorf("got refused %+v, want status %d", refused[0], r.status)
	}
	s.Verify(t)
	if a, err := tr.Send(t.Context(), newSend(s, eventEnvelope())); err != nil || a.Status != 200 {
		t.Errorf("got %+v, %v afterwards; want 200", a, err)
	}
}

// TestHang: neither way answers before the client or the server goes away.
func TestHang(t *testing.T) {
	for _, closing := range []bool{false, true} {
		for _, way := range []string{"memory", "http"} {
			s := Start(Options{AnyTime: true})
			tr := s.Transport()
			if way == "http" {
				tr = viaHTTP(t, s)
			}
			s.Next(Hang(), Reply{Delay: time.Hour})
			for range 2 {
				testHang(t, s, tr, closing)
				if closing {
					break
				}
			}
			s.Close()
			if _, err := tr.Send(t.Context(), newSend(s, eventEnvelope())); err == nil {
				t.Errorf("%s: got an answer of a closed server", way)
			}
		}
	}
}

func testHang(t *testing.T, s *Server, tr transport.Transport, closing bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	before := s.Requests()
	failed := make(chan error)
	go func() {
		_, err := tr.Send(ctx, newSend(s, eventEnvelope()))
		failed <- err
	}()
	if !s.Wait(t.Context(), func(s *Server) bool { return len(s.Refused())+len(s.Envelopes()) > before }) {
		t.Fatal("got no request")
	}
	select {
	case err := <-failed:
		t.Fatalf("got an answer at once: %v", err)
	default:
	}
	if closing {
		s.Close()
	} else {
		cancel()
	}
	if err := <-failed; err == nil {
		t.Error("got an answer, want an error")
	}
}

// TestBubble: waiting in memory takes the time of the bubble, to the nanosecond.
func TestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{AnyTime: true})
		defer s.Close()
		for _, r := range []struct {
			reply Reply
			want  time.Duration
			fails bool
		}{
			{Slow(3 * time.Second), 3 * time.Second, false},
			{Reply{SlowBody: 5 * time.Second}, 5 * time.Second, false},
			{Reply{Delay: time.Second, Reset: true}, time.Second, true},
			{Hang(), time.Minute, true},
			{Slow(time.Hour), time.Minute, true},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			s.Next(r.reply)
			start := time.Now()
			_, err := s.Transport().Send(ctx, newSend(s, eventEnvelope()))
			if got := time.Since(start); got != r.want || (err != nil) != r.fails {
				t.Errorf("%+v: got %v, %v; want %v, failure %v", r.reply, got, err, r.want, r.fails)
			}
			cancel()
		}
	})
}

func TestAnswerFunc(t *testing.T) {
	s := New(Options{AnyTime: true})
	s.Answer(func(r Received) Reply {
		if len(r.Logs) > 0 && r.Status == 200 && s.Requests() > 0 {
			return Limit("60:log_item:organization")
		}
		return OK()
	})
	s.Next(Unavailable())
	for i, want := range []int{503, 200, 429} {
		body := eventEnvelope()
		if i == 2 {
			body = logEnvelope(record())
		}
		if got := post(t, s, body); got != want {
			t.Errorf("request %d: got %d, want %d", i, got, want)
		}
	}
	s.Answer(nil)
	if got := post(t, s, logEnvelope(record())); got != 200 {
		t.Errorf("got %d without function, want 200", got)
	}
}

func TestHandler(t *testing.T) {
	s := New(Options{AnyTime: true})
	r := newHTTP(t, s, eventEnvelope())
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != 200 || len(s.Events()) != 1 {
		t.Errorf("got %d and %d events, want 200 and 1", w.Code, len(s.Events()))
	}
	s.Next(Reset())
	defer func() {
		if got := recover(); got != http.ErrAbortHandler {
			t.Errorf("got panic %v, want %v", got, http.ErrAbortHandler)
		}
	}()
	s.ServeHTTP(httptest.NewRecorder(), newHTTP(t, s, eventEnvelope()))
}
