package policyserver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policyserver"
)

// sessions are what the studio has already: who is logged in, and as what.
var sessions = map[string]struct{ name, role string }{
	"s-anna": {"anna@studio", "live-ops"},
	"s-bert": {"bert@studio", "support"},
}

// Who may do what: a live-ops person everything, a support engineer may debug one player for an hour, and others may not even look.
func ExampleNew_authorisation() {
	who := func(r *http.Request) (string, error) {
		c, err := r.Cookie("session")
		if err != nil || sessions[c.Value].name == "" {
			return "", errors.New("log in first")
		}
		return sessions[c.Value].name, nil
	}
	server, err := policyserver.New(new(policyserver.Memory), policyserver.Options{
		Page:      true,
		Token:     "the same on all servers behind the balancer",
		Authorize: who,
		AuthorizeRead: func(r *http.Request) error {
			_, err := who(r)
			return err
		},
		Permit: func(a *policyserver.Attempt) error {
			c, _ := a.Request.Cookie("session") // Authorize has seen it
			if sessions[c.Value].role == "live-ops" || a.Debugs(1, time.Hour) {
				return nil
			}
			return errors.New("support may debug one player for an hour")
		},
		Audit: func(line string) { /* to the studio's log */ },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := server.Publish(context.Background(), []byte(`{"krunk":1,"version":7,"salt":"w41","clients":10}`), "release pipeline"); err != nil {
		fmt.Println(err)
		return
	}
	ask := func(session, change string) int {
		r := httptest.NewRequest(http.MethodPost, "/policy/draft", strings.NewReader(change))
		r.AddCookie(&http.Cookie{Name: "session", Value: session})
		r.Header.Set("Krunk-Token", "the same on all servers behind the balancer") // the page has it from the page
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		return w.Code
	}
	fmt.Println(ask("s-anna", `{"clients":50}`))
	fmt.Println(ask("s-bert", `{"clients":50}`))
	fmt.Println(ask("s-bert", `{"connect":[{"channel":"net","level":"debug","for":"1h","player":"p-17"}]}`))
	fmt.Println(ask("s-nobody", `{"clients":50}`))
	// Output:
	// 200
	// 403
	// 200
	// 403
}

// table is a Store over whatever the game has, here a map under a lock; a database does the same with one transaction in Publish.
type table struct {
	mu   sync.Mutex
	rows []policyserver.Entry // oldest first
	said map[string][]byte    // by server
}

// PutSummary and Summaries make it a SummaryStore: with them the page of every game server shows the clients of all. In a database it is
// a table with one row for each server, which need not outlive a restart.
func (t *table) PutSummary(_ context.Context, server string, b []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.said == nil {
		t.said = make(map[string][]byte)
	}
	t.said[server] = bytes.Clone(b)
	return nil
}

func (t *table) Summaries(context.Context) (map[string][]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.said), nil
}

func (t *table) Current(ctx context.Context) (policyserver.Entry, error) {
	list, err := t.History(ctx, 1)
	if err != nil || len(list) == 0 {
		return policyserver.Entry{}, policyserver.ErrEmpty
	}
	return list[0], nil
}

// Publish is a compare-and-swap: "insert … where the highest version is replaces". Of two people who press Publish at once, one wins.
func (t *table) Publish(_ context.Context, e policyserver.Entry, replaces sampling.Version) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var now sampling.Version
	if n := len(t.rows); n > 0 {
		now = t.rows[n-1].Version
	}
	if now != replaces {
		return fmt.Errorf("%w: %s is current", policyserver.ErrConflict, now)
	}
	t.rows = append(t.rows, e)
	return nil
}

func (t *table) History(_ context.Context, n int) (out []policyserver.Entry, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := len(t.rows) - 1; i >= 0 && len(out) < n; i-- {
		out = append(out, t.rows[i])
	}
	return out, nil
}

// Watch has no hints to give: the server reads again every 30 s by itself.
func (t *table) Watch(ctx context.Context) (<-chan sampling.Version, error) {
	hints := make(chan sampling.Version)
	context.AfterFunc(ctx, func() { close(hints) })
	return hints, nil
}

var _ policyserver.SummaryStore = (*table)(nil)

// A Store of the game's own.
func ExampleStore() {
	server, err := policyserver.New(new(table), policyserver.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	report, err := server.Publish(ctx, []byte(`{"krunk":1,"version":7,"clients":10}`), "anna")
	fmt.Println(report.Version, err)
	report, err = server.Kill(ctx, "INC-4711", "anna") // whatever the table says
	fmt.Println(report.Version, report.Unstored, err)
	// Output:
	// 0.7 <nil>
	// 0.8 <nil> <nil>
}

// The heartbeat from both ends: the server puts 16 bytes into what it sends anyway, the client reads them and fetches on the same
// connection when they are newer than what it runs. With each heartbeat the client says what it runs.
func ExampleServer_Hint() {
	server, err := policyserver.New(new(policyserver.Memory), policyserver.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := server.Publish(context.Background(), []byte(`{"krunk":1,"version":7,"clients":10}`), "anna"); err != nil {
		fmt.Println(err)
		return
	}
	ctl, err := sampling.New(sampling.Identity{ID: "5f0c2c1e"}, sampling.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ctl.Close()

	const connection = 42 // a number of the connection or a hash of the install id: the same one each time
	for range 2 {
		hint := server.Hint() // on the server, into the heartbeat

		if ctl.Version().Less(sampling.VersionOfHint(hint)) { // on the client
			bytes, _ := server.Bytes() // asked for on the game's connection
			if err := ctl.Apply(bytes, sampling.At{Source: "game"}); err != nil {
				fmt.Println(err) // what ran runs on; do not ask for this version again
			}
		}
		server.HeartbeatEcho(connection, ctl.Echo()) // back on the server
	}
	fmt.Println(ctl.Version(), server.Convergence().Text)
	// Output: 0.7 100 % on 7
}
