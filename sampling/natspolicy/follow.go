package natspolicy

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policyserver"
	"github.com/nats-io/nats.go/jetstream"
)

// Watch implements policyserver.Store. The hints come from a watch of the key and, since a watch may die with a restarted
// server or fall silent without a word, from reading the key every Options.Every; a watch that missed a revision is replaced.
func (s *Store) Watch(ctx context.Context) (<-chan sampling.Version, error) {
	hints := make(chan sampling.Version, 1)
	go func() {
		defer close(hints)
		var last sampling.Version
		s.follow(ctx, func(v value, err error) {
			if err == nil && v.bad == nil && v.entry.Version != last {
				last = v.entry.Version
				hint(hints, last)
			}
		})
	}()
	return hints, nil
}

// hint leaves the newest version in w and never blocks: there is one sender.
func hint(w chan sampling.Version, v sampling.Version) {
	select {
	case <-w:
	default:
	}
	w <- v
}

// follow calls f with the key's value at once, whenever the watch brings a newer one, and after each reading, until ctx
// ends. The watch's values and the readings are the same thing twice; whoever comes first is told first.
func (s *Store) follow(ctx context.Context, f func(value, error)) {
	again := time.NewTimer(0)
	defer again.Stop()
	var w watch
	defer w.stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e, open := <-w.updates():
			if !open {
				w.stop()
			} else if e != nil {
				f(w.take(e))
			}
			continue
		case <-again.C:
		}
		v, err := s.get(ctx)
		if ctx.Err() != nil {
			return
		}
		if (err == nil || errors.Is(err, policyserver.ErrEmpty)) && !w.alive(v.revision) {
			w.stop()
		}
		if w.kw == nil {
			w.start(ctx, s)
		}
		f(v, err)
		again.Reset(s.o.Every - s.o.Every/10 + rand.N(s.o.Every/5))
	}
}

// watch is a subscription to the key's changes. The zero watch is none.
type watch struct {
	kw     jetstream.KeyWatcher
	cancel context.CancelFunc
	seen   uint64 // newest revision that came by it
	read   uint64 // revision that the reading before found
}

// updates returns nil, from which nothing comes, if there is no watch.
func (w *watch) updates() <-chan jetstream.KeyValueEntry {
	if w.kw == nil {
		return nil
	}
	return w.kw.Updates()
}

// start may fail; the next reading tries again. It asks for the current value too, so nothing falls between two watches.
func (w *watch) start(ctx context.Context, s *Store) {
	kv, err := s.bind(ctx)
	if err != nil {
		return
	}
	inner, cancel := context.WithCancel(ctx)
	opening := time.AfterFunc(within, cancel)
	kw, err := kv.Watch(inner, s.o.Key)
	if err != nil || !opening.Stop() {
		cancel()
		if err == nil {
			_ = kw.Stop()
		}
		return
	}
	*w = watch{kw: kw, cancel: cancel}
}

// stop takes the subscription off, and with it the consumer on the server.
func (w *watch) stop() {
	if w.kw != nil {
		_ = w.kw.Stop()
		w.cancel()
	}
	*w = watch{}
}

func (w *watch) take(e jetstream.KeyValueEntry) (value, error) {
	w.seen = max(w.seen, e.Revision())
	return changed(e)
}

// alive reports whether the watch brought what the reading before the one of revision r had found: it had a whole interval
// for that. A revision below that means another bucket under the old name.
func (w *watch) alive(r uint64) bool {
	before := w.read
	w.read = r
	return w.seen >= before && r >= before
}
