package policyserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

// trio is three servers over one store, with 100, 200 and 300 clients.
func trio(t *testing.T, store Store) (out []*Server) {
	t.Helper()
	for i := range 3 {
		s, err := New(store, Options{Server: fmt.Sprint("eu-", i+1), Authorize: anna,
			Counters: func() map[string]uint64 { return map[string]uint64{"net": uint64(1000 * (i + 1))} }})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if _, err := s.Publish(t.Context(), policyDoc(1187, 10), "anna"); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		for client := range 100 * (i + 1) {
			s.HeartbeatEcho(uint64(client), "have=3.1187")
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = s.Run(ctx) }()
		t.Cleanup(func() { stop(); <-done })
		out = append(out, s)
	}
	return out
}

// settle lets servers tell and listen.
func settle(servers ...*Server) {
	time.Sleep(tellAnyway)
	for _, s := range servers {
		s.Convergence()
	}
	synctest.Wait()
}

// Every server shows the whole fleet, with requests apart from what comes over the game's connection, and leaves out one that has
// gone silent.
func TestFleetOfAllServers(t *testing.T) {
	for name, store := range stores(t) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				servers := trio(t, store)
				for range 7 {
					servers[1].fleet.poll("have=3.1187")
				}
				settle(servers...)
				for i, s := range servers {
					c := s.Convergence()
					if c.Clients != 600 || c.Polls != 7 || len(c.Servers) != 3 || c.Trouble != "" || !strings.HasPrefix(c.Text, "100 % on 1187; of those that ask by HTTP 100 % on 1187") {
						t.Errorf("server %d: %+v", i, c)
					}
					st := decoded[jsonStatus](t, do(s, "GET", "/policy/status", ""))
					if len(st.Servers) != 3 || !st.Servers[0].Own || st.Servers[0].Name != s.o.Server || len(st.Counters) != 1 || st.Counters[0].Count != 6000 {
						t.Errorf("server %d: %+v, counters %+v", i, st.Servers, st.Counters)
					}
				}

				// What clients run travels: the third server's follow.
				if _, err := servers[0].Publish(t.Context(), policyDoc(1188, 20), "anna"); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * watchEvery)
				for client := range 300 {
					servers[2].HeartbeatEcho(uint64(client), "have=3.1188")
				}
				settle(servers...)
				if c := servers[0].Convergence(); !strings.HasPrefix(c.Text, "50 % on 1187, 50 % on 1188") {
					t.Errorf("after a publication: %s", c.Text)
				}
			})
		})
	}
}

// A server that says nothing any more is shown as silent and counts no longer; its clients are another's by then.
func TestSilentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(Memory)
		servers := trio(t, store)
		settle(servers...)
		servers[2].others.telling.Store(true) // it hangs
		time.Sleep(time.Minute)
		settle(servers[0])
		c := servers[0].Convergence()
		if c.Clients != 300 || len(c.Servers) != 3 || c.Servers[2].Counted || c.Servers[2].Why == "" || c.Servers[2].Silent < 50*time.Second {
			t.Errorf("%+v", c)
		}
		time.Sleep(2 * time.Hour)
		settle(servers[0])
		if c := servers[0].Convergence(); len(c.Servers) != 2 {
			t.Errorf("two hours later: %+v", c.Servers)
		}
	})
}

// Summaries may be anything: torn, of another server, of a newer format, or lies. They are marked, and count for nothing.
func TestSummariesThatLie(t *testing.T) {
	good := func(change func(m map[string]any)) string {
		m := map[string]any{"krunkSummary": 1, "server": "eu-9", "run": "r", "n": 1, "every": 10, "version": "3.1187", "at": time.Now(), "states": []any{map[string]any{"have": "3.1187", "clients": 5}}}
		change(m)
		b, _ := json.Marshal(m)
		return string(b)
	}
	state := func(m map[string]any) func(map[string]any) {
		return func(all map[string]any) { all["states"] = []any{m} }
	}
	many := make([]any, maxStated+1)
	for i := range many {
		many[i] = map[string]any{"have": fmt.Sprint("3.", i), "clients": 1}
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":              {"", "cannot be read"},
		"torn":               {good(func(map[string]any) {})[:40], "torn"},
		"another":            {good(func(m map[string]any) { m["server"] = "eu-1" }), "another one"},
		"newer":              {good(func(m map[string]any) { m["krunkSummary"] = 2 }), "format 2"},
		"large":              {strings.Repeat("x", MaxSummary+1), "more than"},
		"negative":           {good(state(map[string]any{"have": "3.1187", "clients": -5})), "what cannot be"},
		"a billion":          {good(state(map[string]any{"have": "3.1187", "clients": 1_000_000_000})), "what cannot be"},
		"a number too large": {good(state(map[string]any{"have": "3.1187", "clients": 1e30})), "torn"},
		"no version":         {good(state(map[string]any{"have": "<script>", "clients": 5})), "what cannot be"},
		"a long code":        {good(state(map[string]any{"have": "3.1187", "clients": 5, "err": strings.Repeat("x", 99)})), "what cannot be"},
		"many states":        {good(func(m map[string]any) { m["states"] = many }), "what cannot be"},
		"a bad channel":      {good(func(m map[string]any) { m["counters"] = []any{map[string]any{"channel": "<b>", "count": 1, "rate": 1}} }), "what cannot be"},
		"never again":        {good(func(m map[string]any) { m["every"] = 0 }), "what cannot be"},
		"nested":             {strings.Repeat("[", 60_000), "torn"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := new(Memory)
				if err := store.PutSummary(t.Context(), "eu-9", []byte(c.text)); err != nil {
					t.Fatal(err)
				}
				servers := trio(t, store)
				settle(servers...)
				got := servers[0].Convergence()
				if got.Clients != 600 || len(got.Servers) != 4 || got.Servers[3].Counted || !strings.Contains(got.Servers[3].Why, c.want) {
					t.Errorf("%+v", got)
				}
				if w := do(servers[0], "GET", "/policy/status", ""); w.Code != 200 || w.Body.Len() > 20_000 {
					t.Errorf("status %d of %d bytes", w.Code, w.Body.Len())
				}
			})
		})
	}
}

// More servers than there can be are not listened to, and states that nobody publishes do not break the sums.
func TestManySummaries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(Memory)
		for i := range 200 {
			b := fmt.Sprintf(`{"krunkSummary":1,"server":"x-%03d","run":"r","n":1,"every":10,"at":%q,"version":"9.%d","states":[{"have":"9.%d","clients":%d}]}`,
				i, time.Now().Format(time.RFC3339), i, i, maxTold)
			_ = store.PutSummary(t.Context(), fmt.Sprintf("x-%03d", i), []byte(b))
		}
		s := trio(t, store)[0]
		s.Convergence()
		synctest.Wait()
		c := s.Convergence()
		if len(c.Servers) != maxServers+1 || !strings.Contains(c.Trouble, "servers more") || c.Clients < 0 {
			t.Errorf("%d servers, %d clients, %q", len(c.Servers), c.Clients, c.Trouble)
		}
		if w := do(s, "GET", "/policy/status", ""); w.Code != 200 || w.Body.Len() > 64<<10 {
			t.Errorf("status %d of %d bytes", w.Code, w.Body.Len())
		}
	})
}

// Two servers of one name are told; one that was started again under its name is not.
func TestServersOfOneName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(Memory)
		servers := trio(t, store)
		again, err := New(store, Options{Server: "eu-1"})
		if err != nil {
			t.Fatal(err)
		}
		again.Convergence()
		synctest.Wait()
		if c := again.Convergence(); c.Trouble != "" {
			t.Errorf("after a restart: %s", c.Trouble)
		}
		for range 3 {
			settle(servers[0], again)
		}
		if c := again.Convergence(); !strings.Contains(c.Trouble, "Another server is called eu-1 too") {
			t.Errorf("%q", c.Trouble)
		}
	})
}

// hung is a store whose summaries never come.
type hung struct{ Memory }

func (*hung) PutSummary(ctx context.Context, _ string, _ []byte) error { select {} }

func (*hung) Summaries(ctx context.Context) (map[string][]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// own is a store without summaries.
type own struct{ Store }

func TestStoresWithoutSummaries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := trio(t, own{new(Memory)})[0]
		settle(s)
		if c := s.Convergence(); c.Clients != 100 || len(c.Servers) != 1 || c.Trouble != "" {
			t.Errorf("%+v", c)
		}
	})
}

// A store that hangs keeps neither the page nor anything else, and the page says what is missing.
func TestSummariesThatHang(t *testing.T) {
	s, err := New(new(hung), Options{Server: "eu-1"})
	if err != nil {
		t.Fatal(err)
	}
	s.tell(tellAnyway)
	s.tell(tellAnyway)
	s.others.take(nil, errors.New("no answer"), "eu-1", time.Now())
	st := decoded[jsonStatus](t, do(s, "GET", "/policy/status", ""))
	if !strings.Contains(st.Notice, "What other servers say cannot be read: no answer") {
		t.Errorf("notice %q", st.Notice)
	}
}

// Files in the directory of a Dir's summaries that are none hang nobody and break nothing.
func TestSummariesInADir(t *testing.T) {
	path := t.TempDir()
	d, err := NewDir(path)
	if err != nil {
		t.Fatal(err)
	}
	if all, err := d.Summaries(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("before the first: %v, %v", all, err)
	}
	if err := d.PutSummary(t.Context(), "eu-1", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "../x", "a b", strings.Repeat("x", 65)} {
		if err := d.PutSummary(t.Context(), bad, nil); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if err := d.PutSummary(t.Context(), "eu-2", make([]byte, MaxSummary+1)); err == nil {
		t.Error("a summary that is too large is taken")
	}
	dir := filepath.Join(path, summaryDir)
	for name, size := range map[string]int{"large.json": MaxSummary + 1, "other.txt": 1, "sp ace.json": 1, "old.json": 1} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, size), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	day := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "old.json"), day, day); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.json"), 0o755); err != nil {
		t.Fatal(err)
	}
	all, err := d.Summaries(t.Context())
	if got := fmt.Sprintf("%q", all); err != nil || got != `map["eu-1":"{}" "folder":"" "large":""]` {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "old.json")); !os.IsNotExist(err) {
		t.Errorf("what is old stays: %v", err)
	}
	if list, err := d.History(t.Context(), 9); err != nil || len(list) != 0 {
		t.Errorf("summaries are versions: %v, %v", list, err)
	}
}

// Predictions are for the players of all servers.
func TestForecastForAllServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		servers := trio(t, new(Memory))
		for i, s := range servers {
			s.Observe(Observation{Clients: 100 * (i + 1), Groups: []Group{{Identity: sampling.Identity{Platform: "linux"}, Clients: 100 * (i + 1)}}})
		}
		settle(servers...)
		d, err := servers[0].Draft(t.Context(), Change{Clients: new(float64)}, "anna")
		if err != nil || d.Report.Effect.Clients != 600 || d.Report.Effect.Before.Clients != 60 || d.Report.Effect.After.Clients != 0 {
			t.Errorf("%+v, %v", d.Report.Effect, err)
		}
	})
}

// FuzzReadSummary checks that whatever another server says is refused or stays within its bounds.
func FuzzReadSummary(f *testing.F) {
	for _, seed := range []string{
		`{"krunkSummary":1,"server":"eu-9","run":"r","n":1,"every":10,"version":"3.1187","states":[{"have":"3.1187","seen":"3.1188","err":"E06","clients":5},{"clients":2,"polled":true}]}`,
		`{"krunkSummary":1,"server":"eu-9","every":1e300,"version":"3.1187"}`, `{"krunkSummary":1,"server":"eu-9","every":10,"version":"3.1","counters":[{"channel":"net","count":1,"rate":0.5}],"logs":[{"mark":7,"clients":1}]}`,
		`[]`, `{"krunkSummary":1,"server":"eu-9","every":10,"version":"3.1","states":[{"have":"3.1","clients":16777216},{"have":"3.1","clients":16777216}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := readSummary("eu-9", b)
		if err != nil {
			return
		}
		if n := total(m.beats) + total(m.polls); n < 0 || n > maxTold || len(m.beats)+len(m.polls) > maxStated || len(m.Counters) > maxCounters || len(m.Logs) > maxLogs {
			t.Errorf("%d clients in %d states", n, len(m.States))
		}
		if o := (&other{said: m}); o.silence() < 10*time.Second || o.silence() > 2*time.Minute {
			t.Errorf("silence after %s", o.silence())
		}
	})
}
