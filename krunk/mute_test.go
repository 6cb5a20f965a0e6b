package krunk_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

type lostPacket struct{ error }

// The faults of a game. Each reports from another function.
//
//go:noinline
func faultOfNet(c *krunk.Client, line bool) {
	if line { // the same fault on another line
		c.Report(lostPacket{errors.New("no answer")})
		return
	}
	c.Report(lostPacket{errors.New("another text")})
}

//go:noinline
func faultOfDisk(c *krunk.Client) { c.Report(errors.New("disk full")) }

//go:noinline
func faultInClosure(c *krunk.Client, n int) {
	first, second := func() { c.Report(errors.New("a")) }, func() { c.Report(errors.New("b")) }
	if n == 1 {
		first()
		return
	}
	second()
}

func kinds(srv *sentrytest.Server) (out []string) {
	for _, e := range srv.Events() {
		out = append(out, e.Tag("krunk.kind"))
	}
	return out
}

// TestKindNamesAFault checks that events carry their kind, which is one for what is the same fault.
func TestKindNamesAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := controlled(t, krunk.Config{}, "")
		log := c.Channel("net")
		for _, report := range []func(){
			func() { faultOfNet(c, true) }, func() { faultOfNet(c, false) },
			func() { faultInClosure(c, 1) }, func() { faultInClosure(c, 2) },
			func() { log.Error("lost", krunk.Int("n", 1)) }, func() { log.Error("lost", krunk.Int("n", 2)) },
			func() { faultOfDisk(c) }, func() { log.Error("found") }, func() { faultOfDisk(c) },
		} {
			report()
		}
		c.Flush(time.Second)
		got := kinds(srv)
		if len(got) != 9 {
			t.Fatalf("got %q", got)
		}
		seen := make(map[string]bool)
		for i, k := range got {
			if len(k) != 8 || strings.Trim(k, "0123456789abcdef") != "" {
				t.Errorf("event %d has kind %q", i, k)
			}
			same := i == 1 || i == 3 || i == 5 || i == 8
			if same && i < 8 && k != got[i-1] || i == 8 && k != got[6] {
				t.Errorf("event %d has kind %s, want that of the same fault: %q", i, k, got)
			}
			if !same && seen[k] {
				t.Errorf("event %d has the kind of another fault: %q", i, got)
			}
			seen[k] = true
		}
		c.Close(time.Second)
	})
}

// TestMute checks that a policy keeps one fault back, but for the first of each day and for panics, tells of it, and ends.
func TestMute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(26 * 365 * 24 * time.Hour)
		disk := new(memoryStorage)
		ctl, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{Storage: sampling.Keep(disk)})
		if err != nil {
			t.Fatal(err)
		}
		c, srv := controlled(t, krunk.Config{Sampling: krunk.Steer(ctl), MaxRepeats: -1}, "")
		faultOfNet(c, true)
		faultOfDisk(c)
		c.Flush(time.Second)
		crash(c)
		c.Flush(time.Second)
		net, full, panics := kinds(srv)[0], kinds(srv)[1], kinds(srv)[2]
		policy := func(end time.Duration) string {
			until := time.Now().Add(end).UTC().Format(time.RFC3339)
			return fmt.Sprintf(`"kinds":{%q:{"until":%q,"mute":true},%q:{"until":%q,"mute":true},%q:{"until":%q,"rate":"2/h"}}`, net, until, panics, until, full, until)
		}
		apply(t, ctl, 1, policy(48*time.Hour))
		want := 3
		step := func(what string, more int, do func()) {
			t.Helper()
			do()
			c.Flush(time.Second)
			if want += more; len(srv.Events()) != want {
				t.Errorf("%s: %d events, want %d: %q", what, len(srv.Events()), want, kinds(srv))
			}
		}
		thrice := func(f func()) func() { return func() { f(); f(); f() } }
		step("the first of a day", 1, thrice(func() { faultOfNet(c, true) }))
		step("a second time", 0, func() { faultOfNet(c, false) })
		step("a panic that is not named", 3, thrice(func() { crash(c) }))
		step("a rate", 2, thrice(func() { faultOfDisk(c) }))
		step("another fault", 1, func() { c.Report(fmt.Errorf("other %w", errors.ErrUnsupported)) })
		if e := srv.Events()[len(srv.Events())-1]; !strings.Contains(string(e.Raw), "another text") {
			t.Errorf("what was kept back is no breadcrumb: %s", e.Raw)
		}
		time.Sleep(24 * time.Hour)
		step("the next day", 1, thrice(func() { faultOfNet(c, true) }))
		if n := told(srv, "ignored", "error"); n != 6 {
			t.Errorf("client reports tell of %d, want 6", n)
		}
		step("the end", 3, func() {
			time.Sleep(25 * time.Hour)
			thrice(func() { faultOfNet(c, true) })()
		})
		c.Close(time.Second)

		// The next start of the program is still the same day.
		for day := range 2 {
			ctl, err = sampling.New(sampling.Identity{ID: "a"}, sampling.Options{Storage: sampling.Keep(disk)})
			if err != nil {
				t.Fatal(err)
			}
			c, srv = controlled(t, krunk.Config{Sampling: krunk.Steer(ctl), MaxRepeats: -1}, "")
			want = 0
			if day == 0 {
				apply(t, ctl, 2, policy(48*time.Hour))
				step("first run", 1, thrice(func() { faultOfNet(c, true) }))
			} else {
				step("second run of the day", 0, thrice(func() { faultOfNet(c, true) }))
			}
			c.Close(time.Second)
		}
		if n := told(srv, "ignored", "error"); n != 3 {
			t.Errorf("client reports of the second run tell of %d, want 3", n)
		}
	})
}

// memoryStorage keeps what it is given.
type memoryStorage struct{ b []byte }

func (m *memoryStorage) Load() ([]byte, error) { return m.b, nil }
func (m *memoryStorage) Save(b []byte) error   { m.b = b; return nil }

// TestPanicsAreMutedByName checks "panics": true.
func TestPanicsAreMutedByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(26 * 365 * 24 * time.Hour)
		c, srv := controlled(t, krunk.Config{Panics: krunk.Panics{MaxRepeats: -1}}, "")
		crash(c)
		c.Flush(time.Second)
		apply(t, c.Sampling(), 1, fmt.Sprintf(`"kinds":{%q:{"until":%q,"mute":true,"panics":true}}`, kinds(srv)[0], time.Now().Add(time.Hour).UTC().Format(time.RFC3339)))
		for range 3 {
			crash(c)
		}
		c.Close(time.Second)
		if n := len(srv.Events()); n != 2 || told(srv, "ignored", "error") != 2 {
			t.Errorf("%d events and %d told, want 2 and 2", n, told(srv, "ignored", "error"))
		}
	})
}

// TestMutedIsNoBreadcrumbBehindAHook checks that what Config.BeforeSend would have taken out of an event does not travel with later ones because a
// policy keeps its kind back: the hook never saw it.
func TestMutedIsNoBreadcrumbBehindAHook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(26 * 365 * 24 * time.Hour)
		c, srv := controlled(t, krunk.Config{MaxRepeats: -1, BeforeSend: krunk.Edit(func(e *krunk.Event) bool {
			e.Text = strings.ReplaceAll(e.Text, "text", "…")
			return true
		})}, "")
		faultOfNet(c, false)
		c.Flush(time.Second)
		apply(t, c.Sampling(), 1, fmt.Sprintf(`"kinds":{%q:{"until":%q,"mute":true}}`, kinds(srv)[0], time.Now().Add(time.Hour).UTC().Format(time.RFC3339)))
		for range 3 {
			faultOfNet(c, false)
		}
		faultOfDisk(c)
		c.Close(time.Second)
		for _, e := range srv.Events() {
			if strings.Contains(string(e.Raw), "another text") {
				t.Errorf("what BeforeSend never saw arrived: %s", e.Raw)
			}
		}
	})
}
