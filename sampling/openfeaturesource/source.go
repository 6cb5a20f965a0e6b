// Package openfeaturesource brings policies out of a feature flag: the flag's string value is the policy document, or a
// signed envelope around it. One adapter covers every flag service that has an OpenFeature provider for Go. It is for game
// servers; players get the policy from them.
package openfeaturesource

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/open-feature/go-sdk/openfeature"
)

// DefaultFlag is the key of the flag unless Options say otherwise.
const DefaultFlag = "krunk-policy"

const (
	defaultEvery = 30 * time.Second
	fastest      = time.Second
	within       = 10 * time.Second // one evaluation
)

// ErrNoPolicy says that the flag was evaluated and holds no text: it is switched off, empty, or there is no provider.
// Test with errors.Is.
var ErrNoPolicy = errors.New("sampling/openfeaturesource: the flag holds no policy")

// Options configure a Source; the zero Options read DefaultFlag every 30 s and at each event.
type Options struct {
	Flag    string                        // key of the flag; empty: DefaultFlag
	Context openfeature.EvaluationContext // what the flag is evaluated for, such as region and environment of the server
	Every   time.Duration                 // between two readings without an event, give or take a tenth; zero: 30 s; at least 1 s
}

// Source reads a flag and applies what has changed. Make it with New.
type Source struct {
	client *openfeature.Client
	o      Options
	seed   maphash.Seed
}

// New returns a source for a flag that client evaluates. The provider may be set later, and may be replaced.
func New(client *openfeature.Client, o Options) (*Source, error) {
	if client == nil {
		return nil, errors.New("sampling/openfeaturesource: the client is nil; write openfeature.NewDefaultClient()")
	}
	if o.Flag == "" {
		o.Flag = DefaultFlag
	}
	if o.Every == 0 {
		o.Every = defaultEvery
	}
	if o.Every < fastest {
		return nil, fmt.Errorf("sampling/openfeaturesource: Options.Every: %s is shorter than 1s; leave it zero for 30s", o.Every)
	}
	return &Source{client: client, o: o, seed: maphash.MakeSeed()}, nil
}

// Run implements sampling.Source: it reads the flag at once, whenever the provider becomes ready or says that flags have
// changed, and every so often, since a provider's watch may die without a word. A flag that cannot be evaluated leaves what
// runs; a text that was refused is not offered again. It returns when ctx ends, or later if the provider is in the middle of
// an evaluation and does not heed its context.
func (s *Source) Run(ctx context.Context, to sampling.Sink) error {
	events, stop := s.listen()
	defer stop()
	again := time.NewTimer(0)
	defer again.Stop()
	var last uint64
	offered := false
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-events:
		case <-again.C:
		}
		text, err := s.read(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if sum := maphash.String(s.seed, text); err == nil && (!offered || sum != last) {
			last, offered = sum, true
			_ = to.Apply([]byte(text), sampling.At{Source: "openfeature"}) // the sink keeps the reason
		}
		to.Fetched(err)
		again.Reset(jitter(s.o.Every))
	}
}

// jitter spreads servers that were started together.
func jitter(d time.Duration) time.Duration { return d - d/10 + rand.N(d/5) }

// listen returns a channel that holds a token after an event. The SDK calls handlers while it holds a lock of its own, so
// they do no more than that; stop takes them off.
func (s *Source) listen() (events <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	f := func(openfeature.EventDetails) {
		select {
		case c <- struct{}{}:
		default:
		}
	}
	s.client.AddHandler(openfeature.ProviderReady, &f)
	s.client.AddHandler(openfeature.ProviderConfigChange, &f)
	return c, func() {
		s.client.RemoveHandler(openfeature.ProviderReady, &f)
		s.client.RemoveHandler(openfeature.ProviderConfigChange, &f)
	}
}

// read evaluates the flag. It never returns much more than the limit, which the sink then refuses. A provider that panics
// does not take the game server down.
func (s *Source) read(ctx context.Context) (text string, err error) {
	defer func() {
		if r := recover(); r != nil {
			text, err = "", fmt.Errorf("sampling/openfeaturesource: flag %q: the provider panicked: %v", s.o.Flag, r)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	d, err := s.client.StringValueDetails(ctx, s.o.Flag, "", s.o.Context)
	if err != nil {
		return "", fmt.Errorf("sampling/openfeaturesource: flag %q: %w; it has to be a string flag", s.o.Flag, err)
	}
	if d.Value == "" {
		return "", fmt.Errorf("%w: flag %q, reason %q; switch it on and give it the document as a string", ErrNoPolicy, s.o.Flag, d.Reason)
	}
	return d.Value[:min(len(d.Value), sampling.MaxEnvelope+1)], nil
}
