package policyserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

// ErrConflict says that the version to be replaced is not the current one: somebody else was faster. Test with errors.Is.
var ErrConflict = errors.New("policyserver: another version was published meanwhile; read it and publish over it")

// ErrEmpty says that a store holds no policy yet. Test with errors.Is.
var ErrEmpty = errors.New("policyserver: no policy was published yet")

// keep is how many versions a store holds unless told otherwise.
const keep = 100

// Entry is one published version. Its Bytes are immutable after Publish and must not be modified by who reads them.
type Entry struct {
	Version   sampling.Version // as the document says
	Bytes     []byte           // the document or a signed envelope around it, at most sampling.MaxEnvelope
	Signature string           // value of the Krunk-Signature header; empty if there is none
	By        string           // who published it
	At        time.Time        // when
	Replaced  sampling.Version // the version it was published over; zero for the first one
	Audit     string           // one line: who, what, with what predicted effect
}

// Store keeps versions. All methods may be called by any goroutine and may block; package natspolicy has one for several
// machines. One that is a SummaryStore as well lets every server show the clients of all.
type Store interface {
	// Current returns the highest version, or ErrEmpty. Another error beside an Entry with a Version says that this one is there and
	// cannot be read: the server then serves the one before and publishes over it.
	Current(ctx context.Context) (Entry, error)
	// Publish stores e if replaces is the current version at that moment, the zero Version in an empty store; otherwise
	// it returns an error that wraps ErrConflict. Once it has returned nil, e survives a crash as well as the store can.
	Publish(ctx context.Context, e Entry, replaces sampling.Version) error
	// History returns at most n versions, the newest first.
	History(ctx context.Context, n int) ([]Entry, error)
	// Watch returns a channel that gets the number of a new version. It is a hint: it may lag, skip or fall silent, and
	// is closed when ctx ends.
	Watch(ctx context.Context) (<-chan sampling.Version, error)
}

// Memory is a Store that forgets at exit. The zero Memory is ready for use and must not be copied.
type Memory struct {
	mu       sync.Mutex // guards what follows
	entries  []Entry    // oldest first, at most 100
	watchers []chan sampling.Version
	said     map[string][]byte // by server
}

// PutSummary implements SummaryStore, for several Servers in one program.
func (m *Memory) PutSummary(_ context.Context, server string, b []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.said == nil {
		m.said = make(map[string][]byte)
	}
	m.said[server] = slices.Clone(b)
	return nil
}

// Summaries implements SummaryStore.
func (m *Memory) Summaries(context.Context) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.said), nil
}

// Current implements Store.
func (m *Memory) Current(context.Context) (Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.entries) == 0 {
		return Entry{}, ErrEmpty
	}
	return m.entries[len(m.entries)-1], nil
}

// Publish implements Store.
func (m *Memory) Publish(_ context.Context, e Entry, replaces sampling.Version) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var now sampling.Version
	if n := len(m.entries); n > 0 {
		now = m.entries[n-1].Version
	}
	if err := follows(e.Version, replaces, now); err != nil {
		return err
	}
	e.Bytes = slices.Clone(e.Bytes)
	m.entries = append(m.entries, e)
	if len(m.entries) > keep {
		m.entries = slices.Delete(m.entries, 0, len(m.entries)-keep)
	}
	for _, w := range m.watchers {
		hint(w, e.Version)
	}
	return nil
}

// History implements Store.
func (m *Memory) History(_ context.Context, n int) ([]Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n = min(max(n, 0), len(m.entries))
	out := slices.Clone(m.entries[len(m.entries)-n:])
	slices.Reverse(out)
	return out, nil
}

// Watch implements Store.
func (m *Memory) Watch(ctx context.Context) (<-chan sampling.Version, error) {
	w := make(chan sampling.Version, 1)
	m.mu.Lock()
	m.watchers = append(m.watchers, w)
	m.mu.Unlock()
	context.AfterFunc(ctx, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.watchers = slices.DeleteFunc(m.watchers, func(x chan sampling.Version) bool { return x == w })
		close(w)
	})
	return w, nil
}

// follows checks a compare-and-swap: replaces is what the publisher saw, now what is there.
func follows(v, replaces, now sampling.Version) error {
	switch {
	case replaces != now:
		return fmt.Errorf("%w: to replace %s, but %s is current", ErrConflict, replaces, now)
	case !now.Less(v):
		return fmt.Errorf("%w: %s is not above %s", ErrConflict, v, now)
	}
	return nil
}

// hint leaves the newest version in w and never blocks.
func hint(w chan sampling.Version, v sampling.Version) {
	for {
		select {
		case w <- v:
			return
		default:
		}
		select {
		case <-w:
		default:
		}
	}
}
