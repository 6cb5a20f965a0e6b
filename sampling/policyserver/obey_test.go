package policyserver

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/httpsource"
	"github.com/krunk-go/krunk/sampling/signed"
)

// testKey makes a key from a name, the same one each time.
func testKey(id string) signed.Key {
	seed := sha256.Sum256([]byte(id))
	return signed.Key{ID: id, Private: ed25519.NewKeyFromSeed(seed[:])}
}

// ill is a store with whatever may be wrong with one.
type ill struct {
	Memory
	mu      sync.Mutex // guards what follows
	current error
	publish error
	hangs   time.Duration // before every answer, whatever the context says
	forgets bool          // the answer of a publication that was stored is lost
}

func (i *ill) set(f func(*ill)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	f(i)
}

func (i *ill) state() (hangs time.Duration, forgets bool, current, publish error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.hangs, i.forgets, i.current, i.publish
}

func (i *ill) Current(ctx context.Context) (Entry, error) {
	hangs, _, err, _ := i.state()
	time.Sleep(hangs)
	if err != nil {
		return Entry{}, err
	}
	return i.Memory.Current(ctx)
}

func (i *ill) Publish(ctx context.Context, e Entry, replaces sampling.Version) error {
	hangs, forgets, _, err := i.state()
	time.Sleep(hangs)
	if err != nil {
		return err
	}
	if err = i.Memory.Publish(ctx, e, replaces); err == nil && forgets {
		err = errors.New("the connection was lost")
	}
	return err
}

func (i *ill) History(ctx context.Context, n int) ([]Entry, error) {
	hangs, _, err, _ := i.state()
	time.Sleep(hangs)
	if err != nil {
		return nil, err
	}
	return i.Memory.History(ctx, n)
}

// way is what lies between clients and the server: the server may be another one after a restart, and a cache may stand before it.
type way struct {
	mu     sync.Mutex // guards what follows
	server *Server
	status int  // answered in the server's place if not zero
	cache  bool // holds copies for their max-age
	copied *http.Response
	body   []byte
	until  time.Time
}

func (w *way) set(f func(*way)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(w)
}

func (w *way) at() *Server {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.server
}

// RoundTrip implements http.RoundTripper.
func (w *way) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.status != 0 {
		return &http.Response{StatusCode: w.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(""))}, nil
	}
	if !w.cache {
		rec := httptest.NewRecorder()
		w.server.ServeHTTP(rec, r)
		return rec.Result(), nil
	}
	if w.copied == nil || !time.Now().Before(w.until) {
		rec, plain := httptest.NewRecorder(), r.Clone(r.Context())
		plain.Header.Del("If-None-Match")
		w.server.ServeHTTP(rec, plain)
		var age int
		w.copied, w.body, w.until = rec.Result(), rec.Body.Bytes(), time.Now()
		if _, err := fmt.Sscanf(w.copied.Header.Get("Cache-Control"), "public, max-age=%d,", &age); err == nil {
			w.until = w.until.Add(time.Duration(age) * time.Second)
		}
	}
	out := *w.copied
	out.Body = io.NopCloser(strings.NewReader(string(w.body)))
	return &out, nil
}

// rig is a fleet, half of which follows by heartbeats and half by HTTP, and a store and a signer that a test breaks.
type rig struct {
	t       *testing.T
	store   *ill
	signer  error         // of Options.Sign from now on
	slow    time.Duration // that Options.Sign takes from now on
	way     *way
	options Options
	clients []*sampling.Controller
	stop    context.CancelFunc
	verify  sampling.Verifier
	every   time.Duration // between two heartbeats
	beats   int           // clients that follow by heartbeat
	polls   int           // clients that follow by HTTP
}

const beat = 30 * time.Second

func newRig(t *testing.T, sign bool) *rig {
	time.Sleep(26 * 365 * 24 * time.Hour) // the bubble's 2000 is before any clock that counts
	r := &rig{t: t, every: beat, beats: 12, polls: 12, store: new(ill), way: new(way), options: Options{Authorize: anna}}
	if sign {
		key := testKey("ops")
		v, err := signed.New(signed.Keys{"ops": key.Private.Public().(ed25519.PublicKey)})
		if err != nil {
			t.Fatal(err)
		}
		r.verify = v
		r.options.Verifier, r.options.Sign = v, func(doc []byte) (string, error) {
			time.Sleep(r.slow)
			if r.signer != nil {
				return "", r.signer
			}
			sigs, err := signed.Sign(doc, key)
			return signed.Header(sigs), err
		}
	}
	r.start()
	return r
}

// start is the server's start, or restart.
func (r *rig) start() {
	s, err := New(r.store, r.options)
	if err != nil {
		r.t.Fatal(err)
	}
	r.way.set(func(w *way) { w.server = s })
}

// join lets the fleet come.
func (r *rig) join() {
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	for i := range r.beats + r.polls {
		o := sampling.Options{}
		if r.verify != nil {
			o.Verifier = sampling.Require(r.verify)
		}
		c, err := sampling.New(sampling.Identity{ID: fmt.Sprint("client-", i)}, o)
		if err != nil {
			r.t.Fatal(err)
		}
		r.clients = append(r.clients, c)
		if i < r.beats {
			go r.beat(ctx, uint64(i), c)
			continue
		}
		src, err := httpsource.New("https://game.example/policy", httpsource.Options{Client: &http.Client{Transport: r.way}})
		if err != nil {
			r.t.Fatal(err)
		}
		go c.Run(ctx, src)
	}
}

func (r *rig) beat(ctx context.Context, id uint64, c *sampling.Controller) {
	time.Sleep(time.Duration(id) * time.Second)
	for ctx.Err() == nil {
		s := r.way.at()
		s.HeartbeatEcho(id, c.Echo())
		if c.Version().Less(sampling.VersionOfHint(s.Hint())) {
			s.current.Load().applyTo(c)
		}
		select {
		case <-ctx.Done():
		case <-time.After(r.every):
		}
	}
}

// applyTo hands the document and its signature over.
func (c *served) applyTo(to *sampling.Controller) {
	a := sampling.At{Source: "game"}
	if c.signature != nil {
		a.Signature = c.signature[0]
	}
	_ = to.Apply(c.entry.Bytes, a)
}

// killed counts the clients that obey, apart for both ways.
func (r *rig) killed() (byBeat, byPoll int) {
	for i, c := range r.clients {
		if c.Status().Killed {
			if i < r.beats {
				byBeat++
			} else {
				byPoll++
			}
		}
	}
	return byBeat, byPoll
}

func (r *rig) publish(doc string) {
	r.t.Helper()
	if _, err := r.way.at().Publish(r.t.Context(), []byte(doc), "anna"); err != nil {
		r.t.Fatal(err)
	}
}

// The kill switch goes out whatever lies in the way. Each row breaks something that it depends on; after one heartbeat all clients
// that follow by heartbeat obey, and after the interval and 20 % more, and the time for which a cache holds copies, all that poll.
func TestKillReachesEveryClient(t *testing.T) {
	const first = `{"krunk":1,"epoch":3,"version":5,"clients":50}`
	for _, row := range []struct {
		name     string
		sign     bool
		nothing  bool             // nothing was published before the fleet came
		wrong    func(*rig)       // before the kill
		mended   func(*rig)       // after the kill was thrown, before anybody has obeyed
		extra    time.Duration    // that a cache adds for those who poll
		unstored bool             // it is served from memory
		by       func(*rig) error // instead of Server.Kill
	}{
		{name: "nothing is wrong"},
		{name: "signed", sign: true},
		{name: "nothing was published", nothing: true},
		{name: "nothing was published, signed", nothing: true, sign: true},
		{name: "the store cannot be read", wrong: func(r *rig) { r.store.set(func(i *ill) { i.current = errors.New("db: connection refused") }) }},
		{name: "the store can neither be read nor written", unstored: true, wrong: func(r *rig) {
			r.store.set(func(i *ill) { i.current, i.publish = errors.New("db: gone"), errors.New("db: gone") })
		}},
		{name: "the store hangs for 20 s", unstored: true, wrong: func(r *rig) { r.store.set(func(i *ill) { i.hangs = 20 * time.Second }) }},
		{name: "the store hangs, and the caller gives up", unstored: true, wrong: func(r *rig) { r.store.set(func(i *ill) { i.hangs = 20 * time.Second }) },
			by: func(r *rig) error {
				ctx, stop := context.WithTimeout(r.t.Context(), time.Second)
				defer stop()
				_, err := r.way.at().Kill(ctx, "", "anna")
				return err
			}},
		{name: "the disk is full", sign: true, unstored: true, wrong: func(r *rig) { r.store.set(func(i *ill) { i.publish = errors.New("no space left on device") }) }},
		{name: "the store takes it and the answer is lost", unstored: true, wrong: func(r *rig) { r.store.set(func(i *ill) { i.forgets = true }) }},
		{name: "the signer is out of reach", sign: true, wrong: func(r *rig) { r.signer = errors.New("hsm: no route to host") }},
		{name: "the signer hangs", sign: true, wrong: func(r *rig) { r.slow = time.Hour }},
		{name: "the signer and the store hang", sign: true, unstored: true, wrong: func(r *rig) {
			r.slow = 20 * time.Second
			r.store.set(func(i *ill) { i.hangs = 20 * time.Second })
		}},
		{name: "the server was restarted and has forgotten everything", wrong: func(r *rig) {
			r.store = new(ill)
			r.start()
			time.Sleep(10 * time.Minute) // until everybody has said what it runs
		}},
		{name: "restarted without its memory, signed", sign: true, wrong: func(r *rig) {
			r.store = new(ill)
			r.start()
			time.Sleep(10 * time.Minute)
		}},
		{name: "the policy has ended", wrong: func(r *rig) {
			now := time.Now().UTC()
			r.publish(fmt.Sprintf(`{"krunk":1,"epoch":3,"version":6,"issued":%q,"expires":%q}`, now.Format(time.RFC3339), now.Add(time.Hour).Format(time.RFC3339)))
			time.Sleep(2 * time.Hour)
		}},
		{name: "what runs was put into the store with mistakes", wrong: func(r *rig) {
			bad := Entry{Version: v3(6), Bytes: []byte(`{"krunk":1,"epoch":3,"version":6,"clients":5,"Clients":"many","RULES":7}`), By: "x", At: time.Now()}
			if err := r.store.Publish(r.t.Context(), bad, v3(5)); err != nil {
				r.t.Error(err)
			}
			time.Sleep(10 * time.Minute)
		}},
		{name: "the newest version in the store is torn", wrong: func(r *rig) {
			if err := r.store.Publish(r.t.Context(), Entry{Version: v3(9), Bytes: []byte(`{"krunk":1,"epo`)}, v3(5)); err != nil {
				r.t.Error(err)
			}
		}},
		{name: "somebody else publishes over a kill that the store does not have", unstored: true,
			wrong: func(r *rig) { r.store.set(func(i *ill) { i.publish = errors.New("no route to host") }) },
			mended: func(r *rig) {
				r.store.set(func(i *ill) { i.publish = nil })
				if err := r.store.Memory.Publish(r.t.Context(), Entry{Version: v3(6), Bytes: policyDoc(6, 80), By: "bert"}, v3(5)); err != nil {
					r.t.Error(err)
				}
			}},
		{name: "somebody else publishes where this server can read and not write", unstored: true,
			wrong: func(r *rig) { r.store.set(func(i *ill) { i.publish = errors.New("permission denied") }) },
			mended: func(r *rig) {
				if err := r.store.Memory.Publish(r.t.Context(), Entry{Version: v3(8), Bytes: policyDoc(8, 80), By: "bert"}, v3(5)); err != nil {
					r.t.Error(err)
				}
			}},
		{name: "a cache in between", extra: 5 * time.Minute, wrong: func(r *rig) {
			r.way.set(func(w *way) { w.cache = true })
			time.Sleep(10 * time.Minute)
		}},
		{name: "a proxy that has refused for half an hour", extra: 0, wrong: func(r *rig) {
			r.way.set(func(w *way) { w.status = http.StatusForbidden })
			time.Sleep(30 * time.Minute)
			r.way.set(func(w *way) { w.status = 0 })
		}},
		{name: "a server that has failed for half an hour", wrong: func(r *rig) {
			r.way.set(func(w *way) { w.status = http.StatusBadGateway })
			time.Sleep(30 * time.Minute)
			r.way.set(func(w *way) { w.status = 0 })
		}},
		{name: "by the document of a publisher whose clock is 70 years ahead", by: func(r *rig) error {
			_, err := r.way.at().Publish(r.t.Context(), []byte(`{"krunk":1,"epoch":3,"version":6,"issued":"2099-01-01T00:00:00Z","enabled":false}`), "anna")
			return err
		}},
		{name: "by the page, over HTTP, with a note that is none", by: func(r *rig) error {
			if w := do(r.way.at(), http.MethodPost, "/policy/kill", "{", "Authorization", "Bearer secret"); w.Code != http.StatusOK {
				return fmt.Errorf("%d %s", w.Code, w.Body)
			}
			return nil
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, row.sign)
				if !row.nothing {
					r.publish(first)
				}
				r.join()
				defer r.stop()
				time.Sleep(12 * time.Minute)
				if a, b := r.killed(); a+b != 0 {
					t.Fatalf("%d clients are silent before the kill", a+b)
				}
				if row.wrong != nil {
					row.wrong(r)
				}
				began := time.Now()
				var report Report
				var err error
				if row.by != nil {
					err = row.by(r)
				} else {
					report, err = r.way.at().Kill(t.Context(), "storm", "anna")
				}
				if err != nil {
					t.Fatalf("kill: %v", err)
				}
				if took := time.Since(began); took > 10*time.Second {
					t.Errorf("the kill took %v, and a page gives up after 15 s", took)
				}
				if row.by == nil && row.unstored != (report.Unstored != nil) {
					t.Errorf("unstored: %v", report.Unstored)
				}
				if row.mended != nil {
					row.mended(r)
				}
				time.Sleep(beat + time.Second)
				if n, _ := r.killed(); n != r.beats {
					t.Errorf("%d of %d obey after a heartbeat", n, r.beats)
				}
				time.Sleep(6*time.Minute + row.extra - beat)
				if _, n := r.killed(); n != r.polls {
					t.Errorf("%d of %d that poll obey", n, r.polls)
				}
				time.Sleep(time.Hour)
				if a, b := r.killed(); a != r.beats || b != r.polls {
					t.Errorf("an hour later %d and %d obey", a, b)
				}
				r.store.set(func(i *ill) { i.current, i.publish, i.hangs, i.forgets = nil, nil, 0, false })
				time.Sleep(2 * time.Minute)
				if e, err := r.store.Memory.Current(t.Context()); err != nil || !disables(e.Bytes) {
					t.Errorf("once it is well the store holds %s, %v", e.Bytes, err)
				}
				if a, b := r.killed(); a != r.beats || b != r.polls {
					t.Errorf("once the store is well %d and %d obey", a, b)
				}
			})
		})
	}
}

// Nothing turns reporting on again that a person did not see say so.
func TestOnlyAPersonStartsAgain(t *testing.T) {
	killed := func(t *testing.T) *Server {
		s := serving(t, Options{})
		if _, err := s.Kill(t.Context(), "", "anna"); err != nil {
			t.Fatal(err)
		}
		return s
	}
	stays := func(t *testing.T, s *Server) {
		t.Helper()
		if s.current.Load().policy.Enabled() {
			t.Errorf("%s reports again", s.current.Load().version())
		}
	}
	t.Run("roll back", func(t *testing.T) {
		s := killed(t)
		if _, err := s.Rollback(t.Context(), v3(1187), "bert"); err != nil {
			t.Fatal(err)
		}
		stays(t, s)
		if _, err := s.Change(t.Context(), Change{Rollback: "3.1187", Enabled: truth(true)}, "bert"); err != nil || !s.current.Load().policy.Enabled() {
			t.Errorf("with the word: %v", err)
		}
	})
	t.Run("a share", func(t *testing.T) {
		s := killed(t)
		if _, err := s.Change(t.Context(), Change{Clients: share(50)}, "bert"); err != nil {
			t.Fatal(err)
		}
		stays(t, s)
	})
	t.Run("a whole document", func(t *testing.T) {
		s := killed(t)
		if _, err := s.Publish(t.Context(), policyDoc(1200, 50), "pipeline"); !errors.Is(err, ErrKilled) {
			t.Errorf("got %v", err)
		}
		w := do(s, http.MethodPut, "/policy?replaces=3.1188", string(policyDoc(1200, 50)), "Authorization", "Bearer secret")
		if w.Code != http.StatusPreconditionRequired || !strings.Contains(w.Body.String(), "restart=1") {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
		stays(t, s)
		w = do(s, http.MethodPut, "/policy?restart=1&replaces=3.1188", string(policyDoc(1200, 50)), "Authorization", "Bearer secret")
		if w.Code != http.StatusOK || !s.current.Load().policy.Enabled() {
			t.Errorf("with the word: %d %s", w.Code, w.Body)
		}
	})
}
