package krunk_test

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
	"github.com/krunk-go/krunk/transport/http1"
	"github.com/krunk-go/krunk/transport/nethttp"
)

// bugsink asks one project of a real server what it has stored. Its answers to envelopes say nothing: it drops events with 200.
type bugsink struct {
	t       *testing.T
	url     string
	token   string
	project string
	dsn     string
	http    *http.Client
}

// newBugsink makes a project of its own for t, so that counts are exact and a server may be used again.
func newBugsink(t *testing.T) *bugsink {
	t.Helper()
	if os.Getenv("KRUNK_BUGSINK_DSN") == "" {
		t.Skip("skipped: KRUNK_BUGSINK_DSN is not set; try .ci/bugsink run go test -count=1 -run TestBugsink -v .")
	}
	b := &bugsink{
		t: t, url: os.Getenv("KRUNK_BUGSINK_URL"), token: os.Getenv("KRUNK_BUGSINK_TOKEN"),
		http: &http.Client{Timeout: time.Minute},
	}
	t.Cleanup(b.http.CloseIdleConnections)
	name := t.Name() + " " + rand.Text()[:10]
	team := b.call(http.MethodPost, "teams/", map[string]any{"name": name})
	made := b.call(http.MethodPost, "projects/", map[string]any{"name": name, "team": team["id"]})
	b.project, _ = made["id"].(string)
	b.dsn, _ = b.call(http.MethodGet, "projects/"+b.project+"/", nil)["dsn"].(string)
	if b.project == "" || b.dsn == "" {
		t.Fatalf("Bugsink made project %q with DSN %q", b.project, b.dsn)
	}
	return b
}

// call returns the JSON object that the API answers; anything else ends the test.
func (b *bugsink) call(method, path string, body any) map[string]any {
	b.t.Helper()
	var sent io.Reader = http.NoBody
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			b.t.Fatal(err)
		}
		sent = bytes.NewReader(data)
	}
	if !strings.HasPrefix(path, "http") {
		path = b.url + "/api/canonical/0/" + path
	}
	r, err := http.NewRequest(method, path, sent)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+b.token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal(got, &answer); err != nil || resp.StatusCode/100 != 2 {
		b.t.Fatalf("%s %s: status %s, %v: %.2000s", method, path, resp.Status, err, got)
	}
	return answer
}

// list returns all results of a query, over all pages.
func (b *bugsink) list(path string) []map[string]any {
	b.t.Helper()
	var all []map[string]any
	for path != "" {
		page := b.call(http.MethodGet, path, nil)
		results, _ := page["results"].([]any)
		for _, r := range results {
			all = append(all, r.(map[string]any))
		}
		path, _ = page["next"].(string)
	}
	return all
}

// stored is one event as Bugsink tells it.
type stored struct {
	ID    string // in Bugsink's database
	Issue string
	Count float64 // events of that issue
	Type  string  // of the issue, which takes it from its newest event
	Value string

	Stack string         // stacktrace_md
	Raw   map[string]any // data
	Data  storedData
}

// storedData is the part of data that tests look at by name.
type storedData struct {
	Level, Logger, Release, Environment, Dist string
	User                                      struct{ ID, Username string }
	Tags                                      map[string]string
	Contexts                                  map[string]map[string]any
	Exception                                 struct{ Values []storedException }
	Breadcrumbs                               struct {
		Values []struct {
			Category, Level, Message string
			Data                     map[string]any
		}
	}
}

type storedException struct {
	Type, Value string
	Mechanism   struct {
		Type, Source string
		Handled      *bool
	}
	Stacktrace struct{ Frames []storedFrame }
}

type storedFrame struct {
	Function, Filename string
	Lineno             int
	InApp              bool `json:"in_app"`
}

// index returns what the project holds by event id, 32 hexadecimal digits, without the data.
func (b *bugsink) index() map[string]stored {
	b.t.Helper()
	found := make(map[string]stored)
	for _, issue := range b.list("issues/?project=" + b.project) {
		of := stored{Issue: issue["id"].(string), Count: issue["digested_event_count"].(float64)}
		of.Type, _ = issue["calculated_type"].(string)
		of.Value, _ = issue["calculated_value"].(string)
		for _, ev := range b.list("events/?issue=" + url.QueryEscape(of.Issue)) {
			of.ID = ev["id"].(string)
			dashed := ev["event_id"].(string)
			if len(dashed) != 36 {
				b.t.Fatalf("Bugsink names an event %q, want a UUID with dashes", dashed)
			}
			found[strings.ReplaceAll(dashed, "-", "")] = of
		}
	}
	return found
}

// event returns the event with that id, which must be there.
func (b *bugsink) event(id string) stored {
	b.t.Helper()
	ev, ok := b.index()[id]
	if !ok {
		b.t.Fatalf("event %q is not in project %s", id, b.project)
	}
	return b.load(ev)
}

// load completes what index returned.
func (b *bugsink) load(ev stored) stored {
	b.t.Helper()
	whole := b.call(http.MethodGet, "events/"+ev.ID+"/", nil)
	ev.Stack, _ = whole["stacktrace_md"].(string)
	ev.Raw, _ = whole["data"].(map[string]any)
	data, err := json.Marshal(whole["data"])
	if err == nil {
		err = json.Unmarshal(data, &ev.Data)
	}
	if err != nil {
		b.t.Fatalf("the data of event %s: %v", ev.ID, err)
	}
	return ev
}

// title is what Bugsink's pages show.
func (s stored) title() string { return s.Type + ": " + s.Value }

// top is the first frame that Bugsink's text names: where it happened.
func (s stored) top() string {
	for line := range strings.Lines(s.Stack) {
		if frame, ok := strings.CutPrefix(line, "### "); ok {
			return strings.TrimSpace(frame)
		}
	}
	return ""
}

// outer is the last exception, the outermost error, which carries the stack.
func (s stored) outer() storedException {
	if n := len(s.Data.Exception.Values); n > 0 {
		return s.Data.Exception.Values[n-1]
	}
	return storedException{}
}

// wire is the transport of a game, over net/http, that remembers what went over it.
type wire struct {
	next transport.Transport

	mu       sync.Mutex // guards what follows
	requests []sentRequest
	refuse   int // as many requests are answered 413 and do not reach the server
}

type sentRequest struct {
	URL, Encoding, Limits string
	Status                int
	Items                 []sentItem
}

type sentItem struct {
	Type string
	Body []byte
}

func newWire() *wire {
	if os.Getenv("KRUNK_BUGSINK_OVER") == "http1" {
		return &wire{next: http1.Default()}
	}
	return &wire{next: nethttp.Default()}
}

// Send remembers the items of a request.
func (w *wire) Send(ctx transport.Context, r *transport.Request) (transport.Response, error) {
	body := r.Body
	if r.ContentEncoding == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err == nil {
			body, err = io.ReadAll(z)
		}
		if err != nil {
			return transport.Response{}, err
		}
	}
	items, err := splitEnvelope(body)
	if err != nil {
		return transport.Response{}, err
	}
	w.mu.Lock()
	w.requests = append(w.requests, sentRequest{URL: r.URL, Items: items})
	refused := w.refuse > 0
	if refused {
		w.refuse--
		w.last().Status = http.StatusRequestEntityTooLarge
	}
	w.mu.Unlock()
	if refused {
		return transport.Response{Status: http.StatusRequestEntityTooLarge}, nil
	}
	resp, err := w.next.Send(ctx, r)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last().Encoding, w.last().Status, w.last().Limits = r.ContentEncoding, resp.Status, resp.RateLimits
	return resp, err
}

func (w *wire) last() *sentRequest { return &w.requests[len(w.requests)-1] }

func (w *wire) refuseNext() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refuse++
}

// sent returns what has been sent so far, in order; the caller must not change it.
func (w *wire) sent() []sentRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.requests[:len(w.requests):len(w.requests)]
}

// accepted counts the items of one type that the server answered with 200.
func (w *wire) accepted(kind string) int {
	n := 0
	for _, r := range w.sent() {
		for _, item := range r.Items {
			if r.Status == http.StatusOK && item.Type == kind {
				n++
			}
		}
	}
	return n
}

// splitEnvelope copies the items out of an envelope whose items all tell their length, as Krunk's do.
func splitEnvelope(body []byte) ([]sentItem, error) {
	_, rest, _ := bytes.Cut(body, []byte("\n"))
	var items []sentItem
	for len(rest) > 0 {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		var head struct {
			Type   string
			Length *int
		}
		if err := json.Unmarshal(line, &head); err != nil {
			return nil, fmt.Errorf("item header %.200q: %w", line, err)
		}
		if head.Length == nil || *head.Length < 0 || *head.Length > len(after) {
			return nil, fmt.Errorf("item header %.200q: want a length of at most %d", line, len(after))
		}
		items = append(items, sentItem{head.Type, bytes.Clone(after[:*head.Length])})
		rest = bytes.TrimPrefix(after[*head.Length:], []byte("\n"))
	}
	return items, nil
}

// compare holds what the server stored against what went over the wire: all events, nothing else, each one unchanged.
func (b *bugsink) compare(w *wire) {
	b.t.Helper()
	kept, want := b.index(), 0
	for _, r := range w.sent() {
		for _, item := range r.Items {
			if item.Type != "event" || r.Status == http.StatusRequestEntityTooLarge {
				continue
			}
			want++
			var sent map[string]any
			if err := json.Unmarshal(item.Body, &sent); err != nil {
				b.t.Errorf("an event is no JSON: %v: %.300q", err, item.Body)
				continue
			}
			ev, ok := kept[fmt.Sprint(sent["event_id"])]
			if !ok {
				b.t.Errorf("event %v was answered with %d and is not stored", sent["event_id"], r.Status)
				continue
			}
			if got := b.load(ev).Raw; !reflect.DeepEqual(got, sent) {
				b.t.Errorf("event %v was changed on its way\n got %.3000v\nsent %.3000v", sent["event_id"], got, sent)
			}
		}
	}
	project := b.call(http.MethodGet, "projects/"+b.project+"/", nil)
	if got := project["digested_event_count"]; got != float64(want) || len(kept) != want {
		b.t.Errorf("the project digested %v events and lists %d, want %d", got, len(kept), want)
	}
}

// bugsinkGame is a game that reports to a real server.
type bugsinkGame struct {
	*krunk.Client
	api  *bugsink
	wire *wire
}

// startBugsink returns a game. At the end of t every answer must have been 200, and all that was sent stored unchanged.
func startBugsink(t *testing.T, cfg krunk.Config) *bugsinkGame {
	t.Helper()
	g := &bugsinkGame{api: newBugsink(t), wire: newWire()}
	cfg.DSN, cfg.Transport, cfg.Compress = g.api.dsn, g.wire, deflate.Items()
	var err error
	if g.Client, err = krunk.Start(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !g.Close(time.Minute) {
			t.Errorf("Close could not deliver everything: %+v", g.Stats())
		}
		for i, r := range g.wire.sent() {
			if r.Status != http.StatusOK && r.Status != http.StatusRequestEntityTooLarge {
				t.Errorf("request %d to %s was answered with %d, want 200", i, r.URL, r.Status)
			}
		}
		g.api.compare(g.wire)
	})
	return g
}

// flush waits for the answers; digestion happens before them.
func (g *bugsinkGame) flush() {
	g.api.t.Helper()
	if !g.Flush(time.Minute) {
		g.api.t.Fatalf("Flush timed out: %+v", g.Stats())
	}
}
