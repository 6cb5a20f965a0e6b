package session

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

var update = flag.Bool("update", false, "write the golden file")

const second = int64(1e9)

// began is 2026-09-21T14:00:00.123Z.
const began = 1789999200*second + 123e6

var (
	id    = [16]byte{0x0f, 0x6a, 0x2c, 0x1e, 0x7d, 0x0b, 0x4c, 0x53, 0x9f, 0x0e, 0x5a, 0x1f, 0x8e, 0x2b, 0x6c, 0x77}
	names = Names{User: "install-1", Release: "moonfall@1.4.2+881", Environment: "production"}
)

// must is Next where a session runs.
func must(t *testing.T, s *State, status Status, now int64) Update {
	t.Helper()
	u, ok := s.Next(status, now)
	if !ok {
		t.Fatalf("no update with status %d: %+v", status, s)
	}
	return u
}

// lives are those that a server sees.
func lives(t *testing.T) map[string][]Update {
	t.Helper()
	all := make(map[string][]Update)
	for _, l := range []struct {
		name   string
		status Status
		errors int
		hang   Hang
	}{
		{"healthy", Exited, 0, 0}, {"errored", Exited, 3, 0}, {"crashed", Crashed, 0, 0}, {"killed", Abnormal, 0, 0},
		{"hung", Abnormal, 1, HangInForeground}, {"hung in the background", Abnormal, 0, HangInBackground},
	} {
		var s State
		s.Begin(id, began)
		list := []Update{must(t, &s, Running, began)}
		for i := range l.errors {
			if s.Fail() {
				list = append(list, must(t, &s, Running, began+int64(i+1)*second))
			}
		}
		last := must(t, &s, l.status, began+800*second+5e6)
		last.Hang = l.hang
		all[l.name] = append(list, last)
	}
	var s State
	s.Begin(id, began)
	all["short"] = []Update{must(t, &s, Exited, began+2*second)}
	return all
}

func TestGolden(t *testing.T) {
	var got bytes.Buffer
	all := lives(t)
	for _, name := range []string{"healthy", "errored", "crashed", "killed", "hung", "hung in the background", "short"} {
		fmt.Fprintf(&got, "# %s\n", name)
		for _, u := range all[name] {
			got.Write(append(u.Append(nil, &names), '\n'))
		}
	}
	bare := all["short"][0]
	fmt.Fprintf(&got, "# without user and environment\n%s\n", bare.Append(nil, &Names{Release: "a\"\n@1"}))
	const golden = "testdata/updates.golden"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got\n%s\nwant\n%s", got.Bytes(), want)
	}
}

// server is a strict endpoint that takes updates.
type server struct {
	*sentrytest.Server
	t *testing.T
}

func newServer(t *testing.T) server {
	return server{sentrytest.New(sentrytest.Options{AnyTime: true}), t}
}

func (s server) take(u Update) {
	s.t.Helper()
	payload := u.Append(nil, &names)
	body := fmt.Appendf(nil, "{\"dsn\":%q,\"sdk\":{\"name\":\"krunk.go\",\"version\":\"0.1.0\"},\"sent_at\":\"2026-09-21T14:13:20.000Z\"}\n{\"type\":\"session\",\"length\":%d}\n%s\n", s.DSN(), len(payload), payload)
	project := s.DSN()[strings.LastIndexByte(s.DSN(), '/'):]
	key, _, _ := strings.Cut(strings.TrimPrefix(s.DSN(), "http://"), "@")
	a, err := s.Transport().Send(s.t.Context(), &transport.Request{
		URL: s.URL() + "/api" + project + "/envelope/", Auth: "Sentry sentry_version=7, sentry_client=krunk.go/0.1.0, sentry_key=" + key,
		UserAgent: "krunk.go/0.1.0", ContentType: "application/x-sentry-envelope", Body: body,
	})
	if err != nil || a.Status != 200 {
		s.t.Fatalf("got %+v, %v", a, err)
	}
}

// A strict server has nothing to say about any life.
func TestLives(t *testing.T) {
	for name, list := range lives(t) {
		srv := newServer(t)
		for _, u := range list {
			srv.take(u)
		}
		for _, f := range append(srv.Faults(), srv.Notes()...) {
			t.Errorf("%s: %v", name, f)
		}
		if got := srv.Sessions(); len(got) != len(list) {
			t.Errorf("%s: %d updates arrived, want %d", name, len(got), len(list))
		}
	}
}

func TestState(t *testing.T) {
	var none State
	if _, ok := none.Next(Exited, began); ok {
		t.Error("a session that did not begin has an update")
	}
	var s State
	s.Begin(id, began)
	if u := must(t, &s, Running, began); !u.Init || u.Seq != 0 || s.Init != Put {
		t.Errorf("first update: got %+v, %+v", u, s)
	}
	if !s.Fail() || s.Fail() {
		t.Error("the first error has to be told, the second not")
	}
	if u := must(t, &s, Running, began-second); u.Init || u.Seq != 1 || u.Time != began || u.Errors != 2 {
		t.Errorf("a clock that went back: got %+v, want time %d", u, began)
	}
	if u := must(t, &s, Exited, began+second); u.Seq != 2 || u.Status != Exited {
		t.Errorf("final update: got %+v", u)
	}
	if _, ok := s.Next(Crashed, began+2*second); ok || s.Status != Exited || s.Fail() {
		t.Error("something is told behind a final update")
	}
	s.Errors = 1<<32 - 1
	if s.Fail(); s.Errors != 1<<32-1 {
		t.Errorf("errors became %d, want the largest number", s.Errors)
	}
}

// The update that servers count a session by is told once, whatever is lost on the way.
func TestInitThatIsLost(t *testing.T) {
	for _, tt := range []struct {
		name string
		run  func(s *State) []Update // what arrives
	}{
		{"nothing waits", func(s *State) []Update {
			s.Next(Running, began)
			s.Lost()
			u, _ := s.Next(Running, began+second)
			s.Taken()
			end, _ := s.Next(Exited, began+2*second)
			return []Update{u, end}
		}},
		{"the end waits", func(s *State) []Update {
			s.Next(Running, began)
			s.Next(Exited, began+second)
			s.Lost()
			return []Update{s.Again()}
		}},
		{"an error waits", func(s *State) []Update {
			s.Next(Running, began)
			s.Fail()
			s.Next(Running, began+second)
			s.Lost()
			u := s.Again()
			end, _ := s.Next(Exited, began+2*second)
			return []Update{u, end}
		}},
		{"taken", func(s *State) []Update {
			u, _ := s.Next(Running, began)
			s.Taken()
			s.Lost() // of another one
			end, _ := s.Next(Exited, began+2*second)
			return []Update{u, end}
		}},
	} {
		var s State
		s.Begin(id, began)
		srv := newServer(t)
		for _, u := range tt.run(&s) {
			srv.take(u)
		}
		for _, f := range srv.Faults() {
			t.Errorf("%s: %v", tt.name, f)
		}
		if got := srv.Sessions(); len(got) == 0 || got[len(got)-1].Status != "exited" {
			t.Errorf("%s: got %+v, want it to end", tt.name, got)
		}
	}
}

func TestBackground(t *testing.T) {
	for _, tt := range []struct {
		name       string
		left, back int64 // seconds; 0: not at all
		over       bool
		how        Status // asked of Gone
		status     Status // at a death 100 s after the beginning
		at         int64
	}{
		{"never", 0, 0, false, Abnormal, Abnormal, 100},
		{"29 s", 10, 39, false, Abnormal, Abnormal, 100},
		{"30 s", 10, 40, false, Abnormal, Abnormal, 100},
		{"31 s", 10, 41, true, Abnormal, Abnormal, 100},
		{"dead soon after it left", 80, 0, false, Abnormal, Abnormal, 100},
		{"dead long after it left", 10, 0, false, Abnormal, Exited, 10},
		{"crashed long after it left", 10, 0, false, Crashed, Crashed, 100},
	} {
		var s State
		s.Begin(id, began)
		if tt.left > 0 {
			s.Leave(began + tt.left*second)
			s.Leave(began + (tt.left+5)*second) // told twice
		}
		if tt.back > 0 {
			if over, left := s.Return(began + tt.back*second); over != tt.over || left != began+tt.left*second {
				t.Errorf("%s: got %v, %d; want %v, %d s", tt.name, over, left-began, tt.over, tt.left)
			}
		}
		if status, at := s.Gone(tt.how, began+100*second); status != tt.status || at != began+tt.at*second {
			t.Errorf("%s: died with %d at %d, want %d at %d s", tt.name, status, at-began, tt.status, tt.at)
		}
	}
}

// Whatever happens in whatever order, a strict server has nothing to say.
func TestRandomLives(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		srv := newServer(t)
		var s State
		now := began
		s.Begin(id, now)
		var waiting []Update
		put := func(status Status, at int64) {
			if u, ok := s.Next(status, at); ok {
				waiting = append(waiting, u)
			}
		}
		put(Running, now)
		for range 40 {
			now += r.Int64N(20*second) - second
			switch r.IntN(8) {
			case 0:
				if s.Fail() {
					put(Running, now)
				}
			case 1:
				s.Leave(now)
			case 2:
				if over, left := s.Return(now); over {
					put(Exited, left)
				}
			case 3:
				put(Status(r.IntN(4)), now)
			case 4, 5: // the server takes the oldest
				if len(waiting) > 0 {
					srv.take(waiting[0])
					if waiting[0].Init {
						s.Taken()
					}
					waiting = waiting[1:]
				}
			case 6: // the oldest is given up
				if len(waiting) == 0 {
					break
				}
				lost := waiting[0]
				waiting = waiting[1:]
				if !lost.Init {
					break
				}
				if s.Lost(); len(waiting) > 0 {
					waiting = []Update{s.Again()}
				}
			}
		}
		for _, u := range waiting {
			srv.take(u)
		}
		for _, f := range srv.Faults() {
			t.Errorf("seed %d: %v", seed, f)
		}
	}
}
