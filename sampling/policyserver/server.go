// Package policyserver is the server side of remotely controlled sampling: an http.Handler that a game server mounts. It
// serves the current policy, takes new ones after strict validation, says what the fleet runs, and has a control page on
// which a person moves the share of clients and connects channels. A game client never links it.
//
//	GET  /policy          the document; ETag, 304, gzip
//	PUT  /policy          publish, with If-Match or ?replaces=3.1187; POST does the same
//	GET  /policy/status   what the fleet runs, as JSON
//	GET  /policy/history  the last 100 versions, as JSON
//	GET  /policy/compare  what differs between two of them, as JSON: ?from=3.1187&to=3.1190; without from all that one says
//	GET  /policy/ahead    what happens by itself under what runs, with a forecast of each moment, as JSON
//	POST /policy/draft    what a Change would do, as JSON; publishes nothing; with ?replaces=3.1187 only over that version
//	POST /policy/player   what is decided for one player and why, as JSON; asks for the right to publish, since it is about a person
//	POST /policy/kill     throw the kill switch over whatever runs; the body may be {"note":"..."}
//	GET  /                the control page, if Options.Page is set
//
// The policy is open to everybody, also to pages of other origins, since it is the same for everybody. So is all the rest that
// only looks, with names of operators, notes and the ids of players that a policy names, unless Options.AuthorizeRead is set. To mount
// it below a path, use http.StripPrefix.
//
// A request with a body has 15 s for it, whatever the http.Server says; that one needs a ReadHeaderTimeout against callers that do
// not even finish their headers, and may have a ReadTimeout of 15 s or more. A WriteTimeout below 15 s would cut off a kill switch
// that waits for its store.
//
// After a restart an open page takes the new Token by itself and keeps what is prepared; with Memory for a store all versions are
// gone, and the next one is numbered above what clients say they run.
package policyserver

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// Options configure a Server. The zero Options serve the policy and take none.
type Options struct {
	Authorize     func(*http.Request) (who string, err error) // who it is; asked before the body is read; nil: publishing is off. The error's text is sent to the caller
	Permit        func(*Attempt) error                        // whether they may do that, with the change before its eyes; asked for each draft and publication by request; nil: who is authorised may do everything
	AuthorizeRead func(*http.Request) error                   // asked for everything but GET of the policy and what Authorize is asked for, also for the page itself; nil: all may look
	Server        string                                      // what this server is called by the others over the same store, 1 to 64 letters, digits, - and _; each has its own; empty: the machine's name and something random
	Page          bool                                        // serve the control page on "/"
	Token         string                                      // what the control page proves itself with; the same on all servers behind one balancer; empty: random, another one after a restart, which an open page fetches
	Window        time.Duration                               // within which clients are counted; zero: 5 min; at least 10 s
	Channels      []string                                    // all channels that programs register, for warnings and the page; may be nil
	Player        func(name string) (Player, error)           // what the game knows about a player, for the page; an error's text is sent to the caller; nil: nothing beside the name
	Counters      func() map[string]uint64                    // events by channel since the start, for the page; at most 256 are shown; may be nil
	Under         policy.Under                                // what programs are compiled with, for predictions
	Verifier      sampling.Verifier                           // every published document must satisfy it; nil: signatures are not asked for
	Sign          func(doc []byte) (header string, err error) // signs what comes unsigned, such as from the page, and gives it an end, 14 days unless it has one, that is moved on after half of that; may be nil
	Audit         func(line string)                           // told each publication and each refused attempt, one line each; may be nil
}

// Server serves one policy. Its methods may be called by any goroutine. Make it with New.
type Server struct {
	store    Store
	o        Options
	current  atomic.Pointer[served]
	observed atomic.Pointer[Observation]
	failure  atomic.Pointer[error]            // of the last re-read; nil if it was good
	broken   atomic.Pointer[sampling.Version] // the store's newest, if it cannot be read; above what is served
	unsaved  atomic.Pointer[served]           // a kill switch that the store did not take
	standby  atomic.Pointer[served]           // a kill switch that was signed before anybody needs it
	read     atomic.Int64                     // when the store was read last, unix nanoseconds
	reading  atomic.Bool                      // a re-read is under way
	setting  sync.Mutex                       // held while current is replaced, and while unsaved is set
	fleet    fleet
	others   others
	view     view
	probes   *probes
	guard    *http.CrossOriginProtection
	patient  time.Duration // how long a body may take
}

// view is what the page was shown last.
type view struct {
	shown     atomic.Pointer[snapshot]
	past      atomic.Pointer[past]
	recalling atomic.Bool // the history is read
	runs      atomic.Pointer[running]
	ahead     atomic.Pointer[foreseen]
	meter     meter
}

// rereadEvery is how old what is served may get; a Store's watch may fall silent.
const rereadEvery = 30 * time.Second

// New reads the current policy, or if that cannot be read the newest one before it that can, which the status tells. It fails if
// the store cannot be read or holds only something else than policies; an empty store is fine.
func New(store Store, o Options) (*Server, error) {
	if o.Window == 0 {
		o.Window = 5 * time.Minute
	}
	if o.Window < 10*time.Second {
		return nil, fmt.Errorf("policyserver: Options.Window: %s is shorter than 10s", o.Window)
	}
	if _, err := policy.Explain(defaultPolicy(), sampling.Identity{}, "*", o.Under); err != nil {
		return nil, fmt.Errorf("policyserver: Options.Under: %w", err)
	}
	if o.Token == "" {
		o.Token = rand.Text()
	}
	if o.Server == "" {
		o.Server = hostName()
	}
	if !serverName(o.Server) {
		return nil, fmt.Errorf("policyserver: Options.Server: %q; write 1 to 64 letters, digits, dashes and underscores", o.Server)
	}
	o.Channels = slices.Clone(o.Channels)
	for i, name := range o.Channels {
		if plan.ChannelProblem(name) != 0 || name == "*" {
			return nil, fmt.Errorf("policyserver: Options.Channels[%d]: %s is not a channel; write letters, digits, _ and -, with dots between parts, at most 64 bytes", i, plan.Quoted(name))
		}
	}
	s := &Server{store: store, o: o, others: others{run: rand.Text()}, probes: new(probes), patient: bodyWithin, guard: http.NewCrossOriginProtection()}
	s.fleet.init(o.Window)
	ctx, stop := context.WithTimeout(context.Background(), rereadEvery)
	defer stop()
	if err := s.reload(ctx); err != nil {
		return nil, err
	}
	list, err := store.History(ctx, keep)
	if err != nil {
		return nil, err
	}
	slices.Reverse(list)
	for _, e := range list {
		s.fleet.serve(e.Version)
	}
	return s, nil
}

// unreadable says that the store's newest version cannot be served.
type unreadable struct {
	version sampling.Version
	err     error
}

func (u *unreadable) Error() string {
	return fmt.Sprintf("version %s cannot be read, so the one before it is served; publish a higher one, or mend it: %v", u.version, u.err)
}

func (u *unreadable) Unwrap() error { return u.err }

// reload reads the store now. A newest version that cannot be read is no error as long as an older one is served: it is told in
// the status, and must not keep anybody from publishing over it.
func (s *Server) reload(ctx context.Context) error {
	s.save(ctx)
	err := s.load(ctx)
	s.read.Store(time.Now().UnixNano())
	if err == nil {
		s.failure.Store(nil)
		s.broken.Store(nil)
		return nil
	}
	s.failure.Store(&err)
	var u *unreadable
	if !errors.As(err, &u) {
		return err
	}
	s.broken.Store(&u.version)
	if s.current.Load() == nil {
		return err
	}
	return nil
}

// top is the version that the next one replaces.
func (s *Server) top() sampling.Version {
	v := s.current.Load().version()
	if b := s.broken.Load(); b != nil && v.Less(*b) {
		return *b
	}
	return v
}

// floor is the version that the next one has to be above, or clients do not take it: what they run may come from a server that
// has forgotten it.
func (s *Server) floor() sampling.Version {
	v := s.top()
	if told := s.fleet.newest(); v.Less(told) {
		return told
	}
	return v
}

func (s *Server) load(ctx context.Context) error {
	e, err := s.store.Current(ctx)
	if errors.Is(err, ErrEmpty) {
		return nil
	}
	if err != nil && e.Version == (sampling.Version{}) {
		return err
	}
	if cur := s.current.Load(); err == nil && cur != nil && cur.entry.Version == e.Version && string(cur.entry.Bytes) == string(e.Bytes) {
		return nil
	}
	var made *served
	if err == nil {
		made, err = prepare(e)
	}
	if err != nil {
		s.serveOlder(ctx)
		return &unreadable{e.Version, err}
	}
	s.serve(made)
	return nil
}

// serveOlder serves the newest version that can be.
func (s *Server) serveOlder(ctx context.Context) {
	list, _ := s.store.History(ctx, keep) // what it cannot list cannot be served
	for _, e := range list {
		if made, err := prepare(e); err == nil {
			s.serve(made)
			return
		}
	}
}

// serve makes a version the current one, unless a higher one came first, or a kill switch that the store has not taken: what reports was published
// by somebody who did not see that, and save publishes it over theirs.
func (s *Server) serve(made *served) {
	s.setting.Lock()
	defer s.setting.Unlock()
	if s.unsaved.Load() != nil && made.policy.Enabled() {
		return
	}
	if cur := s.current.Load(); cur == nil || !made.entry.Version.Less(cur.entry.Version) {
		s.fleet.serve(made.entry.Version)
		s.current.Store(made)
	}
}

// refresh starts a re-read of the store if the last one is too old, or lies ahead since the machine's clock went back. It never blocks.
func (s *Server) refresh() {
	if time.Duration(time.Now().UnixNano()-s.read.Load()).Abs() < rereadEvery || !s.reading.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer s.reading.Store(false)
		ctx, stop := context.WithTimeout(context.Background(), rereadEvery)
		defer stop()
		s.tend(ctx)
		s.tell(rereadEvery + tellAnyway)
	}()
}

// Run follows the hints of the store until ctx ends, and returns ctx's error; meanwhile it tells the other servers over the store
// what this one's clients run, every 2 s if that has changed. Without it a version that another process published is served within
// 30 s of the next request, and others hear that seldom too.
func (s *Server) Run(ctx context.Context) error {
	go s.tells(ctx)
	for ctx.Err() == nil {
		again := time.NewTimer(rereadEvery)
		hints, err := s.store.Watch(ctx)
		for open := err == nil; open; {
			select {
			case _, open = <-hints:
			case <-again.C:
				again.Reset(rereadEvery)
			}
			if ctx.Err() == nil {
				s.tend(ctx)
			}
		}
		select {
		case <-ctx.Done():
		case <-again.C:
		}
		again.Stop()
	}
	return ctx.Err()
}

// Bytes returns what is served, for the game's own protocol, and its version; nil and zero if there is nothing. The slice
// is shared and must not be modified.
func (s *Server) Bytes() ([]byte, sampling.Version) {
	s.refresh()
	c := s.current.Load()
	if c == nil {
		return nil, sampling.Version{}
	}
	return c.entry.Bytes, c.entry.Version
}

// Hint returns the current version for a heartbeat: epoch and number, 8 bytes each, big endian; zeros if there is nothing.
// The client reads it with sampling.VersionOfHint.
// It never blocks and does not allocate; every 30 s it starts a re-read of the store, which runs beside it.
func (s *Server) Hint() (h [16]byte) {
	s.refresh()
	v := s.current.Load().version()
	binary.BigEndian.PutUint64(h[:8], uint64(v.Epoch))
	binary.BigEndian.PutUint64(h[8:], uint64(v.N))
	return h
}

// HeartbeatEcho notes what a client said over the game's own connection, which is what its Controller.Echo returned. The id
// tells clients apart: a number of the connection or a hash of the install id, the same one each time.
func (s *Server) HeartbeatEcho(id uint64, echo string) { s.fleet.beat(id, echo) }
