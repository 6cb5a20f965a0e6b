package krunk_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// What a player writes arrives as it is, with what it is about and the state of the game, and as nothing else.
func TestFeedback(t *testing.T) {
	for name, pack := range map[string]transport.Compressor{"plain": nil, "compressed": deflate.Items()} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			t.Setenv("HOME", home)
			c, srv := endpoint(t, krunk.Config{Compress: pack, Release: "moonfall@1.4.2"})
			c.SetTag("scene", "lift")
			c.SetContext("feedback", krunk.String("of", "the game"))
			crash := c.Report(errors.New("boom"))
			words := "I am stuck\nin the \"lift\" of " + home + "/games \xff\x00 password: hunter2 " + strings.Repeat("é", 400)
			id := c.Feedback(words, krunk.FeedbackFor(crash), krunk.String("name", "Anna"), krunk.String("email", "anna@example.org"),
				krunk.String("url", "https://game.example/?level=3"), krunk.Int("level", 3), krunk.Attach(krunk.Attachment{Name: "screenshot.png", ContentType: "image/png", Data: []byte("x")}))
			c.Report(errors.New("after"))
			if !c.Flush(time.Minute) {
				t.Fatalf("flush: %+v", c.Stats())
			}
			all := srv.Feedback()
			if len(all) != 1 || len(srv.Events()) != 2 {
				t.Fatalf("%d feedbacks, %d events; want 1, 2", len(all), len(srv.Events()))
			}
			got := all[0]
			want := strings.ReplaceAll(words, "\xff", "\ufffd")
			if got.Message != want || got.Name != "Anna" || got.Email != "anna@example.org" || got.URL != "https://game.example/?level=3" || got.About != crash.String() || got.ID != id.String() {
				t.Errorf("got %+v\nwant %q", got, want)
			}
			if got.Level != "info" || got.Tag("scene") != "lift" || got.Tag("support_code") != id.SupportCode() || got.Tag("krunk.kind") != "" || got.Release != "moonfall@1.4.2" || len(got.Exceptions)+len(got.Breadcrumbs) > 0 {
				t.Errorf("got %+v", got.Event)
			}
			if a := got.Contexts["attributes"]; len(a) != 1 || a["level"] != int64(3) || got.Contexts["feedback_"]["of"] != "the game" {
				t.Errorf("contexts %v", got.Contexts)
			}
			if a := srv.Attachments(got.ID); len(a) != 1 || a[0].Filename != "screenshot.png" {
				t.Errorf("attachments %v", a)
			}
			for _, e := range srv.Events() {
				if strings.Contains(string(e.Raw), "stuck") || len(srv.Attachments(e.ID)) > 0 {
					t.Errorf("an event tells of it: %s", e.Raw)
				}
			}
			if n := c.Stats().Events; n != 3 {
				t.Errorf("%d events", n)
			}
		})
	}
}

// Ten megabytes become what a server keeps, on a border of a character, and the feedback says so; nothing is no feedback.
func TestFeedbackIsBounded(t *testing.T) {
	for _, memory := range []int{128 << 10, 0} {
		c, srv := endpoint(t, krunk.Config{Memory: memory})
		for _, words := range []string{strings.Repeat("é", 5<<20), strings.Repeat("\x01", 5000), strings.Repeat("é", 2048)} {
			if c.Feedback(words, krunk.String("name", strings.Repeat("n", 10<<20))).IsZero() {
				t.Fatal("not taken")
			}
		}
		for _, words := range []string{"", " \n\t"} {
			if !c.Feedback(words).IsZero() {
				t.Errorf("%q was taken", words)
			}
		}
		if !c.Flush(time.Minute) {
			t.Fatalf("flush: %+v", c.Stats())
		}
		all := srv.Feedback()
		if len(all) != 3 {
			t.Fatalf("%d feedbacks, want 3: %v", len(all), srv.Faults())
		}
		if m := all[0].Message; len(m) > 4096 || len(m) < 400 || !strings.HasSuffix(m, "...") || strings.Contains(m, "\ufffd") || all[0].Contexts["krunk"]["text_cut"] != true {
			t.Errorf("%d bytes: %q, %v", len(m), m[max(len(m)-20, 0):], all[0].Contexts["krunk"])
		}
		if m := all[2].Message; memory == 0 && (len(m) != 4096 || all[2].Contexts["krunk"]["text_cut"] != nil) {
			t.Errorf("4096 bytes became %d, %v", len(m), all[2].Contexts["krunk"])
		}
	}
}

// Feedback is worth its room: it finds some where events find none, and none of it is sampled or limited by kind.
func TestFeedbackInAStorm(t *testing.T) {
	srv := sentrytest.New(sentrytest.Options{AnyTime: true})
	net := &offline{next: srv.Transport()}
	c := quiet(t, krunk.Config{DSN: srv.DSN(), Transport: net, MaxRepeats: -1, Memory: 256 << 10, Channels: map[string]krunk.Thresholds{"*": {Issue: "error"}}})
	fill(c, c.Channel("net"), "storm")
	for i := range 10 {
		if c.Feedback(fmt.Sprint("stuck ", i)).IsZero() {
			t.Errorf("%d: not taken", i)
		}
	}
	net.back.Store(true)
	if !c.Flush(time.Minute) {
		t.Fatalf("flush: %+v", c.Stats())
	}
	if n := len(srv.Feedback()); n != 10 {
		t.Errorf("%d arrived, want 10", n)
	}
	c.Close(time.Second)
	if !c.Feedback("too late").IsZero() {
		t.Error("a closed client took it")
	}
	var none *krunk.Client
	if !none.Feedback("nobody").IsZero() {
		t.Error("a nil client took it")
	}
}

// A server that wants no feedback loses none of the rest, and is not asked again and again.
func TestFeedbackRefused(t *testing.T) {
	for name, reply := range map[string]sentrytest.Reply{"refused": {Status: 400}, "limited": sentrytest.Limit("60:feedback:organization")} {
		c, srv := endpoint(t, krunk.Config{NoSessions: true})
		srv.Next(reply)
		c.Feedback("stuck")
		c.Flush(time.Minute)
		c.Report(errors.New("boom"))
		if !c.Flush(time.Minute) || len(srv.Events()) != 1 || srv.Requests() > 3 {
			t.Errorf("%s: %d events after %d requests: %+v", name, len(srv.Events()), srv.Requests(), c.Stats())
		}
		if name == "limited" {
			c.Feedback("stuck")
			c.Flush(time.Minute)
		}
		if l := fmt.Sprint(c.Stats().Losses); !strings.Contains(l, "feedback 1") || strings.Contains(l, "error 1") {
			t.Errorf("%s: losses %s", name, l)
		}
	}
}
