package krunk_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/session"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
)

// The tests of this file run against a real server: .ci/bugsink run go test -count=1 -run TestBugsink -v .

type bugsinkShip struct{ decks []int }

func (s *bugsinkShip) dock(i int) int { return s.decks[i] }

// bugsinkError is a game's own error, of a type that no library knows.
type bugsinkError struct{ code int }

func (e *bugsinkError) Error() string { return fmt.Sprint("docking refused, code ", e.code) }

func bugsinkRaise(ch *krunk.Channel, n int) { ch.Error("docking lost", krunk.Int("n", n)) }

// newer returns what stands in after alone.
func newer(before, after map[string]stored) map[string]stored {
	for id := range before {
		delete(after, id)
	}
	return after
}

// in wants the top frame to be that function of this file, in the text and in the data.
func (s stored) in(t *testing.T, function string) {
	t.Helper()
	if got := s.top(); !strings.HasPrefix(got, "bugsink_test.go:") || !strings.HasSuffix(got, " in `"+function+"` [in-app]") {
		t.Errorf("stacktrace_md begins with %q, want bugsink_test.go:<line> in `%s` [in-app]", got, function)
	}
	frames := s.outer().Stacktrace.Frames
	if len(frames) == 0 {
		t.Fatal("the outermost exception has no frames")
	}
	for i, f := range frames {
		if f.Filename == "" || f.Function == "" || f.Lineno <= 0 {
			t.Errorf("frame %d is %+v, want a function, a file name and a line", i, f)
		}
	}
	crash := frames[len(frames)-1]
	if crash.Function != function || crash.Filename != "bugsink_test.go" || !crash.InApp {
		t.Errorf("the last frame is %+v, want %s in bugsink_test.go, in app", crash, function)
	}
	if got, want := s.top(), fmt.Sprintf("bugsink_test.go:%d ", crash.Lineno); !strings.HasPrefix(got, want) {
		t.Errorf("stacktrace_md begins with %q, want the line of the last frame, %q", got, want)
	}
}

func TestBugsinkEvent(t *testing.T) {
	g := startBugsink(t, krunk.Config{Release: "moonfall@1.4.2", Environment: "playtest", Dist: "77"})
	g.SetTag("scene", "boss_3")
	g.SetUser(krunk.User{ID: "player-17", Name: "Anna"})
	g.SetContext("gpu", krunk.String("name", "Jupiter"), krunk.Int("memory_size", 512), krunk.Bool("multi_threaded_rendering", true))
	net := g.Channel("net")
	for i := range 150 {
		net.Info("step", krunk.Int("i", i))
	}
	id := net.Report(fmt.Errorf("docking: %w", &bugsinkError{7}), krunk.Int("bay", 4), krunk.String("pilot", "Ünï\ncode"))
	g.flush()

	ev := g.api.event(id.String())
	if got, want := ev.title(), "*krunk_test.bugsinkError: docking: docking refused, code 7"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
	ev.in(t, "TestBugsinkEvent")
	d := ev.Data
	if d.Release != "moonfall@1.4.2" || d.Environment != "playtest" || d.Dist != "77" || d.Level != "error" || d.Logger != "net" {
		t.Errorf("release %q, environment %q, dist %q, level %q, logger %q", d.Release, d.Environment, d.Dist, d.Level, d.Logger)
	}
	if d.User.ID != "player-17" || d.User.Username != "Anna" {
		t.Errorf("user %+v, want player-17, Anna", d.User)
	}
	if d.Tags["scene"] != "boss_3" || d.Tags["support_code"] != id.SupportCode() || len(id.SupportCode()) != 8 {
		t.Errorf("tags %v, want the scene and the support code %q", d.Tags, id.SupportCode())
	}
	for _, want := range []struct {
		context, key string
		value        any
	}{
		{"gpu", "name", "Jupiter"}, {"gpu", "memory_size", 512.0}, {"gpu", "multi_threaded_rendering", true},
		{"attributes", "bay", 4.0}, {"attributes", "pilot", "Ünï\ncode"}, {"krunk", "channel", "net"}, {"runtime", "name", "go"},
	} {
		if got := d.Contexts[want.context][want.key]; got != want.value {
			t.Errorf("context %s: %s is %#v, want %#v", want.context, want.key, got, want.value)
		}
	}
	bugsinkCrumbs(t, ev)

	releases := g.api.list("releases/?project=" + url.QueryEscape(g.api.project))
	if len(releases) != 1 || releases[0]["version"] != "moonfall@1.4.2" {
		t.Errorf("releases %v, want moonfall@1.4.2 alone", releases)
	}
	if first := g.wire.sent()[0]; first.Encoding != "gzip" {
		t.Errorf("the event travelled with encoding %q, want gzip", first.Encoding)
	}
}

// bugsinkCrumbs wants steps 50 to 149, in order.
func bugsinkCrumbs(t *testing.T, ev stored) {
	t.Helper()
	crumbs := ev.Data.Breadcrumbs.Values
	if len(crumbs) != 100 {
		t.Fatalf("%d breadcrumbs, want the newest 100", len(crumbs))
	}
	for i, c := range crumbs {
		if c.Category != "net" || c.Level != "info" || c.Message != fmt.Sprint("step i=", 50+i) || c.Data["i"] != float64(50+i) {
			t.Fatalf("breadcrumb %d is %+v, want step %d", i, c, 50+i)
		}
	}
}

func TestBugsinkPanics(t *testing.T) {
	// Repanic gives the delivery a minute, so the event must be there before the panic goes on.
	g := startBugsink(t, krunk.Config{Panics: krunk.Panics{Wait: time.Minute}})
	var unchanged bool
	for _, tt := range []struct {
		name  string
		run   func() string // returns the id, or "" if the deferred function does not tell it
		title string
		top   string
	}{
		{"runtime error", func() (id string) {
			defer func() { id = g.ReportPanic(recover()).String() }()
			new(bugsinkShip).dock(9)
			return
		}, "runtime.boundsError: runtime error: index out of range [9] with length 0", "(*bugsinkShip).dock"},
		{"string", func() (id string) { defer g.Recover(); panic("hull breach") }, "panic: hull breach", "TestBugsinkPanics.func2"},
		{"custom error", func() (id string) {
			defer g.Recover()
			panic(&bugsinkError{3})
		}, "*krunk_test.bugsinkError: docking refused, code 3", "TestBugsinkPanics.func3"},
		{"repanicked", func() (id string) {
			defer func() { unchanged = recover() == any("going down") }()
			defer g.Repanic()
			panic("going down")
		}, "panic: going down", "TestBugsinkPanics.func4"},
	} {
		before := g.api.index()
		id := tt.run()
		if tt.name != "repanicked" {
			g.flush()
		}
		after := newer(before, g.api.index())
		if len(after) != 1 {
			t.Errorf("%s: %d new events, want 1", tt.name, len(after))
			continue
		}
		for got, ev := range after {
			if id != "" && got != id {
				t.Errorf("%s: event %s arrived, want %s", tt.name, got, id)
			}
			ev = g.api.load(ev)
			if ev.title() != tt.title {
				t.Errorf("%s: title %q, want %q", tt.name, ev.title(), tt.title)
			}
			ev.in(t, tt.top)
			if h := ev.outer().Mechanism.Handled; h == nil || *h || ev.Data.Level != "fatal" {
				t.Errorf("%s: level %q, mechanism %+v; want a fatal event with handled false", tt.name, ev.Data.Level, ev.outer().Mechanism)
			}
		}
	}
	if !unchanged {
		t.Error("the value of the panic did not pass Repanic unchanged")
	}
}

func TestBugsinkErrors(t *testing.T) {
	g := startBugsink(t, krunk.Config{})
	missing := &fs.PathError{Op: "open", Path: "save.dat", Err: &bugsinkError{1}}
	chain := g.Channel("save").Report(fmt.Errorf("saving: %w", missing))
	joined := g.Report(errors.Join(errors.New("cloud is off"), fmt.Errorf("disk: %w", &bugsinkError{2})))
	g.flush()
	for _, tt := range []struct {
		name  string
		id    krunk.EventID
		title string
		want  []string // root cause first
	}{
		{"chain", chain, "*krunk_test.bugsinkError: saving: open save.dat: docking refused, code 1", []string{
			"*krunk_test.bugsinkError: docking refused, code 1",
			"*fs.PathError: open save.dat: docking refused, code 1",
			"*krunk_test.bugsinkError: saving: open save.dat: docking refused, code 1",
		}},
		{"joined", joined, "*krunk_test.bugsinkError: cloud is off\ndisk: docking refused, code 2", []string{
			"*krunk_test.bugsinkError: docking refused, code 2",
			"*krunk_test.bugsinkError: disk: docking refused, code 2",
			"error: cloud is off",
			"*krunk_test.bugsinkError: cloud is off\ndisk: docking refused, code 2",
		}},
	} {
		ev := g.api.event(tt.id.String())
		var got []string
		for _, e := range ev.Data.Exception.Values {
			got = append(got, e.Type+": "+e.Value)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: exceptions\n%s\nwant\n%s", tt.name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
		if ev.title() != tt.title {
			t.Errorf("%s: title %q, want %q", tt.name, ev.title(), tt.title)
		}
		ev.in(t, "TestBugsinkErrors")
		if h := ev.outer().Mechanism.Handled; h == nil || !*h {
			t.Errorf("%s: mechanism %+v, want handled true", tt.name, ev.outer().Mechanism)
		}
		var headings []string // of the text, outermost first
		for line := range strings.Lines(ev.Stack) {
			if typ, ok := strings.CutPrefix(line, "# "); ok {
				headings = append([]string{strings.TrimSpace(typ)}, headings...)
			}
		}
		for i, h := range headings {
			if len(headings) != len(tt.want) || !strings.HasPrefix(tt.want[i], h+": ") {
				t.Errorf("%s: stacktrace_md tells of %q, want %q", tt.name, headings, tt.want)
				break
			}
		}
	}
}

func TestBugsinkGrouping(t *testing.T) {
	g := startBugsink(t, krunk.Config{})
	net, ai := g.Channel("net"), g.Channel("ai")
	bugsinkRaise(net, 1)
	bugsinkRaise(net, 2) // the same site
	bugsinkRaise(ai, 3)  // another channel
	net.Error("docking lost")
	net.Error("docking lost") // another site
	g.flush()
	issues := make(map[string][]string) // titles and attribute n of the events, by issue
	counts := make(map[string]float64)
	for _, ev := range g.api.index() {
		ev = g.api.load(ev)
		issues[ev.Issue] = append(issues[ev.Issue], fmt.Sprint(ev.title(), " ", ev.Data.Contexts["attributes"]["n"]))
		counts[ev.Issue] = ev.Count
	}
	var got []string
	for issue, events := range issues {
		slices.Sort(events)
		got = append(got, fmt.Sprint(counts[issue], ": ", strings.Join(events, ", ")))
	}
	slices.Sort(got)
	want := []string{
		"1: ai: docking lost 3",
		"1: net: docking lost <nil>",
		"1: net: docking lost <nil>",
		"2: net: docking lost 1, net: docking lost 2",
	}
	if !slices.Equal(got, want) {
		t.Errorf("issues\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (s *bugsinkShip) fuel() int  { return s.decks[0] }
func (s *bugsinkShip) crew() int  { return s.decks[0] }
func (s *bugsinkShip) cargo() int { return s.decks[0] }

// The same nil dereference in four functions is four issues, and one in the same function twice is one.
func TestBugsinkPartsPanicsByFunction(t *testing.T) {
	g := startBugsink(t, krunk.Config{})
	var lost *bugsinkShip
	for _, f := range []func(){
		func() { lost.dock(1) }, func() { lost.fuel() }, func() { lost.crew() }, func() { lost.cargo() }, func() { lost.cargo() },
	} {
		func() {
			defer g.Recover()
			f()
		}()
	}
	g.flush()
	issues := make(map[string]int)
	for _, ev := range g.api.index() {
		issues[ev.Issue]++
	}
	if len(issues) != 4 {
		t.Errorf("%d issues %v, want 4", len(issues), issues)
	}
}

// Bugsink reads and drops log records and client reports; that must disturb nothing.
func TestBugsinkLogsAndClientReports(t *testing.T) {
	g := startBugsink(t, krunk.Config{Channels: map[string]krunk.Thresholds{"net": {Send: "info"}}})
	net := g.Channel("net")
	g.wire.refuseNext()
	lost := g.Report(errors.New("refused on its way"))
	g.flush()
	before := g.Report(errors.New("before the logs"))
	for i := range 250 {
		net.Info("packet", krunk.Int("i", i), krunk.Float64("rtt", math.Inf(1)))
	}
	after := g.Report(errors.New("after the logs"))
	g.flush()
	if !g.Close(time.Minute) {
		t.Errorf("Close could not deliver everything: %+v", g.Stats())
	}
	kept := g.api.index()
	for _, tt := range []struct {
		name string
		id   krunk.EventID
		want bool
	}{{"refused", lost, false}, {"before", before, true}, {"after", after, true}} {
		if _, ok := kept[tt.id.String()]; ok != tt.want || tt.id.IsZero() {
			t.Errorf("%s: event %q is stored: %v, want %v", tt.name, tt.id, ok, tt.want)
		}
	}
	if n := g.wire.accepted("log"); n < 3 {
		t.Errorf("%d batches of logs were accepted, want at least 3 for 250 records", n)
	}
	if n := g.wire.accepted("client_report"); n == 0 {
		t.Error("no client report was accepted, want one that tells of the refused event")
	}
	if s := g.Stats(); s.Waiting != 0 || s.Retries != 0 || len(s.Losses) != 1 || s.Losses[0].Category != "error" || s.Losses[0].Quantity != 1 {
		t.Errorf("stats %+v, want nothing waiting and the one refused event dropped", s)
	}
}

func TestBugsinkHostileInput(t *testing.T) {
	g := startBugsink(t, krunk.Config{})
	huge := strings.Repeat("x\xff\u2028", 10<<20/5)
	many := make([]krunk.Attr, 10_000)
	for i := range many {
		many[i] = krunk.Int(fmt.Sprint("k", i), i)
	}
	nan := []krunk.Attr{
		krunk.Float64("nan", math.NaN()), krunk.Float64("inf", math.Inf(-1)),
		krunk.Any("any", map[string]any{"nan": math.NaN(), "deep": []any{math.Inf(1)}}),
	}
	utf := []krunk.Attr{krunk.String("\xff\xfe", "\xed\xa0\x80"), krunk.String("nul", "a\x00b"), krunk.String("sep", "\u2028\u2029")}
	g.SetTag("bad key\n\xff", "two\nlines\xff")
	g.SetContext("bad \xff name", krunk.Float64("nan", math.NaN()), krunk.String("v", huge[:5000]))
	x := g.Channel("x")
	for _, tt := range []struct {
		name   string
		report func()
		typ    string
		prefix string // of the value
	}{
		{"invalid UTF-8", func() { x.Error("\xff\xfe broken", utf...) }, "x", "\ufffd"},
		{"10 MB message", func() { x.Error(huge) }, "x", "x\ufffd"},
		{"10 MB error", func() { g.Report(errors.New(huge)) }, "error", "x\ufffd"},
		{"10 MB panic", func() { defer g.Recover(); panic(huge) }, "panic", "x\ufffd"},
		{"NaN attributes", func() { x.Error("not a number", nan...) }, "x", "not a number"},
		{"10,000 attributes", func() { x.Error("many", many...) }, "x", "many"},
		{"all at once", func() { x.Error(huge, slices.Concat(utf, nan, many)...) }, "x", "x\ufffd"},
		{"empty", func() { x.Error("") }, "x", ""},
	} {
		before := g.api.index()
		tt.report()
		g.flush()
		after := newer(before, g.api.index())
		if len(after) != 1 {
			t.Errorf("%s: %d events arrived, want 1", tt.name, len(after))
		}
		for id, ev := range after {
			ev = g.api.load(ev) // a NaN inside would be a 500 here
			if ex := ev.outer(); ex.Type != tt.typ || !strings.HasPrefix(ex.Value, tt.prefix) {
				t.Errorf("%s: event %s is %.100q: %.100q, want %q: %q…", tt.name, id, ex.Type, ex.Value, tt.typ, tt.prefix)
			}
			if !strings.HasPrefix(ev.top(), "bugsink_test.go:") {
				t.Errorf("%s: top frame %q, want one of this file", tt.name, ev.top())
			}
			if text, err := json.Marshal(ev.Raw); err != nil || len(text) > 1<<20 {
				t.Errorf("%s: an event of %d bytes, %v; want at most 1 MiB", tt.name, len(text), err)
			}
			if tt.name == "NaN attributes" && ev.Data.Contexts["attributes"]["nan"] != "NaN" {
				t.Errorf("attributes %v, want NaN as text", ev.Data.Contexts["attributes"])
			}
		}
	}
}

// Every answer of Bugsink forbids transactions and spans for a day. Errors and logs must go on.
func TestBugsinkRateLimits(t *testing.T) {
	g := startBugsink(t, krunk.Config{Channels: map[string]krunk.Thresholds{"net": {Send: "info"}}})
	var ids []string
	for i := range 10 {
		g.Channel("net").Info("packet")
		ids = append(ids, g.Report(fmt.Errorf("error %d", i)).String())
		g.flush()
	}
	kept := g.api.index()
	for i, id := range ids {
		if _, ok := kept[id]; !ok {
			t.Errorf("event %d, %q, is not stored", i, id)
		}
	}
	for i, r := range g.wire.sent() {
		if !strings.Contains(r.Limits, "transaction;span") {
			t.Errorf("answer %d has the rate limits %q; the test proves nothing without transaction;span", i, r.Limits)
		}
	}
	if s := g.Stats(); len(s.Losses) != 0 || s.Retries != 0 {
		t.Errorf("stats %+v, want nothing dropped and nothing tried twice", s)
	}
	if n := g.wire.accepted("log"); n == 0 {
		t.Error("no log record was accepted")
	}
}

// With a tunnel the DSN's host is never asked: nothing listens there.
func TestBugsinkTunnel(t *testing.T) {
	direct := startBugsink(t, krunk.Config{})
	u, err := url.Parse(os.Getenv("KRUNK_BUGSINK_DSN"))
	if err != nil {
		t.Fatal(err)
	}
	tunnel := *u
	tunnel.User, tunnel.Path = nil, "/api"+u.Path+"/envelope/"
	u.Host = "127.0.0.1:1"
	w := newWire()
	c, err := krunk.Start(krunk.Config{DSN: u.String(), Tunnel: tunnel.String(), Transport: w})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(time.Minute)
	here, there := direct.Report(errors.New("direct")), c.Report(errors.New("through the tunnel"))
	direct.flush()
	if !c.Flush(time.Minute) {
		t.Fatalf("Flush timed out: %+v", c.Stats())
	}
	if got := direct.api.event(here.String()).title(); got != "error: direct" {
		t.Errorf("the first client's event is %q", got)
	}
	main := *direct.api
	main.project = os.Getenv("KRUNK_BUGSINK_PROJECT")
	ev := main.event(there.String())
	if ev.title() != "error: through the tunnel" {
		t.Errorf("the event through the tunnel is %q", ev.title())
	}
	ev.in(t, "TestBugsinkTunnel")
	for _, r := range w.sent() {
		if r.URL != tunnel.String() || r.Status != http.StatusOK {
			t.Errorf("a request to %s was answered with %d, want %s and 200", r.URL, r.Status, tunnel.String())
		}
	}
}

// Probe knows a real server's answer to an envelope without an event, which is a page of HTML without a body.
func TestBugsinkProbe(t *testing.T) {
	g := startBugsink(t, krunk.Config{})
	if err := g.Probe(time.Minute); err != nil {
		t.Errorf("got %v for the right DSN", err)
	}
}

// Bugsink reads and drops sessions; that must cost nothing, least of all the crash that lies beside one.
func TestBugsinkSessions(t *testing.T) {
	g := startBugsink(t, krunk.Config{})
	u, err := url.Parse(g.api.dsn)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	update := session.Update{
		Run: &session.Run{Release: "moonfall@1.4.2", Environment: "playtest"}, ID: [16]byte{1}, User: 7, Init: true, Started: now.Add(-time.Minute).UnixMilli(),
	}
	send := func(head string, event []byte, status session.Status) {
		t.Helper()
		update.Status = status
		body := []byte(`{` + head + `"dsn":"` + g.api.dsn + `","sent_at":"` + now.UTC().Format(time.RFC3339) + "\"}\n")
		if event != nil {
			body = protocol.AppendItem(body, "event", event)
		}
		body = protocol.AppendItem(body, "session", update.Append(nil))
		a, err := g.wire.Send(t.Context(), &transport.Request{
			URL: "http://" + u.Host + "/api" + u.Path + "/envelope/", Auth: "Sentry sentry_version=7, sentry_client=krunk.go/0.1.0, sentry_key=" + u.User.Username(),
			ContentType: "application/x-sentry-envelope", Body: body,
		})
		if err != nil || a.Status != http.StatusOK || strings.HasPrefix(a.ContentType, "text/html") {
			t.Errorf("got %+v, %v; want 200", a, err)
		}
	}
	const id = "5b0d7e0c1f4a4c2e9a61d1f0c3b70001"
	event := []byte(`{"event_id":"` + id + `","timestamp":"` + now.UTC().Format(time.RFC3339) + `","platform":"go","level":"fatal","exception":{"values":[{"type":"panic","value":"hull breach","mechanism":{"type":"auto.go.crash","handled":false}}]}}`)
	send("", nil, session.Running)
	update.Init, update.Seq, update.Errors = false, 1, 1
	send("", nil, session.Running)
	update.Seq, update.Since = 2, 60_000
	send(`"event_id":"`+id+`",`, event, session.Crashed)
	if got := g.api.event(id).title(); got != "panic: hull breach" {
		t.Errorf("the crash beside its session is %q", got)
	}
	if n := g.wire.accepted("session"); n != 3 {
		t.Errorf("%d updates were accepted, want 3", n)
	}
}

// A server that drops attachments and feedback takes the events beside them, and nothing is sent twice.
func TestBugsinkAttachmentsAndFeedback(t *testing.T) {
	g := startBugsink(t, krunk.Config{NoSessions: true})
	ring, err := g.Ring("inputs", 1024)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(ring, "left left fire")
	id := g.ReportPanic("hull breach", krunk.Attach(krunk.Attachment{Name: "slot1.sav", Data: []byte{0, '\n', 0xff}}))
	words := g.Feedback("the hull\nleaks", krunk.FeedbackFor(id), krunk.Attach(krunk.Attachment{Name: "notes.txt", ContentType: "text/plain", Data: []byte("help\n")}))
	g.Report(fs.ErrNotExist)
	g.flush()
	if got := g.api.event(id.String()).title(); got != "panic: hull breach" {
		t.Errorf("the event beside its attachments is %q", got)
	}
	if a, f := g.wire.accepted("attachment"), g.wire.accepted("feedback"); a != 3 || f != 1 || words.IsZero() {
		t.Errorf("%d attachments and %d feedbacks were accepted, want 3 and 1", a, f)
	}
	if n := len(g.wire.sent()); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}
