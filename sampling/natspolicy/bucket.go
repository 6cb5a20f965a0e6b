package natspolicy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// bind returns the bucket, which it looks up, or makes, once.
func (s *Store) bind(ctx context.Context) (jetstream.KeyValue, error) {
	s.mu.Lock()
	kv := s.kv
	s.mu.Unlock()
	if kv != nil {
		return kv, nil
	}
	kv, err := s.find(ctx) // without the lock: it may take its time
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kv == nil {
		s.kv = kv
	}
	return s.kv, nil
}

// unbind forgets a bucket that does not answer: it may have been deleted, and is then made again by the next operation.
func (s *Store) unbind(kv jetstream.KeyValue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kv == kv {
		s.kv = nil
	}
}

// madeByAnother reports whether a bucket could not be made because another server makes it at this moment. nats-server 2.9 says
// that its subjects overlap with those of a stream, and does not show the stream yet.
func madeByAnother(err error) bool {
	const overlap = 10065
	var e *jetstream.APIError
	return errors.Is(err, jetstream.ErrBucketExists) || errors.As(err, &e) && e.ErrorCode == overlap
}

// notNow reports whether the server could not make a bucket for a reason of its own, which may pass: nats-server 2.15 answers 500,
// "error creating store for stream", while it still clears away a deleted bucket of the same name, and 503 while it starts.
func notNow(err error) bool {
	const serverError = 500
	var e *jetstream.APIError
	return errors.As(err, &e) && e.Code >= serverError
}

// made looks a bucket up, or makes it.
func (s *Store) made(ctx context.Context, c jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	kv, err := s.js.KeyValue(ctx, c.Bucket)
	for try := 0; errors.Is(err, jetstream.ErrBucketNotFound) && try < 10; try++ {
		kv, err = s.create(ctx, c)
		if madeByAnother(err) {
			kv, err = s.js.KeyValue(ctx, c.Bucket)
		}
	}
	return kv, err
}

// create makes a bucket. What the server cannot do now is tried again after 20 ms, 40 and so on, for 1.3 s in all.
func (s *Store) create(ctx context.Context, c jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	kv, err := s.js.CreateKeyValue(ctx, c)
	for pause := 20 * time.Millisecond; notNow(err) && pause < time.Second; pause *= 2 {
		select {
		case <-time.After(pause):
			kv, err = s.js.CreateKeyValue(ctx, c)
		case <-ctx.Done():
			return nil, err // what the server said tells more than that the time is over
		}
	}
	return kv, err
}

func (s *Store) find(ctx context.Context) (jetstream.KeyValue, error) {
	kv, err := s.made(ctx, jetstream.KeyValueConfig{
		Bucket: s.o.Bucket, Description: "Krunk policies", History: keep, MaxValueSize: maxValue, Replicas: s.o.Replicas,
	})
	if err != nil {
		return nil, err
	}
	st, err := kv.Status(ctx)
	if err != nil {
		return nil, err
	}
	if st.TTL() != 0 {
		return nil, fmt.Errorf("the bucket forgets what is older than %s; make it without a TTL, or name another one in Options.Bucket", st.TTL())
	}
	return kv, nil
}
