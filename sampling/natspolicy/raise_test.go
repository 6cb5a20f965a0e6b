package natspolicy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/sampling"
	decide "github.com/krunk-go/krunk/sampling/policy"
	"github.com/krunk-go/krunk/sampling/policyserver"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// desk is the control page of one server, as its scripts ask.
type desk struct {
	t     *testing.T
	url   string
	token string
}

func openDesk(t *testing.T, s *policyserver.Server) *desk {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	d := &desk{t: t, url: srv.URL}
	found := regexp.MustCompile(`name="krunk-token" content="([^"]+)"`).FindStringSubmatch(d.ask("GET", "/", ""))
	if found == nil {
		t.Fatal("the page has no token")
	}
	d.token = found[1]
	return d
}

func (d *desk) ask(method, path, body string) string {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Krunk-Token", d.token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		d.t.Fatalf("%s %s: %d %s %v", method, path, answer.StatusCode, b, err)
	}
	return string(b)
}

// publish drafts a change over what the server has, and puts what came back.
func (d *desk) publish(change string) sampling.Version {
	d.t.Helper()
	var status struct{ Version string }
	var draft struct{ Document, Replaces, Version string }
	read := func(text string, to any) {
		d.t.Helper()
		if err := json.Unmarshal([]byte(text), to); err != nil {
			d.t.Fatal(err)
		}
	}
	read(d.ask("GET", "/policy/status", ""), &status)
	read(d.ask("POST", "/policy/draft?replaces="+url.QueryEscape(status.Version), change), &draft)
	d.ask("PUT", "/policy?replaces="+url.QueryEscape(draft.Replaces), draft.Document)
	v, ok := sampling.ParseVersion(draft.Version)
	if !ok {
		d.t.Fatalf("version %q", draft.Version)
	}
	return v
}

// player is a real client with an install id, whose server answers heartbeats.
type player struct {
	*krunk.Client
	ctl    *sampling.Controller
	sentry *sentrytest.Server
	seen   int // events that were looked at
}

func newPlayer(t *testing.T, id string) *player {
	t.Helper()
	ctl, err := sampling.New(sampling.Identity{ID: id}, sampling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := &player{ctl: ctl, sentry: sentrytest.New(sentrytest.Options{})}
	p.Client, err = krunk.Start(krunk.Config{DSN: p.sentry.DSN(), Transport: p.sentry.Transport(), Sampling: krunk.Steer(ctl), MaxRepeats: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close(time.Second) })
	return p
}

// fails has both faults happen under what a server serves, and returns the kinds and shares of what arrives.
func (p *player) fails(t *testing.T, s *policyserver.Server) (kinds, shares []string) {
	t.Helper()
	doc, _ := s.Bytes()
	if err := p.ctl.Apply(doc); err != nil {
		t.Fatal(err)
	}
	savesGame(p.Client)
	joinsMatch(p.Client)
	p.Flush(patience)
	events := p.sentry.Events()
	for _, e := range events[p.seen:] {
		kinds, shares = append(kinds, e.Tag("krunk.kind")), append(shares, e.Tag("krunk.p"))
	}
	p.seen = len(events)
	return kinds, shares
}

//go:noinline
func savesGame(c *krunk.Client) { c.Report(errors.New("the game cannot be saved")) }

//go:noinline
func joinsMatch(c *krunk.Client) { c.Report(fmt.Errorf("no match: %w", io.ErrUnexpectedEOF)) }

// install returns an id that is drawn from low percent on and below high.
func install(t *testing.T, low, high int) string {
	t.Helper()
	for i := range 10_000 {
		id := fmt.Sprint("install-", i)
		if b := int(decide.Bucket("", id)) * 100; b >= low*decide.Million && b < high*decide.Million {
			return id
		}
	}
	t.Fatal("nobody is drawn there")
	return ""
}

// A fault is raised on the page of one server: NATS carries it to the other one, whose clients outside of the policy's share send every event of
// it if they are inside of the raise's, and no other event. It is ended on the other server's page.
func TestRaiseOverNATS(t *testing.T) {
	machines(t, func(t *testing.T, m *machine) {
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		defer running.Wait()
		defer stop()
		servers, desks := make([]*policyserver.Server, 2), make([]*desk, 2)
		for i := range servers {
			s, err := policyserver.New(m.store(Options{Every: time.Second}), policyserver.Options{
				Server: fmt.Sprint("eu-", i+1), Page: true, Authorize: func(*http.Request) (string, error) { return "anna", nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			running.Go(func() { _ = s.Run(ctx) })
			servers[i], desks[i] = s, openDesk(t, s)
		}
		arrives := func(i int, v sampling.Version) {
			t.Helper()
			eventually(t, fmt.Sprintf("%v at %d", v, i+1), func() bool { _, got := servers[i].Bytes(); return got == v })
		}
		first := desks[0].publish(`{"clients": 100, "note": "all"}`)
		arrives(1, first)
		raised, not := newPlayer(t, install(t, 10, 50)), newPlayer(t, install(t, 50, 100))
		kinds, _ := raised.fails(t, servers[1])
		if len(kinds) != 2 || kinds[0] == kinds[1] {
			t.Fatalf("two faults arrive as %q", kinds)
		}
		arrives(1, desks[0].publish(`{"clients": 10}`))
		if got, _ := raised.fails(t, servers[1]); len(got) != 0 {
			t.Fatalf("a client outside of the share sends %q", got)
		}

		arrives(1, desks[0].publish(fmt.Sprintf(`{"raise": [{"kind": %q, "for": "24h", "clients": 50, "rate": "100/s"}], "note": "INC-12"}`, kinds[0])))
		if got, shares := raised.fails(t, servers[1]); !slices.Equal(got, kinds[:1]) || !slices.Equal(shares, []string{"0.5"}) {
			t.Errorf("of the fault that is raised %q arrive with shares %q, want %q with 0.5", got, shares, kinds[:1])
		}
		if got, _ := not.fails(t, servers[1]); len(got) != 0 {
			t.Errorf("a client outside of the raise sends %q", got)
		}

		arrives(0, desks[1].publish(fmt.Sprintf(`{"unmute": [%q]}`, kinds[0])))
		if got, _ := raised.fails(t, servers[0]); len(got) != 0 {
			t.Errorf("after the end %q arrive", got)
		}
	})
}
