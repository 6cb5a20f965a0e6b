package natspolicy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policyserver"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func v3(n int64) sampling.Version { return sampling.Version{Epoch: 3, N: n} }

func policy(n int64, rest string) string {
	return fmt.Sprintf(`{"krunk":1,"epoch":3,"version":%d%s}`, n, rest)
}

func entry(n int64) policyserver.Entry {
	return policyserver.Entry{
		Version: v3(n), Bytes: []byte(policy(n, "")), Signature: "kid=a; sig=AA==", By: "anna",
		At: time.Date(2026, 10, 10, 12, 0, 0, 0, time.UTC), Replaced: v3(n - 1), Audit: "line",
	}
}

// publish puts n over the version before it, none if that is zero.
func publish(t *testing.T, s *Store, n, over int64) {
	t.Helper()
	var from sampling.Version
	if over != 0 {
		from = v3(over)
	}
	if err := s.Publish(t.Context(), entry(n), from); err != nil {
		t.Fatalf("publishing %d over %d: %v", n, over, err)
	}
}

func TestStore(t *testing.T) {
	machines(t, func(t *testing.T, m *machine) {
		ctx, s, other := t.Context(), m.store(Options{}), m.store(Options{})
		if _, err := s.Current(ctx); !errors.Is(err, policyserver.ErrEmpty) {
			t.Fatalf("empty store: %v", err)
		}
		if list, err := s.History(ctx, 5); err != nil || len(list) != 0 {
			t.Errorf("empty store: history %v, %v", list, err)
		}
		if err := s.Publish(ctx, entry(9), v3(8)); !errors.Is(err, policyserver.ErrConflict) {
			t.Errorf("replacing what is not there: %v", err)
		}
		publish(t, s, 9, 0)
		for n := int64(10); n <= 80; n++ {
			publish(t, s, n, n-1)
		}
		for _, c := range []struct{ v, from int64 }{{81, 79}, {80, 80}, {10, 80}} {
			if err := other.Publish(ctx, entry(c.v), v3(c.from)); !errors.Is(err, policyserver.ErrConflict) {
				t.Errorf("%d over %d: %v", c.v, c.from, err)
			}
		}
		got, err := other.Current(ctx)
		if want := entry(80); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("current is %+v, %v, want %+v", got, err, want)
		}
		list, err := other.History(ctx, 1000)
		if err != nil || len(list) != 64 || list[0].Version != v3(80) || list[63].Version != v3(17) {
			t.Errorf("history of %d, %v", len(list), err)
		}
		if list, err := other.History(ctx, 2); err != nil || len(list) != 2 || list[1].Version != v3(79) {
			t.Errorf("history of 2: %v, %v", list, err)
		}
	})
}

// One of several publishers over the same version wins, in every round, each with a connection of its own.
func TestSwaps(t *testing.T) {
	machines(t, func(t *testing.T, m *machine) {
		var stores []*Store
		for range 4 {
			stores = append(stores, m.store(Options{}))
		}
		from := sampling.Version{}
		for round := range 15 {
			var winner atomic.Int64
			var wins atomic.Int32
			together(len(stores), func(i int) {
				n := int64(1 + round*10 + i)
				switch err := stores[i].Publish(t.Context(), entry(n), from); {
				case err == nil:
					wins.Add(1)
					winner.Store(n)
				case !errors.Is(err, policyserver.ErrConflict):
					t.Errorf("round %d: %v", round, err)
				}
			})
			if wins.Load() != 1 {
				t.Fatalf("round %d: %d winners", round, wins.Load())
			}
			if got, err := stores[0].Current(t.Context()); err != nil || got.Version.N != winner.Load() {
				t.Fatalf("round %d: %d won, but %v is current, %v", round, winner.Load(), got.Version, err)
			}
			from = v3(winner.Load())
		}
	})
}

func TestRestartKeepsVersions(t *testing.T) {
	machines(t, func(t *testing.T, m *machine) {
		s := m.store(Options{})
		publish(t, s, 1, 0)
		publish(t, s, 2, 1)
		m.restart(s)
		publish(t, s, 3, 2) // over what was there before
		list, err := m.store(Options{}).History(t.Context(), 10)
		if err != nil || len(list) != 3 || list[0].Version != v3(3) || list[2].Version != v3(1) {
			t.Errorf("history after the restart: %v, %v", list, err)
		}
	})
}

func TestNoServer(t *testing.T) {
	m := embedded(t)
	s := m.store(Options{})
	publish(t, s, 1, 0)
	m.end()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Current(ctx); err == nil || !strings.Contains(err.Error(), `bucket "krunk-policy", key "current": current version: `) {
		t.Errorf("Current: %v", err)
	}
	if _, err := s.History(ctx, 1); err == nil {
		t.Error("History: no error")
	}
	if err := s.Publish(ctx, entry(2), v3(1)); err == nil || errors.Is(err, policyserver.ErrConflict) {
		t.Errorf("Publish: %v", err)
	}
	m.start()
	eventually(t, "the version, once the server is back", func() bool {
		e, err := s.Current(t.Context())
		return err == nil && e.Version == v3(1)
	})
}

// faulty is a bucket whose answers to a swap get lost.
type faulty struct {
	jetstream.KeyValue
	update func(kv jetstream.KeyValue, b []byte, revision uint64) error
}

func (f *faulty) Update(_ context.Context, _ string, b []byte, revision uint64) (uint64, error) {
	return 0, f.update(f.KeyValue, b, revision)
}

func TestLostAnswers(t *testing.T) {
	stored := func(kv jetstream.KeyValue, b []byte, revision uint64) error {
		_, err := kv.Update(context.Background(), defaultKey, b, revision)
		return err
	}
	for _, c := range []struct {
		name   string
		update func(kv jetstream.KeyValue, b []byte, revision uint64) error
		want   error // nil: published; anything else: what it wraps
	}{
		{"stored, no answer", func(kv jetstream.KeyValue, b []byte, r uint64) error {
			return errors.Join(nats.ErrTimeout, stored(kv, b, r))
		}, nil},
		{"stored, sent twice", func(kv jetstream.KeyValue, b []byte, r uint64) error {
			return errors.Join(stored(kv, b, r), stored(kv, b, r))
		}, nil},
		{"not stored", func(jetstream.KeyValue, []byte, uint64) error { return nats.ErrTimeout }, nats.ErrTimeout},
		{"the same text by somebody else", func(kv jetstream.KeyValue, b []byte, r uint64) error {
			theirs, err := encode(entry(2), "theirs")
			return errors.Join(err, stored(kv, theirs, r), stored(kv, b, r))
		}, policyserver.ErrConflict},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := embedded(t).store(Options{})
			publish(t, s, 1, 0)
			s.kv = &faulty{s.kv, c.update}
			if err := s.Publish(t.Context(), entry(2), v3(1)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestBucketMadeByMany(t *testing.T) {
	m := embedded(t)
	var stores []*Store
	for range 4 {
		stores = append(stores, m.store(Options{}))
	}
	together(len(stores), func(i int) {
		if _, err := stores[i].Current(t.Context()); !errors.Is(err, policyserver.ErrEmpty) {
			t.Errorf("store %d: %v", i, err)
		}
	})
}

func TestBucketIsMadeAgain(t *testing.T) {
	m := embedded(t)
	s := m.store(Options{})
	publish(t, s, 7, 0)
	if err := s.js.DeleteKeyValue(t.Context(), defaultBucket); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Current(t.Context()); err == nil || errors.Is(err, policyserver.ErrEmpty) {
		t.Errorf("the bucket is gone: %v", err)
	}
	publish(t, s, 8, 0)
}

// busy is a server that answers the first tries to make a bucket with an error of its own. Without a server behind it there is no bucket.
type busy struct {
	jetstream.JetStream
	code, left, tries int
}

func (b *busy) CreateKeyValue(ctx context.Context, c jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	b.tries++
	if b.left > 0 {
		b.left--
		return nil, &jetstream.APIError{Code: b.code, ErrorCode: 10049, Description: "error creating store for stream"}
	}
	return b.JetStream.CreateKeyValue(ctx, c)
}

func (b *busy) KeyValue(ctx context.Context, bucket string) (jetstream.KeyValue, error) {
	if b.JetStream == nil {
		return nil, jetstream.ErrBucketNotFound
	}
	return b.JetStream.KeyValue(ctx, bucket)
}

func TestServerThatCannotMakeABucketNow(t *testing.T) {
	for _, c := range []struct {
		name       string
		code, fail int
	}{
		{"its store is not there yet", 500, 3},
		{"it starts", 503, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := embedded(t).store(Options{})
			b := &busy{JetStream: s.js, code: c.code, left: c.fail}
			s.js = b
			publish(t, s, 1, 0)
			if b.left != 0 {
				t.Errorf("published with %d failures left", b.left)
			}
		})
	}
}

// With the clock of a bubble, since how often there is time for another try depends on it.
func TestServerThatMakesNoBucket(t *testing.T) {
	for _, c := range []struct {
		name        string
		code, tries int
		within      time.Duration // of the caller
	}{
		{"for good", 500, 7, time.Minute},
		{"for as long as the caller has time", 503, 3, 100 * time.Millisecond},
		{"a request that is wrong is not tried again", 400, 1, time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &busy{code: c.code, left: 1000}
				s := &Store{js: b, o: Options{Bucket: defaultBucket, Key: defaultKey, Every: defaultEvery}}
				ctx, cancel := context.WithTimeout(t.Context(), c.within)
				defer cancel()
				err := s.Publish(ctx, entry(1), sampling.Version{})
				if err == nil || b.tries != c.tries || !strings.Contains(err.Error(), `bucket "krunk-policy", key "current": version to be replaced: nats: API error`) {
					t.Errorf("got %v after %d tries, want %d and the place", err, b.tries, c.tries)
				}
			})
		})
	}
}

func TestBucketThatForgets(t *testing.T) {
	m := embedded(t)
	s := m.store(Options{})
	if _, err := s.js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: defaultBucket, TTL: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Current(t.Context()); err == nil || !strings.Contains(err.Error(), "forgets what is older than 1h0m0s; make it without a TTL") {
		t.Errorf("got %v", err)
	}
}

func TestKeysAreApart(t *testing.T) {
	m := embedded(t)
	live, beta := m.store(Options{}), m.store(Options{Key: "beta"})
	publish(t, live, 1, 0)
	publish(t, beta, 5, 0)
	if e, err := live.Current(t.Context()); err != nil || e.Version != v3(1) {
		t.Errorf("live: %v, %v", e.Version, err)
	}
}

func TestNewRefuses(t *testing.T) {
	m := embedded(t)
	good := m.connect()
	nc, err := nats.Connect(fmt.Sprintf("nats://127.0.0.1:%d", m.port))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	givesUp, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		js   jetstream.JetStream
		o    Options
		want string
	}{
		{"nothing", nil, Options{}, "write jetstream.New(connection)"},
		{"a connection that gives up", givesUp, Options{}, "gives up after 60 attempts; connect with nats.MaxReconnects(-1)"},
		{"a wildcard", good, Options{Key: "*"}, `key "*": only letters`},
		{"a dot", good, Options{Bucket: "a.b"}, `bucket "a.b"`},
		{"too fast", good, Options{Every: time.Millisecond}, "Options.Every: 1ms is shorter than 50ms"},
		{"replicas", good, Options{Replicas: 6}, "Options.Replicas: 6 is not 1 to 5"},
	} {
		if _, err := New(c.js, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
