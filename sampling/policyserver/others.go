package policyserver

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

const (
	lookEvery  = time.Second // how old what others say may be while somebody looks
	maxServers = 64          // that are listened to
)

// others is what the other servers over the same store say about their clients.
type others struct {
	mu    sync.Mutex // guards what follows
	heard map[string]*other
	err   error     // of the last reading
	at    time.Time // of the last reading
	extra int       // servers that are not listened to
	rival rival
	asks  map[uint64]question // clients whose last word this server wants from the others, by their mixed id
	run   string              // of this process, random; immutable after New

	listening, telling atomic.Bool
	said               string // what this server told last; guarded by telling, as are saidN and saidAt
	saidN              uint64
	saidAt             time.Time
}

// rival is another server that has this one's name; what this one said before it was started again is none, and falls silent.
type rival struct {
	run string
	n   uint64
	at  time.Time // when it said something new
}

// other is one server.
type other struct {
	said *summary // nil if it cannot be read
	why  error
	at   time.Time // when it said something new, by this machine's clock: those of others may be wrong
	raw  string
}

// silence is for how long a server may say nothing before its clients are not counted any more: they may be another's by then.
func (o *other) silence() time.Duration {
	return max(10*time.Second, min(time.Duration(3*o.said.Every*float64(time.Second)), 2*time.Minute))
}

// counted reports whether what the server says counts.
func (o *other) counted(now time.Time) bool {
	return o.said != nil && now.Sub(o.at) <= o.silence()
}

// listen reads what other servers say, unless it was read lately. It never blocks: a store that hangs holds one goroutine.
func (s *Server) listen() {
	store, ok := s.store.(SummaryStore)
	s.others.mu.Lock()
	fresh := time.Since(s.others.at) < lookEvery
	s.others.mu.Unlock()
	if !ok || fresh || !s.others.listening.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer s.others.listening.Store(false)
		ctx, stop := context.WithTimeout(context.Background(), tellWithin)
		defer stop()
		all, err := store.Summaries(ctx)
		s.others.take(all, err, s.o.Server, time.Now())
	}()
}

// take notes what was read. Own is the name of this server.
func (o *others) take(all map[string][]byte, err error, own string, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.at, o.err = now, err
	if err != nil {
		return // what was heard grows old
	}
	was := o.heard
	o.heard, o.extra = make(map[string]*other), 0
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !serverName(name) || len(o.heard) == maxServers {
			o.extra++
			continue
		}
		b := all[name]
		if old := was[name]; old != nil && old.raw == string(b) {
			o.heard[name] = old
			continue
		}
		h := &other{raw: string(b[:min(len(b), MaxSummary+1)]), at: now}
		h.said, h.why = readSummary(name, b)
		if was[name] == nil && h.said != nil && now.Sub(h.said.At).Abs() > h.silence() {
			h.at = now.Add(-h.silence() - time.Second) // perhaps of a server that is gone; its next word tells
		}
		if old := was[name]; old != nil && old.said != nil && h.said != nil {
			// Perhaps nobody has looked for long: how long that is ago is told by its clock, of which only the difference counts.
			if later := old.at.Add(h.said.At.Sub(old.said.At)); later.After(old.at) && later.Before(now) {
				h.at = later
			}
		}
		if name != own {
			o.heard[name] = h
			continue
		}
		if h.said != nil && h.said.Run != o.run {
			if o.rival.run == h.said.Run && o.rival.n < h.said.N {
				o.rival.at = now
			}
			o.rival.run, o.rival.n = h.said.Run, h.said.N
		}
	}
}

// ServerState is one game server over the same store.
type ServerState struct {
	Name    string
	Own     bool             // it is this one
	Version sampling.Version // that it serves
	Clients int              // heard of over the game's own connection
	Polls   int              // that ask it by HTTP
	Silent  time.Duration    // since it said something new
	Counted bool             // its clients are among those of the Convergence
	Why     string           // why not; empty if they are
}

// servers lists all servers, this one first, and gives what counts of the others to f.
func (s *Server) servers(now time.Time, own *ServerState, f func(*summary)) (list []ServerState, problem string) {
	o := &s.others
	o.mu.Lock()
	defer o.mu.Unlock()
	list = []ServerState{*own}
	for _, name := range slices.Sorted(maps.Keys(o.heard)) {
		h := o.heard[name]
		x := ServerState{Name: name, Silent: now.Sub(h.at), Counted: h.counted(now)}
		if h.said != nil {
			x.Version, x.Clients, x.Polls = h.said.version, total(h.said.beats), total(h.said.polls)
		}
		switch {
		case x.Counted:
			f(h.said)
		case h.why != nil:
			x.Why = h.why.Error()
		case x.Silent > time.Hour:
			continue // gone
		default:
			x.Why = "it says nothing any more"
		}
		list = append(list, x)
	}
	if !o.rival.at.IsZero() && now.Sub(o.rival.at) < time.Minute {
		problem = "Another server is called " + own.Name + " too, and its clients are not counted; give them different names in Options.Server. "
	}
	if o.err != nil {
		problem += "What other servers say cannot be read: " + clean(o.err.Error())
	}
	if o.extra > 0 {
		problem += fmt.Sprintf(" %d servers more are not listened to.", o.extra)
	}
	return list, problem
}

func total(states map[state]int) (n int) {
	for _, c := range states {
		n += c
	}
	return n
}
