package openfeaturesource

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/memprovider"
)

func TestFollowsTheFlag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := memprovider.NewInMemoryProvider(flag(policy("1", "")))
		b := start(t, p, Options{})
		b.runs("at the start", 1)
		if s := b.c.Status(); s.Source != "openfeature" || s.FetchError != nil {
			t.Errorf("status %+v", s)
		}
		p.UpdateFlags(flag(policy("2", `,"clients":10`)))
		b.runs("changed, no time has passed", 2)

		p.UpdateFlags(flag(policy("3", `,"clients":"many"`)))
		b.runs("malformed", 2)
		if e, ok := errors.AsType[*sampling.Rejection](b.c.Status().LastError); !ok || e.Path != "clients" {
			t.Errorf("malformed: LastError is %v", b.c.Status().LastError)
		}
		p.UpdateFlags(flag(policy("4", "")))
		b.runs("mended", 4)
		p.UpdateFlags(flag(policy("3", "")))
		b.runs("older", 4)
		if err := b.c.Status().LastError; !errors.Is(err, sampling.ErrStale) {
			t.Errorf("older: %v", err)
		}
		p.UpdateFlags(flag(strings.Repeat(" ", 4<<20) + policy("5", "")))
		b.runs("4 MiB", 4)
		if err := b.c.Status().LastError; !errors.Is(err, sampling.ErrTooLarge) {
			t.Errorf("4 MiB: %v", err)
		}
	})
}

func TestKeepsTheLastGoodOne(t *testing.T) {
	off := flag(policy("9", ""))
	f := off[DefaultFlag]
	f.State = memprovider.Disabled
	off[DefaultFlag] = f
	down := evaluated(func(openfeature.FlattenedContext) (any, openfeature.ProviderResolutionDetail) {
		return "", openfeature.ProviderResolutionDetail{
			ResolutionError: openfeature.NewGeneralResolutionError("503 from the flag service"), Reason: openfeature.ErrorReason,
		}
	})
	panics := evaluated(func(openfeature.FlattenedContext) (any, openfeature.ProviderResolutionDetail) { panic("nil map") })
	for _, c := range []struct {
		name  string
		flags flags
		text  string
		empty bool
	}{
		{"missing", flags{}, `"krunk-policy": error code: FLAG_NOT_FOUND`, false},
		{"of another type", flag(7), "TYPE_MISMATCH", false},
		{"switched off", off, `reason "DISABLED"`, true},
		{"empty", flag(""), `reason "STATIC"`, true},
		{"service down", down, "503 from the flag service", false},
		{"panics", panics, "panicked: nil map", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := memprovider.NewInMemoryProvider(flag(policy("1", "")))
				b := start(t, p, Options{})
				b.runs("at the start", 1)
				p.UpdateFlags(c.flags)
				b.runs("broken", 1)
				s := b.c.Status()
				if s.FetchError == nil || !strings.Contains(s.FetchError.Error(), c.text) || s.LastError != nil {
					t.Errorf("FetchError %v, want %q in it; LastError %v", s.FetchError, c.text, s.LastError)
				}
				if got := errors.Is(s.FetchError, ErrNoPolicy); got != c.empty {
					t.Errorf("errors.Is(%v, ErrNoPolicy) is %v", s.FetchError, got)
				}
				p.UpdateFlags(flag(policy("2", "")))
				b.runs("mended", 2)
				if err := b.c.Status().FetchError; err != nil {
					t.Errorf("mended: FetchError %v", err)
				}
			})
		})
	}
}

func TestReadsAgainWithoutEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := mute{memprovider.NewInMemoryProvider(flag(policy("1", "")))}
		b := start(t, p, Options{})
		b.runs("at the start", 1)
		p.UpdateFlags(flag(policy("2", "")))
		b.runs("before the next reading", 1)
		reread()
		b.runs("after it", 2)
	})
}

func TestProviderComesLaterAndIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, nil, Options{})
		b.runs("no provider", 0)
		if err := b.c.Status().FetchError; !errors.Is(err, ErrNoPolicy) {
			t.Errorf("no provider: %v", err)
		}
		b.provide(memprovider.NewInMemoryProvider(flag(policy("1", ""))))
		b.runs("set", 1)
		b.provide(memprovider.NewInMemoryProvider(flag(policy("2", ""))))
		b.runs("replaced", 2)
	})
}

// TestOffersOnce: what was refused comes to the sink again only if it changes.
func TestOffersOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var evaluations atomic.Int32
		p := memprovider.NewInMemoryProvider(evaluated(func(openfeature.FlattenedContext) (any, openfeature.ProviderResolutionDetail) {
			evaluations.Add(1)
			return "{", openfeature.ProviderResolutionDetail{}
		}))
		b := start(t, p, Options{})
		s, err := New(b.api.NewClient(), Options{Every: fastest})
		if err != nil {
			t.Fatal(err)
		}
		b.stop()
		evaluations.Store(0)
		ctx, cancel := context.WithTimeout(t.Context(), 100*fastest)
		defer cancel()
		var to counter
		if err := s.Run(ctx, &to); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Run returned %v", err)
		}
		if n := evaluations.Load(); to.applied != 1 || n < 90 || n > 115 || to.fetched != int(n) {
			t.Errorf("offered %d times of %d evaluations, %d told; want once of about 100", to.applied, n, to.fetched)
		}
	})
}

func TestHandlersAreTakenOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := memprovider.NewInMemoryProvider(flag(policy("1", "")))
		b := start(t, nil, Options{})
		s, err := New(b.api.NewClient(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		events, stop := s.listen()
		tokens := func() (n int) {
			synctest.Wait()
			for len(events) > 0 {
				<-events
				n++
			}
			return n
		}
		b.provide(p)
		if n := tokens(); n != 1 {
			t.Errorf("%d tokens after READY, want 1", n)
		}
		for range 3 {
			p.UpdateFlags(flag(policy("2", "")))
		}
		if n := tokens(); n != 1 {
			t.Errorf("%d tokens after three changes, want 1", n)
		}
		stop()
		p.UpdateFlags(flag(policy("3", "")))
		if n := tokens(); n != 0 {
			t.Error("the handler of changes is still there after stop")
		}
		b.provide(memprovider.NewInMemoryProvider(flags{}))
		if n := tokens(); n != 0 {
			t.Error("the handler of READY is still there after stop")
		}
	})
}

func TestEvaluationContextAndFlag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := evaluated(func(c openfeature.FlattenedContext) (any, openfeature.ProviderResolutionDetail) {
			if c["targetingKey"] == "eu-7" && c["region"] == "eu" {
				return policy("5", ""), openfeature.ProviderResolutionDetail{Reason: openfeature.TargetingMatchReason}
			}
			return policy("1", ""), openfeature.ProviderResolutionDetail{}
		})
		f["other"] = f[DefaultFlag]
		delete(f, DefaultFlag)
		b := start(t, memprovider.NewInMemoryProvider(f), Options{
			Flag: "other", Context: openfeature.NewEvaluationContext("eu-7", map[string]any{"region": "eu"}),
		})
		b.runs("targeted", 5)
	})
}

func TestSlowProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &slow{InMemoryProvider: memprovider.NewInMemoryProvider(flag(policy("1", "")))}
		b := start(t, p, Options{})
		b.runs("at the start", 1)
		p.hangs.Store(true)
		p.UpdateFlags(flag(policy("2", "")))
		time.Sleep(within + time.Second) // of the bubble
		b.runs("hangs", 1)
		if err := b.c.Status().FetchError; err == nil || !strings.Contains(err.Error(), "deadline exceeded") {
			t.Errorf("hangs: %v", err)
		}
		p.hangs.Store(false)
		reread()
		b.runs("is back", 2)
		p.hangs.Store(true)
		p.UpdateFlags(flag(policy("3", "")))
		synctest.Wait()
		before := b.c.Status().FetchError
		b.stop() // in the middle of an evaluation
		if after := b.c.Status().FetchError; before != nil || after != nil {
			t.Errorf("an evaluation that Run's end cut short counts as failed: %v, %v", before, after)
		}
	})
}

func TestNewRefuses(t *testing.T) {
	client := openfeature.NewClient("refused")
	for _, c := range []struct {
		name   string
		client *openfeature.Client
		o      Options
		want   string
	}{
		{"no client", nil, Options{}, "write openfeature.NewDefaultClient()"},
		{"too fast", client, Options{Every: time.Millisecond}, "Options.Every: 1ms is shorter than 1s"},
		{"negative", client, Options{Every: -1}, "Options.Every: -1ns"},
	} {
		if _, err := New(c.client, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
