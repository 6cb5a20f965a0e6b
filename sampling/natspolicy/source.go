package natspolicy

import (
	"context"
	"fmt"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policyserver"
	"github.com/nats-io/nats.go/jetstream"
)

// Source lets a game server's own client follow a store. It implements sampling.Source.
type Source struct{ store *Store }

// NewSource returns a source for what a store holds.
func NewSource(s *Store) *Source { return &Source{s} }

// Run implements sampling.Source. It returns only when ctx ends. While NATS is away, what runs keeps running. A value that
// was refused is not offered again, nor is an older one after a newer, which a replica that lags behind may return.
func (s *Source) Run(ctx context.Context, to sampling.Sink) error {
	var last value
	s.store.follow(ctx, func(v value, err error) {
		err = s.offer(&last, v, err, to)
		to.Fetched(err)
	})
	return ctx.Err()
}

func (s *Source) offer(last *value, v value, err error, to sampling.Sink) error {
	switch {
	case err != nil:
		return s.store.fail("current version", err)
	case v.entry.Bytes == nil:
		return s.store.fail("current version", v.bad)
	case string(v.raw) == string(last.raw):
		return nil
	case v.bad == nil && v.entry.Version.Less(last.entry.Version):
		return s.store.fail("current version", fmt.Errorf("%s came after %s: a replica that lags, or a bucket that was set back; "+
			"to go back, publish the old content under a higher version", v.entry.Version, last.entry.Version))
	}
	seen := last.entry.Version
	*last = v
	if v.bad != nil {
		last.entry.Version = seen
	}
	_ = to.Apply(v.entry.Bytes, sampling.At{Signature: v.entry.Signature, Source: "nats"}) // the sink keeps the reason
	return nil
}

// changed is what a watch brings.
func changed(e jetstream.KeyValueEntry) (value, error) {
	if e.Operation() != jetstream.KeyValuePut {
		return value{revision: e.Revision()}, policyserver.ErrEmpty
	}
	return decode(e), nil
}
