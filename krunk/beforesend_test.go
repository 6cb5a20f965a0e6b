package krunk_test

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// edited returns what arrives of what play captures, before f.
func edited(t *testing.T, f func(*krunk.Event) bool, play func(*krunk.Client)) (*krunk.Client, *sentrytest.Server) {
	t.Helper()
	c, srv := controlled(t, krunk.Config{BeforeSend: krunk.Edit(f), Panics: krunk.Panics{MaxRepeats: -1}, Channels: map[string]krunk.Thresholds{"net": {Send: "error"}}}, "")
	play(c)
	if !c.Flush(time.Minute) {
		t.Fatalf("flush: %+v", c.Stats())
	}
	return c, srv
}

func TestBeforeSendEdits(t *testing.T) {
	long := strings.Repeat("x", 10000)
	var seen *krunk.Event
	_, srv := edited(t, func(e *krunk.Event) bool {
		if seen != nil {
			return true
		}
		copied := *e
		copied.Tags = maps.Clone(e.Tags)
		seen = &copied
		e.ID, e.Channel, e.Release, e.Panic = krunk.EventID{}, "other", "other@1", true
		e.Level, e.Title, e.Text, e.Group = krunk.LevelWarn, "game.Lost", "open /home/anna/save.dat", []string{"a", "token=hunter2"}
		e.Causes = []krunk.Cause{{Type: "io.Error", Text: long}}
		delete(e.Tags, "map")
		e.Tags["boss"], e.Tags["password"], e.Tags["krunk.p"], e.Tags["support_code"], e.Tags["two lines"] = "dragon", "hunter2", "1", "X", " a\nb "
		e.User = krunk.User{ID: "p-17", Name: "/home/anna"}
		return true
	}, func(c *krunk.Client) {
		c.SetTag("map", "dust")
		c.SetTag("mode", "ranked")
		c.SetUser(krunk.User{ID: "anna", Email: "a@b.example"})
		c.Report(fmt.Errorf("outer: %w", fmt.Errorf("middle: %w", errors.New("inner"))))
		c.Report(errors.New("later"))
	})
	if seen.Level != krunk.LevelError || seen.Channel != "default" || seen.Title != "error" || seen.Text != "outer: middle: inner" || seen.Panic ||
		fmt.Sprint(seen.Causes) != "[{error middle: inner} {error inner}]" || seen.User != (krunk.User{ID: "anna", Email: "a@b.example"}) ||
		fmt.Sprint(seen.Tags) != "map[map:dust mode:ranked]" || len(seen.Group) != 2 || seen.Group[0] != "{{ default }}" {
		t.Errorf("BeforeSend saw %+v", *seen)
	}
	e := srv.Events()[0]
	if e.Title() != "game.Lost: open ~/save.dat" || e.Level != "warning" || e.Logger != "default" || e.ID != seen.ID.String() {
		t.Errorf("title %q, level %s, logger %s, id %s", e.Title(), e.Level, e.Logger, e.ID)
	}
	if got := e.Fingerprint; len(got) != 2 || got[0] != "a" || strings.Contains(got[1], "hunter2") {
		t.Errorf("grouped by %q", got)
	}
	if n := len(e.Exceptions); n != 2 || e.Exceptions[0].Type != "io.Error" || len(e.Exceptions[0].Value) > 8192 {
		t.Errorf("%d errors, want the two outermost: %.200v", n, e.Exceptions)
	}
	wantTags := map[string]string{"boss": "dragon", "mode": "ranked", "password": "[Filtered]", "support_code": seen.ID.SupportCode(), "two-lines": "a b", "krunk.kind": e.Tag("krunk.kind")}
	if fmt.Sprint(e.Tags) != fmt.Sprint(wantTags) {
		t.Errorf("tags %v, want %v", e.Tags, wantTags)
	}
	if strings.Contains(string(e.Raw), "a@b.example") || !strings.Contains(string(e.Raw), `"id":"p-17"`) || strings.Contains(string(e.Raw), "anna") {
		t.Errorf("user in %s", e.Raw)
	}
	if b := srv.Events()[1].Breadcrumbs; len(b) != 1 || !strings.HasPrefix(b[0].Message, "game.Lost: open ~/save.dat [") {
		t.Errorf("breadcrumbs of the next event %+v, want what BeforeSend has left of the first", b)
	}
}

// An event of a log record is its message and its channel; the log record beside it goes as it was.
func TestBeforeSendEditsMessages(t *testing.T) {
	_, srv := edited(t, func(e *krunk.Event) bool {
		e.Text = strings.ReplaceAll(e.Text, "lost", "late")
		e.Group = append(e.Group, e.Title)
		return true
	}, func(c *krunk.Client) { c.Channel("net").Error("packet lost") })
	e := srv.Events()[0]
	if e.Title() != "net: packet late" || !strings.Contains(string(e.Raw), `"logentry":{"message":"packet late"}`) || e.Fingerprint[len(e.Fingerprint)-1] != "net" {
		t.Errorf("got %s", e.Raw)
	}
	if got := srv.Logs(); len(got) != 1 || got[0].Body != "packet lost" {
		t.Errorf("log records %+v", got)
	}
}

func TestBeforeSendDrops(t *testing.T) {
	c, srv := edited(t, func(e *krunk.Event) bool { return !strings.Contains(e.Text, "secret") }, func(c *krunk.Client) {
		for i := range 5 {
			c.Report(errors.New("secret " + strconv.Itoa(i)))
		}
		crash(c)
		c.Report(errors.New("last"))
	})
	if n := len(srv.Events()); n != 2 {
		t.Errorf("%d events, want the panic and the last one", n)
	}
	for _, e := range srv.Events() {
		if strings.Contains(string(e.Raw), "secret") {
			t.Errorf("what was dropped came with %s", e.Raw)
		}
	}
	want := krunk.Loss{Reason: "before_send", Category: "error", Quantity: 5}
	if got := c.Stats().Losses; !slices.Contains(got, want) {
		t.Errorf("losses %v, want %v among them", got, want)
	}
	told := uint64(0)
	for _, d := range srv.Discards() {
		if d.Reason == "before_send" {
			told += uint64(d.Quantity)
		}
	}
	if told != 5 {
		t.Errorf("the server heard of %d dropped events, want 5: %v", told, srv.Discards())
	}
}

// What BeforeSend panics with costs no event and is told once; once it has ended its goroutine it is not called again.
func TestBeforeSendFails(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fail  func()
		calls int
		told  string
	}{
		{"panics", func() { panic("bad hook") }, 10, "Config.BeforeSend panicked: bad hook; the event goes as it was"},
		{"panics with nil", func() { panic(error(nil)) }, 10, "Config.BeforeSend panicked"},
		{"exits", runtime.Goexit, 1, "Config.BeforeSend called runtime.Goexit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			calls := 0
			c, srv := edited(t, func(e *krunk.Event) bool {
				calls++
				e.Title = "changed"
				tt.fail()
				return false
			}, func(c *krunk.Client) {
				for i := range 10 {
					c.Report(errors.New("boom " + strconv.Itoa(i)))
				}
			})
			if n := len(srv.Events()); n < 9 || tt.calls == 10 && n != 10 || calls != tt.calls {
				t.Errorf("%d events after %d calls, want 10 (one less where the goroutine ended) after %d", n, calls, tt.calls)
			}
			for _, e := range srv.Events() {
				if e.Exceptions[0].Type != "error" {
					t.Errorf("got %q, want it as it was", e.Title())
				}
			}
			if s := c.Stats().LastError; strings.Count(s, tt.told) != 1 {
				t.Errorf("LastError %q, want %q in it, once", s, tt.told)
			}
		})
	}
}

// A slow one delays reports and no frame, and its time is told.
func TestBeforeSendSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c, srv := controlled(t, krunk.Config{BeforeSend: krunk.Edit(func(*krunk.Event) bool {
			calls++
			time.Sleep(10 * time.Second)
			return true
		})}, "")
		begin := time.Now()
		for i := range 100 {
			c.Report(errors.New("boom " + strconv.Itoa(i)))
			c.Channel("net").Info("on the way")
			c.Beat()
		}
		if d := time.Since(begin); d != 0 {
			t.Errorf("100 reports waited for %v", d)
		}
		c.Pause()
		if c.Flush(15 * time.Second) {
			t.Error("flushed before BeforeSend was through")
		}
		if !c.Flush(time.Hour) || len(srv.Events()) != 100 || calls != 100 {
			t.Errorf("%d events after %d calls", len(srv.Events()), calls)
		}
		if d := c.Stats().BeforeSend; d != 1000*time.Second {
			t.Errorf("Stats tell of %v, want 1000s", d)
		}
	})
}

// What BeforeSend captures itself is a breadcrumb at most: it would be called for it again.
func TestBeforeSendCaptures(t *testing.T) {
	var c *krunk.Client
	calls, ids := 0, []krunk.EventID{}
	f := func(*krunk.Event) bool {
		if calls++; calls > 20 {
			return true
		}
		for _, n := range []int{0, 70} {
			below(n, func() {
				c.Channel("net").Error("from inside")
				ids = append(ids, c.Report(errors.New("inside")), c.ReportPanic("inside"))
			})
		}
		return true
	}
	_, srv := edited(t, f, func(client *krunk.Client) {
		c = client
		c.Report(errors.New("boom"))
		c.Flush(time.Minute)
		calls = 100
		c.Report(errors.New("later"))
	})
	if calls != 101 || len(srv.Events()) != 2 || len(srv.Logs()) != 0 {
		t.Errorf("%d calls, %d events, %d log records; want one call and event for each of two errors", calls, len(srv.Events()), len(srv.Logs()))
	}
	for _, id := range ids {
		if !id.IsZero() {
			t.Error("an id for what is no event")
		}
	}
	if b := fmt.Sprint(srv.Events()[1].Breadcrumbs); !strings.Contains(b, "from inside") {
		t.Errorf("breadcrumbs %s", b)
	}
}

func TestEditNil(t *testing.T) {
	_, srv := edited(t, nil, func(c *krunk.Client) { c.Report(errors.New("boom")) })
	if len(srv.Events()) != 1 {
		t.Error("nothing arrived")
	}
}

// An event of which BeforeSend leaves nothing is still one that servers take.
func TestBeforeSendEmpties(t *testing.T) {
	_, srv := edited(t, func(e *krunk.Event) bool {
		e.Title, e.Text, e.Tags, e.Group, e.Level = " ", "", nil, nil, -30000
		for i := range e.Causes {
			e.Causes[i] = krunk.Cause{}
		}
		return true
	}, func(c *krunk.Client) {
		c.Report(fmt.Errorf("outer: %w", errors.New("inner")))
		c.Channel("net").Error("a log record")
		crash(c)
	})
	for _, e := range srv.Events() { // Verify says the rest
		for _, x := range e.Exceptions {
			if x.Type == "" && x.Value == "" {
				t.Errorf("an exception that says nothing: %s", e.Raw)
			}
		}
	}
	if n := len(srv.Events()); n != 3 {
		t.Errorf("%d events, want 3", n)
	}
}
