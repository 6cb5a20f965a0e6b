package natspolicy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/krunk-go/krunk/sampling/policyserver"
)

var _ policyserver.SummaryStore = (*Store)(nil)

// Summaries lie in a bucket of their own, in the servers' memory: what is lost comes again within seconds.
const (
	summaryBucket = "-servers" // behind the name of the bucket
	summaryAge    = 24 * time.Hour
)

// PutSummary implements policyserver.SummaryStore.
func (s *Store) PutSummary(ctx context.Context, server string, b []byte) error {
	if !plain(server) || server == "" {
		return fmt.Errorf("natspolicy: %q is not the name of a server: only letters, digits, dash and underscore", server)
	}
	if len(b) > policyserver.MaxSummary {
		return fmt.Errorf("natspolicy: summary of %s: %d bytes, at most %d", server, len(b), policyserver.MaxSummary)
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	kv, err := s.board(ctx)
	if err == nil {
		_, err = kv.Put(ctx, s.o.Key+"."+server, b)
		s.forget(kv, err)
	}
	if err != nil {
		return fmt.Errorf("natspolicy: bucket %q: summary of %s: %w", s.o.Bucket+summaryBucket, server, err)
	}
	return nil
}

// Summaries implements policyserver.SummaryStore.
func (s *Store) Summaries(ctx context.Context) (map[string][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	kv, err := s.board(ctx)
	var list []jetstream.KeyValueEntry
	if err == nil {
		list, err = collect(ctx, kv, s.o.Key+".*")
		s.forget(kv, err)
	}
	if err != nil {
		return nil, fmt.Errorf("natspolicy: bucket %q: summaries: %w", s.o.Bucket+summaryBucket, err)
	}
	out := make(map[string][]byte, len(list))
	for _, e := range list {
		out[strings.TrimPrefix(e.Key(), s.o.Key+".")] = e.Value()
	}
	return out, nil
}

// board returns the bucket of the summaries, which it looks up, or makes, once.
func (s *Store) board(ctx context.Context) (jetstream.KeyValue, error) {
	s.mu.Lock()
	kv := s.said
	s.mu.Unlock()
	if kv != nil {
		return kv, nil
	}
	kv, err := s.made(ctx, jetstream.KeyValueConfig{
		Bucket: s.o.Bucket + summaryBucket, Description: "What the clients of game servers run", TTL: summaryAge,
		MaxValueSize: policyserver.MaxSummary, Storage: jetstream.MemoryStorage, Replicas: s.o.Replicas,
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.said == nil {
		s.said = kv
	}
	return s.said, nil
}

// forget lets a bucket be made again that went with the memory of its server.
func (s *Store) forget(kv jetstream.KeyValue, err error) {
	if err == nil {
		return
	}
	gone := errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, jetstream.ErrStreamNotFound)
	s.mu.Lock()
	defer s.mu.Unlock()
	if gone && s.said == kv {
		s.said = nil
	}
}
