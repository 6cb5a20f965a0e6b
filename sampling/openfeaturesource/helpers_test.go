package openfeaturesource

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/open-feature/go-sdk/openfeature/memprovider"
)

type flags = map[string]memprovider.InMemoryFlag

func policy(version, rest string) string { return `{"krunk":1,"version":` + version + rest + `}` }

func flag(value any) flags {
	return flags{DefaultFlag: {
		Key: DefaultFlag, State: memprovider.Enabled, DefaultVariant: "on", Variants: map[string]any{"on": value},
	}}
}

// evaluated is a flag that a function decides.
func evaluated(f func(openfeature.FlattenedContext) (any, openfeature.ProviderResolutionDetail)) flags {
	e := func(_ memprovider.InMemoryFlag, c openfeature.FlattenedContext) (any, openfeature.ProviderResolutionDetail) {
		return f(c)
	}
	return flags{DefaultFlag: {Key: DefaultFlag, State: memprovider.Enabled, ContextEvaluator: &e}}
}

// bench is a source that runs over an API of its own, inside of a bubble. A goroutine that is left over when the bubble
// ends fails the test.
type bench struct {
	t    *testing.T
	api  *openfeature.EvaluationAPI
	c    *sampling.Controller
	stop func() // ends Run; may be called twice
}

func start(t *testing.T, p openfeature.FeatureProvider, o Options) *bench {
	t.Helper()
	b := &bench{t: t, api: isolated.NewAPI()}
	if p != nil {
		b.provide(p)
	}
	var err error
	if b.c, err = sampling.New(sampling.Identity{ID: "a"}, sampling.Options{}); err != nil {
		t.Fatal(err)
	}
	s, err := New(b.api.NewClient(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.c.Run(ctx, s); close(ended) }()
	b.stop = func() {
		cancel()
		if err, first := <-ended; first && !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
	}
	t.Cleanup(func() {
		b.stop()
		b.c.Close()
		if err := b.api.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	synctest.Wait()
	return b
}

func (b *bench) provide(p openfeature.FeatureProvider) {
	b.t.Helper()
	if err := b.api.SetProviderAndWait(context.Background(), p); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) runs(step string, want int64) {
	b.t.Helper()
	synctest.Wait()
	if got := b.c.Version().N; got != want {
		b.t.Errorf("%s: runs %d, want %d; %+v", step, got, want, b.c.Status())
	}
}

// reread lets the bubble's time pass until the flag was read without an event.
func reread() {
	time.Sleep(defaultEvery + defaultEvery/10)
	synctest.Wait()
}

// mute is a provider whose watch has died: no events.
type mute struct{ *memprovider.InMemoryProvider }

func (mute) EventChannel() <-chan openfeature.Event { return nil }

// slow is a provider that can hang until its context ends.
type slow struct {
	*memprovider.InMemoryProvider
	hangs atomic.Bool
}

func (p *slow) StringEvaluation(ctx context.Context, flag, value string, c openfeature.FlattenedContext) openfeature.StringResolutionDetail {
	if p.hangs.Load() {
		<-ctx.Done()
		return openfeature.StringResolutionDetail{Value: value, ProviderResolutionDetail: openfeature.ProviderResolutionDetail{
			ResolutionError: openfeature.NewGeneralResolutionError(ctx.Err().Error()),
		}}
	}
	return p.InMemoryProvider.StringEvaluation(ctx, flag, value, c)
}

// counter is a sink that refuses everything.
type counter struct {
	sampling.Sink
	applied, fetched int
}

func (c *counter) Apply([]byte, ...sampling.At) error { c.applied++; return errors.New("refused") }
func (c *counter) Fetched(error)                      { c.fetched++ }
