package session

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

var update = flag.Bool("update", false, "write the golden file")

const second = int64(1e9)

// began is 2026-09-21T14:00:00.123Z, the start of the run in most tests.
const began = 1789999200*second + 123e6

var run = Run{
	ID:      [16]byte{0x0f, 0x6a, 0x2c, 0x1e, 0x7d, 0x0b, 0x4c, 0x53, 0x9f, 0x0e, 0x5a, 0x1f, 0x8e, 0x2b, 0x6c, 0x77},
	Release: "moonfall@1.4.2+881", Environment: "production",
}

// game is a run with its sessions, whose clock the test sets.
type game struct {
	*Life
	t      *testing.T
	live   *blackbox.Live
	outbox *blackbox.Outbox
	at     int64 // nanoseconds of the run
	start  int64
	woken  int
}

func newGame(t *testing.T) *game {
	sizes := blackbox.Sizes{blackbox.OutboxRegion: 64 << 10, blackbox.RingRegion: blackbox.MinRing}
	b := blackbox.NewBlock(blackbox.Words(sizes.Total()), sizes, 7)
	g := &game{t: t, live: b.Live, outbox: b.Outbox(), start: began}
	g.Life = new(Life)
	g.Init(Config{
		Words: &g.live.Session, Errors: &g.live.Errors, Run: run, Start: func() int64 { return g.start }, Now: func() int64 { return g.at }, Wake: func() { g.woken++ },
	})
	g.SetUser("install-1")
	return g
}

func (g *game) fail(n uint64) { g.live.Errors.Add(n) }

// items returns what is told now, "" if there is nothing; the server takes it or not.
func (g *game) items(taken bool) string {
	g.Note()
	b, ok := g.Append(nil)
	if ok != (len(b) > 0) {
		g.t.Fatalf("Append reports %v with %d bytes", ok, len(b))
	}
	if ok {
		g.Answered(taken)
	}
	return string(b)
}

// finish is what the sender does with a session that is over.
func (g *game) finish() string {
	g.Note()
	if !g.Over() {
		return ""
	}
	b := g.AppendEnd(nil)
	g.Ended()
	return string(b)
}

// bury is what an heir does.
func (g *game) bury(d Death) string {
	d.Start = g.start
	g.Note()
	b, ok := Bury(nil, g.live, &run, &d, g.outbox)
	if ok != (len(b) > 0) {
		g.t.Fatalf("Bury reports %v with %d bytes", ok, len(b))
	}
	if !ok {
		return ""
	}
	if !g.outbox.Put(blackbox.Meta{Kind: blackbox.Event, Category: uint8(protocol.CategorySession), Count: 1}, b) {
		g.t.Fatal("no room")
	}
	if again, ok := Bury(nil, g.live, &run, &d, g.outbox); ok {
		g.t.Errorf("an heir that died before Buried tells it twice: %s", again)
	}
	Buried(g.live)
	if again, ok := Bury(nil, g.live, &run, &d, g.outbox); ok {
		g.t.Errorf("the next heir tells it again: %s", again)
	}
	return string(b)
}

// lives are those that a server sees.
var lives = []struct {
	name string
	live func(g *game) []string
}{
	{"healthy", func(g *game) []string {
		out := []string{g.items(true)}
		g.at = 800 * second
		g.End(Exited, 0)
		return append(out, g.finish())
	}},
	{"errored", func(g *game) []string {
		out := []string{g.items(true)}
		g.at = second
		g.fail(2)
		out = append(out, g.items(true))
		g.fail(1)
		out = append(out, g.items(true))
		g.at = 800 * second
		g.End(Exited, 0)
		return append(out, g.finish())
	}},
	{"errored before anything was told", func(g *game) []string {
		g.at = second
		g.fail(1)
		return []string{g.items(true)}
	}},
	{"crashed", func(g *game) []string {
		out := []string{g.items(true)}
		g.at = 800*second + 5e6
		g.End(Crashed, 0)
		return append(out, g.finish())
	}},
	{"short", func(g *game) []string {
		g.at = 2 * second
		g.End(Exited, 0)
		return []string{g.finish()}
	}},
	{"closed while it panics", func(g *game) []string {
		g.at = 2 * second
		g.End(Exited, 0)
		g.End(Crashed, 0)
		g.End(Exited, 0)
		return []string{g.finish()}
	}},
	{"the beginning is lost", func(g *game) []string {
		g.items(false)
		g.at = second
		g.start += 3600 * second // what a server may know does not change
		return []string{g.items(true)}
	}},
	{"the end follows a beginning without an answer", func(g *game) []string {
		g.items(false)
		g.at = second
		g.End(Exited, 0)
		return []string{g.finish()}
	}},
	{"killed", func(g *game) []string {
		return []string{g.items(true), g.bury(Death{Seen: 700 * second, Status: Abnormal})}
	}},
	{"killed before anything was told", func(g *game) []string {
		return []string{g.bury(Death{Seen: 3 * second})}
	}},
	{"killed with a beginning and an error without an answer", func(g *game) []string {
		g.at = second
		g.fail(1)
		g.items(false)
		return []string{g.bury(Death{Seen: 3 * second})}
	}},
	{"hung", func(g *game) []string {
		return []string{g.items(true), g.bury(Death{Seen: 700 * second, Status: Abnormal, Hang: HangInForeground})}
	}},
	{"hung in the background", func(g *game) []string {
		return []string{g.items(true), g.bury(Death{Seen: 700 * second, Status: Abnormal, Hang: HangInBackground})}
	}},
	{"crashed, told by an heir", func(g *game) []string {
		return []string{g.items(true), g.bury(Death{Seen: 700 * second, Status: Crashed})}
	}},
	{"away for 31 s", func(g *game) []string {
		out := []string{g.items(true)}
		g.fail(1)
		g.Background(100 * second)
		g.at = 131*second + 1e6
		g.Foreground(g.at)
		out = append(out, g.finish())
		g.at = 200 * second
		g.SetUser("install-2")
		out = append(out, g.items(true))
		g.End(Exited, 0)
		return append(out, g.finish())
	}},
	{"open for five days", func(g *game) []string {
		out := []string{g.items(true)}
		g.at = 4 * 86400 * second
		out = append(out, g.items(true), g.finish())
		g.at = 5 * 86400 * second
		g.End(Exited, 0)
		return append(out, g.items(true), g.finish())
	}},
	{"dead long after it left", func(g *game) []string {
		out := []string{g.items(true)}
		g.Background(100 * second)
		return append(out, g.bury(Death{Seen: 700 * second, Status: Abnormal}))
	}},
	{"crashed when it was just back", func(g *game) []string {
		g.Background(100 * second)
		g.at = 200 * second
		g.Foreground(g.at)
		g.End(Crashed, 0)
		return []string{g.finish(), g.finish()}
	}},
	{"closed long after it left", func(g *game) []string {
		g.Background(100 * second)
		g.at = 700 * second
		g.End(Exited, 0)
		return []string{g.finish()}
	}},
}

func TestGolden(t *testing.T) {
	var got bytes.Buffer
	for _, l := range lives {
		fmt.Fprintf(&got, "# %s\n%s", l.name, strings.Join(l.live(newGame(t)), ""))
	}
	bare := Update{Run: &Run{Release: "a\"\n@1"}}
	fmt.Fprintf(&got, "# bare\n%s\n", bare.Append(nil))
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

func (s server) take(items string) {
	s.t.Helper()
	if items == "" {
		return
	}
	body := fmt.Appendf(nil, "{\"dsn\":%q,\"sdk\":{\"name\":\"krunk.go\",\"version\":\"0.1.0\"},\"sent_at\":\"2026-09-21T14:13:20.000Z\"}\n%s", s.DSN(), items)
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
	for _, l := range lives {
		srv := newServer(t)
		for _, items := range l.live(newGame(t)) {
			srv.take(items)
		}
		for _, f := range append(srv.Faults(), srv.Notes()...) {
			t.Errorf("%s: %v", l.name, f)
		}
	}
}

// When an update is told for itself.
func TestDue(t *testing.T) {
	g := newGame(t)
	for _, step := range []struct {
		what string
		do   func()
		wait uint64
		ok   bool
	}{
		{"a new session", func() {}, tellAfter, true},
		{"a second later", func() { g.at = second }, tellAfter - 1000, true},
		{"four more", func() { g.at = 5 * second }, 0, true},
		{"its beginning is told", func() { g.items(true) }, maxAge - 5000, true},
		{"an error", func() { g.fail(1) }, tellAfter, true},
		{"a second later", func() { g.at = 6 * second }, tellAfter - 1000, true},
		{"under way", func() { g.Append(nil) }, 0, false},
		{"without an answer", func() { g.Answered(false) }, 0, true},
		{"told", func() { g.items(true) }, maxAge - 6000, true},
		{"another error", func() { g.fail(1) }, maxAge - 6000, true},
		{"a moment before it is too old", func() { g.at = maxAge*1e6 - 1 }, 1, true},
		{"too old, and not looked at", func() { g.at++ }, 1, true},
		{"over", func() { g.End(Exited, 0); g.finish() }, 0, false},
		{"an error after the end", func() { g.fail(1) }, 0, false},
	} {
		step.do()
		if wait, ok := g.Due(); wait != step.wait || ok != step.ok {
			t.Errorf("%s: due in %d, %v; want %d, %v", step.what, wait, ok, step.wait, step.ok)
		}
	}
	if g.Over() || g.items(true) != "" {
		t.Error("something is told behind the end")
	}
}

func TestBackground(t *testing.T) {
	for _, tt := range []struct {
		name       string
		left, back int64 // seconds
		over       bool
	}{{"29 s", 10, 39, false}, {"30 s", 10, 40, false}, {"31 s", 10, 41, true}, {"back without having left", 0, 500, false}} {
		g := newGame(t)
		if tt.left > 0 {
			g.Background(tt.left * second)
			g.Background((tt.left + 5) * second) // told twice
		}
		g.at = tt.back * second
		g.Foreground(g.at)
		if over, last, _, _ := g.Ends(); over != tt.over || g.woken == 0 && tt.over || over && last {
			t.Errorf("%s: over %v, woken %d times; want %v", tt.name, over, g.woken, tt.over)
		}
		g.finish()
		g.Background(g.at + second) // it may go again
		g.Foreground(g.at + 2*second)
		if g.Over() {
			t.Errorf("%s: a second in the background ended a session", tt.name)
		}
	}
}

func TestNobodysLife(t *testing.T) {
	var l *Life
	l.SetUser("a")
	l.Background(1)
	l.Foreground(1)
	l.End(Exited, 0)
	if l.Over() {
		t.Error("a session that is none is over")
	}
}

// A user is counted by a hash that stays the same for good and shows nothing.
func TestUserIsAHash(t *testing.T) {
	if hash("") != 0 {
		t.Error("nobody has a hash")
	}
	if got := fmt.Sprintf("%x", hash("install-1")); got != "87c3bfd4de6c8f8d" {
		t.Errorf("the hash became %s: servers count everybody anew", got)
	}
	seen := make(map[uint64]bool)
	for i := range 100_000 {
		seen[hash(fmt.Sprint("player-", i))] = true
	}
	if len(seen) != 100_000 {
		t.Errorf("%d hashes of 100000 players", len(seen))
	}
}

// Whatever happens in whatever order, a strict server has nothing to say, and each session ends once.
func TestRandomLives(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		srv, g := newServer(t), newGame(t)
		ends := 0
		end := func(items string) {
			if items != "" {
				ends++
				srv.take(items)
			}
		}
		for range 60 {
			g.at += r.Int64N(20 * second)
			switch r.IntN(8) {
			case 0:
				g.fail(r.Uint64N(3))
			case 1:
				g.Background(g.at)
			case 2:
				g.Foreground(g.at)
				end(g.finish())
			case 3:
				g.start += r.Int64N(20*second) - 10*second
			case 4: // taken, but the answer is lost
				srv.take(g.items(false))
			case 5:
				g.items(false)
			default:
				srv.take(g.items(true))
			}
		}
		switch r.IntN(3) {
		case 0:
			g.End(Crashed, 0)
			end(g.finish())
		case 1:
			g.End(Exited, 0)
			end(g.finish())
		}
		end(g.bury(Death{Seen: g.at, Status: Status(r.IntN(4))}))
		for _, f := range srv.Faults() {
			t.Errorf("seed %d: %v", seed, f)
		}
		finals := 0
		for _, s := range srv.Sessions() {
			if s.Status != "ok" {
				finals++
			}
		}
		if finals != ends || ends == 0 {
			t.Errorf("seed %d: %d sessions ended at the server, want %d", seed, finals, ends)
		}
	}
}

// What stands in the words of a dead run is input from outside.
func TestBuryBelievesNoWord(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 2))
		g := newGame(t)
		words := unsafe.Slice((*uint64)(unsafe.Pointer(&g.live.Session)), unsafe.Sizeof(g.live.Session)/8)
		for i := range words {
			switch r.IntN(3) {
			case 0:
				words[i] = r.Uint64()
			case 1:
				words[i] = 1<<48 | r.Uint64N(1<<r.IntN(48))
			}
		}
		d := Death{Start: int64(r.Uint64()), Seen: int64(r.Uint64()), Status: Status(r.IntN(8)), Hang: Hang(r.IntN(8))}
		if b, ok := Bury(nil, g.live, &run, &d, g.outbox); ok && (len(b) > 1200 || b[len(b)-1] != '\n') {
			t.Errorf("seed %d: %d bytes: %s", seed, len(b), b)
		}
	}
	g := newGame(t)
	if _, ok := Bury(nil, g.live, &Run{ID: run.ID}, &Death{}, g.outbox); ok {
		t.Error("a run without a release has a session")
	}
	g.live.Session.Begun.Store(0)
	if _, ok := Bury(nil, g.live, &run, &Death{}, g.outbox); ok {
		t.Error("a run without a session has one")
	}
}

func TestNothingAllocates(t *testing.T) {
	g := newGame(t)
	if n := testing.AllocsPerRun(100, func() {
		g.SetUser("player")
		g.Background(second)
		g.Foreground(2 * second)
		g.End(Running, 0)
		g.Over()
		g.Due()
	}); n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func TestTooOld(t *testing.T) {
	g := newGame(t)
	items := []byte(g.items(true))
	const day = 86400 * second
	for _, tt := range []struct {
		items string
		now   int64
		want  bool
	}{
		{string(items), began, false}, {string(items), began + 5*day, false}, {string(items), began + 5*day + 1e6, true}, {string(items), began - 9*day, false},
		{"", began + 9*day, false}, {`{"started":"`, began + 9*day, false}, {`{"x":1}`, began + 9*day, false},
	} {
		if got := TooOld([]byte(tt.items), tt.now); got != tt.want {
			t.Errorf("%.40s after %d days: %v", tt.items, (tt.now-began)/day, got)
		}
	}
	if _, ok := Bury(nil, g.live, &run, &Death{Now: began + 6*day}, g.outbox); ok {
		t.Error("a session of six days is told")
	}
}
