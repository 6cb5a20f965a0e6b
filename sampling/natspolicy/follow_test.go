package natspolicy

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policyserver"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	never = time.Hour // no reading without a hint within a test
	often = fastest
)

// follower is a game server's client that follows a store.
type follower struct {
	t       *testing.T
	c       *sampling.Controller
	changes chan sampling.Change
}

func follow(t *testing.T, s *Store) *follower {
	t.Helper()
	f := &follower{t: t, changes: make(chan sampling.Change, 100)}
	var err error
	f.c, err = sampling.New(sampling.Identity{ID: "a"}, sampling.Options{OnChange: func(c sampling.Change) { f.changes <- c }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- f.c.Run(ctx, NewSource(s)) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
		f.c.Close()
	})
	return f
}

// told waits for the next change.
func (f *follower) told() sampling.Change {
	f.t.Helper()
	select {
	case c := <-f.changes:
		return c
	case <-time.After(patience):
		f.t.Fatalf("nothing comes; %+v", f.c.Status())
		panic("unreachable")
	}
}

func (f *follower) applies(n int64) {
	f.t.Helper()
	if c := f.told(); c.Reason != "applied" || c.New != v3(n) {
		f.t.Fatalf("told %+v, want that %v was applied", c, v3(n))
	}
}

// consumers asks the server for the names of the watches, as often as it takes.
func consumers(t *testing.T, s *Store) (names []string) {
	t.Helper()
	eventually(t, "an answer about the watches", func() bool {
		stream, err := s.js.Stream(t.Context(), "KV_"+defaultBucket)
		if err != nil {
			return false
		}
		l := stream.ConsumerNames(t.Context())
		names = nil
		for n := range l.Name() {
			names = append(names, n)
		}
		return l.Err() == nil
	})
	return names
}

// The watch alone brings a new version: no reading comes within the test.
func TestWatchBringsIt(t *testing.T) {
	machines(t, func(t *testing.T, m *machine) {
		s := m.store(Options{})
		publish(t, s, 1, 0)
		f := follow(t, m.store(Options{Every: never}))
		f.applies(1)
		for n := int64(2); n < 20; n++ {
			publish(t, s, n, n-1)
			f.applies(n)
		}
		if st := f.c.Status(); st.Source != "nats" || st.FetchError != nil {
			t.Errorf("status %+v", st)
		}
	})
}

// The server goes away while versions are published and comes back over the same directory: nothing is lost, each time.
func TestRestartLosesNoUpdate(t *testing.T) {
	machines(t, func(t *testing.T, m *machine) {
		s := m.store(Options{})
		publish(t, s, 1, 0)
		follower := m.store(Options{Every: often})
		f := follow(t, follower)
		f.applies(1)
		hints, err := m.store(Options{Every: often}).Watch(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for n := int64(2); n < 5; n++ {
			m.restart(s)
			publish(t, s, n, n-1)
			f.applies(n)
			for v := range hints {
				if v == v3(n) {
					break
				}
			}
		}
		eventually(t, "one watch for each of two followers", func() bool { return len(consumers(t, s)) == 2 })
	})
}

// A follower that starts while the server is away follows once it is there.
func TestServerComesLater(t *testing.T) {
	m := embedded(t)
	s := m.store(Options{})
	publish(t, s, 1, 0)
	late := m.store(Options{Every: often})
	m.end()
	f := follow(t, late)
	m.start()
	f.applies(1)
}

// deaf is a bucket whose watches never say anything, until they are made to.
type deaf struct {
	jetstream.KeyValue
	hears    atomic.Bool
	watches  atomic.Int32
	readings atomic.Int32
}

func (d *deaf) Get(ctx context.Context, key string) (jetstream.KeyValueEntry, error) {
	d.readings.Add(1)
	return d.KeyValue.Get(ctx, key)
}

func (d *deaf) Watch(ctx context.Context, keys string, o ...jetstream.WatchOpt) (jetstream.KeyWatcher, error) {
	d.watches.Add(1)
	if d.hears.Load() {
		return d.KeyValue.Watch(ctx, keys, o...)
	}
	return silence{}, nil
}

type silence struct{}

func (silence) Updates() <-chan jetstream.KeyValueEntry { return make(chan jetstream.KeyValueEntry) }
func (silence) Stop() error                             { return nil }
func (silence) Error() error                            { return nil }

func TestSilentWatch(t *testing.T) {
	m := embedded(t)
	s := m.store(Options{})
	publish(t, s, 1, 0)
	o := m.store(Options{Every: 500 * time.Millisecond}) // for so long a watch that hears may take to bring a version
	kv, err := o.bind(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d := &deaf{KeyValue: kv}
	o.kv = d
	f := follow(t, o)
	f.applies(1)
	for n := int64(2); n < 5; n++ {
		publish(t, s, n, n-1)
		f.applies(n)
	}
	eventually(t, "a new watch in place of the silent one", func() bool { return d.watches.Load() > 3 })
	d.hears.Store(true)
	eventually(t, "a watch that hears", func() bool { return len(consumers(t, s)) == 1 })
	// One that hears stays over three readings after a new version; on a machine that stands still for half a second it may be replaced once more.
	n := int64(4)
	eventually(t, "a watch that stays", func() bool {
		n++
		watches, readings := d.watches.Load(), d.readings.Load()
		publish(t, s, n, n-1)
		f.applies(n)
		eventually(t, "three readings", func() bool { return d.readings.Load() >= readings+3 })
		return d.watches.Load() == watches
	})
}

// The server forgets the watch's consumer, and each time the follower gets the next version and one watch in the end.
func TestKilledWatch(t *testing.T) {
	machines(t, func(t *testing.T, m *machine) {
		s := m.store(Options{})
		publish(t, s, 1, 0)
		f := follow(t, m.store(Options{Every: often}))
		f.applies(1)
		for n := int64(2); n < 6; n++ {
			eventually(t, "a watch", func() bool { return len(consumers(t, s)) > 0 })
			for _, name := range consumers(t, s) {
				eventually(t, "the end of a watch", func() bool {
					err := s.js.DeleteConsumer(t.Context(), "KV_"+defaultBucket, name)
					return err == nil || errors.Is(err, jetstream.ErrConsumerNotFound)
				})
			}
			publish(t, s, n, n-1)
			f.applies(n)
		}
		eventually(t, "one watch", func() bool { return len(consumers(t, s)) == 1 })
	})
}

func TestWatchEnds(t *testing.T) {
	m := embedded(t)
	s := m.store(Options{})
	publish(t, s, 1, 0)
	ctx, cancel := context.WithCancel(t.Context())
	hints, err := s.Watch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if v := <-hints; v != v3(1) {
		t.Errorf("first hint %v", v)
	}
	publish(t, s, 2, 1)
	publish(t, s, 3, 2)
	for v := range hints { // 2 may be skipped
		if v == v3(3) {
			break
		}
	}
	cancel()
	for v := range hints {
		t.Errorf("hint %v after the end", v)
	}
	eventually(t, "no watch", func() bool { return len(consumers(t, s)) == 0 })
}

// Two game servers with a policyserver each: what is published on one is served by the other.
func TestTwoServers(t *testing.T) {
	m := embedded(t)
	open := func() *policyserver.Server {
		p, err := policyserver.New(m.store(Options{Every: never}), policyserver.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	a, b := open(), open()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- b.Run(ctx) }()
	if _, err := a.Publish(ctx, []byte(policy(1, `,"clients":10`)), "anna"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "3.1 on the other server", func() bool { _, v := b.Bytes(); return v == v3(1) })
	if _, err := b.Publish(ctx, []byte(policy(2, `,"clients":20`)), "bert"); err != nil {
		t.Fatal(err)
	}
	_, err := a.Replace(ctx, policyserver.Proposal{Bytes: []byte(policy(3, "")), By: "anna", Replaces: v3(1)})
	if !errors.Is(err, policyserver.ErrConflict) {
		t.Errorf("over what is no longer current: %v", err)
	}
	if _, v := a.Bytes(); v != v3(2) {
		t.Errorf("after the conflict the first server serves %v", v)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v", err)
	}
}
