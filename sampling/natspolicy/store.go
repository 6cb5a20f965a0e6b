// Package natspolicy carries policies between game servers over NATS JetStream: a key of a key-value bucket is the Store of
// package policyserver, and a Source lets a game server's own client follow it. Only servers connect, never players.
package natspolicy

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policyserver"
)

const (
	defaultBucket = "krunk-policy"
	defaultKey    = "current"
	defaultEvery  = 30 * time.Second
	fastest       = 50 * time.Millisecond
	keep          = jetstream.KeyValueMaxHistory // 64
	within        = 10 * time.Second             // one operation, so that a server that went away never holds a caller for ever
	askWithin     = 3 * time.Second              // one question; a connection that dies takes it along without a word
	settleWithin  = 2 * time.Second
)

// Options configure a Store; the zero Options use the key "current" in the bucket "krunk-policy", made with one replica when
// it is missing.
type Options struct {
	Bucket   string        // letters, digits, dash, underscore; empty: krunk-policy
	Key      string        // one for each game or environment; empty: current
	Replicas int           // of a bucket that is made here, 1 to 5; zero: 1. Three survive the loss of a machine
	Every    time.Duration // between two readings without a hint, give or take a tenth; zero: 30 s; at least 50 ms
}

// Store is a policyserver.Store in one key, which holds the last 64 versions. Its methods may be called by any goroutine and
// take at most 12 s. It must not be copied; make it with New.
type Store struct {
	js   jetstream.JetStream
	o    Options
	mu   sync.Mutex // guards what follows
	kv   jetstream.KeyValue
	said jetstream.KeyValue // of the summaries
}

var _ policyserver.Store = (*Store)(nil)

// New returns a store over a connection, which stays owned by the caller and has to be made with nats.MaxReconnects(-1):
// otherwise it gives up two minutes after the server went away, for ever. New asks the server nothing; the bucket is bound,
// or made, by the first operation that reaches it.
func New(js jetstream.JetStream, o Options) (*Store, error) {
	if js == nil {
		return nil, errors.New("natspolicy: no JetStream; write jetstream.New(connection)")
	}
	if n := js.Conn().Opts.MaxReconnect; n >= 0 || !js.Conn().Opts.AllowReconnect {
		return nil, fmt.Errorf("natspolicy: the connection gives up after %d attempts; connect with nats.MaxReconnects(-1)", n)
	}
	if o.Bucket == "" {
		o.Bucket = defaultBucket
	}
	if o.Key == "" {
		o.Key = defaultKey
	}
	if o.Every == 0 {
		o.Every = defaultEvery
	}
	if !plain(o.Bucket) || !plain(o.Key) {
		return nil, fmt.Errorf("natspolicy: bucket %q, key %q: only letters, digits, dash and underscore", o.Bucket, o.Key)
	}
	if o.Every < fastest {
		return nil, fmt.Errorf("natspolicy: Options.Every: %s is shorter than %s; leave it zero for %s", o.Every, fastest, defaultEvery)
	}
	if o.Replicas < 0 || o.Replicas > 5 {
		return nil, fmt.Errorf("natspolicy: Options.Replicas: %d is not 1 to 5", o.Replicas)
	}
	return &Store{js: js, o: o}, nil
}

// plain keeps wildcards and dots out of subjects.
func plain(s string) bool {
	for _, c := range s {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// Current implements policyserver.Store. With several replicas the answer may come from one that lags behind by a moment.
func (s *Store) Current(ctx context.Context) (policyserver.Entry, error) {
	v, err := s.get(ctx)
	if err == nil {
		err = v.bad
	}
	if err != nil {
		return policyserver.Entry{}, s.fail("current version", err)
	}
	return v.entry, nil
}

// Publish implements policyserver.Store: NATS compares the key's revision, so of several publishers over the same version
// one wins. When the answer is lost, the key is read again before an error is returned.
func (s *Store) Publish(ctx context.Context, e policyserver.Entry, replaces sampling.Version) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	now, err := s.get(ctx)
	if err != nil && !errors.Is(err, policyserver.ErrEmpty) {
		return s.fail("version to be replaced", err)
	}
	if err := now.follows(e.Version, replaces); err != nil {
		return err
	}
	value, err := encode(e, rand.Text())
	if err != nil {
		return err
	}
	kv, err := s.bind(ctx)
	if err != nil {
		return s.fail("bucket", err)
	}
	if err := swap(ctx, kv, s.o.Key, value, now.revision); err != nil {
		return s.settle(ctx, e, value, err)
	}
	return nil
}

// follows checks a compare-and-swap before it is made; the zero value stands for an empty store.
func (v value) follows(next, replaces sampling.Version) error {
	now := v.entry.Version
	switch {
	case replaces != now:
		return fmt.Errorf("%w: to replace %s, but %s is current", policyserver.ErrConflict, replaces, now)
	case !now.Less(next):
		return fmt.Errorf("%w: %s is not above %s", policyserver.ErrConflict, next, now)
	}
	return nil
}

// swap stores a value over a revision; zero means that the key does not exist or was deleted.
func swap(ctx context.Context, kv jetstream.KeyValue, key string, b []byte, revision uint64) (err error) {
	if revision == 0 {
		_, err = kv.Create(ctx, key, b)
	} else {
		_, err = kv.Update(ctx, key, b, revision)
	}
	return err
}

// settle finds out what became of a swap that returned an error: the client sends a message again when an answer is lost,
// and the second one then collides with the first.
func (s *Store) settle(ctx context.Context, e policyserver.Entry, sent []byte, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	now, err := s.get(ctx)
	if err == nil && string(now.raw) == string(sent) {
		return nil // the nonce in it is ours
	}
	if errors.Is(cause, jetstream.ErrKeyExists) || errors.Is(cause, jetstream.ErrKeyRevisionMismatch) {
		return fmt.Errorf("%w: to publish %s, but %s was faster", policyserver.ErrConflict, e.Version, now.entry.Version)
	}
	return s.fail(fmt.Sprintf("publishing %s, which may have arrived all the same", e.Version), cause)
}

// History implements policyserver.Store, with at most 64 versions. A value that cannot be read is left out.
func (s *Store) History(ctx context.Context, n int) ([]policyserver.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	kv, err := s.bind(ctx)
	if err != nil {
		return nil, s.fail("bucket", err)
	}
	list, err := collect(ctx, kv, s.o.Key)
	if err != nil {
		return nil, s.fail("history", err)
	}
	var out []policyserver.Entry
	for i := len(list) - 1; i >= 0 && len(out) < n; i-- {
		if v := decode(list[i]); v.bad == nil {
			out = append(out, v.entry)
		}
	}
	return out, nil
}

// collect is KeyValue.History, which waits for ever when the server goes away in the middle.
func collect(ctx context.Context, kv jetstream.KeyValue, key string) (list []jetstream.KeyValueEntry, err error) {
	w, err := kv.Watch(ctx, key, jetstream.IncludeHistory(), jetstream.IgnoreDeletes())
	if err != nil {
		return nil, err
	}
	defer func() { _ = w.Stop() }()
	for {
		select {
		case e, open := <-w.Updates():
			if !open {
				return nil, errors.New("the connection ended in the middle")
			}
			if e == nil {
				return list, nil
			}
			list = append(list, e)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// get reads the key; a value that is there but no policy has bad set. A question that a dying connection took along is
// asked again.
func (s *Store) get(ctx context.Context) (v value, err error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for ctx.Err() == nil {
		v, err = s.ask(ctx)
		if !errors.Is(err, context.DeadlineExceeded) {
			return v, err
		}
	}
	if err == nil {
		err = ctx.Err()
	}
	return value{}, err
}

func (s *Store) ask(ctx context.Context) (value, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	kv, err := s.bind(ctx)
	if err != nil {
		return value{}, err
	}
	e, err := kv.Get(ctx, s.o.Key)
	if errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrStreamNotFound) {
		s.unbind(kv)
	}
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return value{}, policyserver.ErrEmpty
	}
	if err != nil {
		return value{}, err
	}
	return decode(e), nil
}

func (s *Store) fail(what string, err error) error {
	if errors.Is(err, policyserver.ErrEmpty) {
		return err
	}
	return fmt.Errorf("natspolicy: bucket %q, key %q: %s: %w", s.o.Bucket, s.o.Key, what, err)
}
