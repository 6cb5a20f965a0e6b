package policyserver

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

func stores(t *testing.T) map[string]Store {
	d, err := NewDir(filepath.Join(t.TempDir(), "policies"))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]Store{"memory": &Memory{}, "dir": d}
}

func entry(n int64) Entry {
	return Entry{Version: v3(n), Bytes: policyDoc(n, 10), By: "anna", At: time.Date(2026, 10, 10, 12, 0, 0, 0, time.UTC), Signature: "kid=a; sig=AA==", Audit: "line"}
}

func TestStore(t *testing.T) {
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			if _, err := s.Current(ctx); !errors.Is(err, ErrEmpty) {
				t.Fatalf("empty store: %v", err)
			}
			if err := s.Publish(ctx, entry(9), v3(8)); !errors.Is(err, ErrConflict) {
				t.Errorf("replacing what is not there: %v", err)
			}
			for n := int64(9); n <= 115; n++ {
				e, from := entry(n), sampling.Version{}
				if n > 9 {
					from = v3(n - 1)
				}
				e.Replaced = from
				if err := s.Publish(ctx, e, from); err != nil {
					t.Fatal(err)
				}
			}
			for _, c := range []struct{ v, from int64 }{{116, 114}, {115, 115}, {10, 115}} {
				if err := s.Publish(ctx, entry(c.v), v3(c.from)); !errors.Is(err, ErrConflict) {
					t.Errorf("%d over %d: %v", c.v, c.from, err)
				}
			}
			got, err := s.Current(ctx)
			want := entry(115)
			if err != nil || got.Version != want.Version || string(got.Bytes) != string(want.Bytes) || got.By != want.By || !got.At.Equal(want.At) ||
				got.Signature != want.Signature || got.Audit != want.Audit || got.Replaced != v3(114) {
				t.Errorf("current %+v, %v", got, err)
			}
			list, err := s.History(ctx, 1000)
			if err != nil || len(list) != 100 || list[0].Version != v3(115) || list[99].Version != v3(16) {
				t.Errorf("history of %d, %v", len(list), err)
			}
			if list, _ := s.History(ctx, 2); len(list) != 2 || list[1].Version != v3(114) {
				t.Errorf("history of 2: %v", list)
			}
		})
	}
}

// One of several publishers over the same version wins, in every round, also when they do not share a Dir.
func TestStoreSwaps(t *testing.T) {
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			from := sampling.Version{}
			for round := range int64(10) {
				var won atomic.Int64
				var wins atomic.Int32
				var wg sync.WaitGroup
				for i := range int64(6) {
					wg.Go(func() {
						own := s
						if d, ok := s.(*Dir); ok {
							own = &Dir{path: d.path}
						}
						v := v3(1 + round*10 + i)
						err := own.Publish(t.Context(), entry(v.N), from)
						if err == nil {
							wins.Add(1)
							won.Store(v.N)
						} else if !errors.Is(err, ErrConflict) {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				if wins.Load() != 1 {
					t.Fatalf("round %d: %d winners", round, wins.Load())
				}
				from = v3(won.Load())
			}
		})
	}
}

func TestDirFiles(t *testing.T) {
	path := t.TempDir()
	d, _ := NewDir(path)
	if err := d.Publish(t.Context(), entry(7), sampling.Version{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"notes.json", "03.9.json", "3.json", ".new-12", "3.8.json.orig", "9.9.meta"} {
		if err := os.WriteFile(filepath.Join(path, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// A version put there by git comes without .meta.
	if err := os.WriteFile(filepath.Join(path, "3.8.json"), policyDoc(8, 20), 0o644); err != nil {
		t.Fatal(err)
	}
	if e, err := d.Current(t.Context()); err != nil || e.Version != v3(8) || e.By != "" {
		t.Errorf("current %+v, %v", e, err)
	}
	if b, err := os.ReadFile(filepath.Join(path, "3.7.json")); err != nil || string(b) != string(policyDoc(7, 10)) {
		t.Errorf("3.7.json is %q, %v", b, err)
	}
	if err := os.WriteFile(filepath.Join(path, "3.8.json"), make([]byte, sampling.MaxEnvelope+1), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Current(t.Context()); !errors.Is(err, errLarge) {
		t.Errorf("oversized file: %v", err)
	}
	if list, _ := d.History(t.Context(), 10); len(list) != 1 || list[0].Version != v3(7) {
		t.Errorf("history %v", list)
	}
}

func TestNewRefusesAForeignStore(t *testing.T) {
	for name, text := range map[string]string{"not a policy": "{}", "another version": string(policyDoc(9, 10))} {
		path := t.TempDir()
		if err := os.WriteFile(filepath.Join(path, "3.8.json"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		d, _ := NewDir(path)
		if _, err := New(d, Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestRunFollowsTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Memory
		s, err := New(&m, Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		synctest.Wait()
		if err := m.Publish(ctx, entry(5), sampling.Version{}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, v := s.Bytes(); v != v3(5) {
			t.Errorf("serves %v, want 3.5", v)
		}
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
	})
}

// Without Run, the store is read again by the first request after 30 s.
func TestRereads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Memory
		s, err := New(&m, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Publish(t.Context(), entry(5), sampling.Version{}); err != nil {
			t.Fatal(err)
		}
		if _, v := s.Bytes(); v.N != 0 {
			t.Errorf("serves %v at once", v)
		}
		time.Sleep(31 * time.Second) // of the bubble
		s.Hint()
		synctest.Wait()
		if _, v := s.Bytes(); v != v3(5) {
			t.Errorf("serves %v, want 3.5", v)
		}
	})
}

// broken fails as told.
type broken struct {
	Memory
	err error
}

func (b *broken) Current(ctx context.Context) (Entry, error) {
	if b.err != nil {
		return Entry{}, b.err
	}
	return b.Memory.Current(ctx)
}

func TestStoreFails(t *testing.T) {
	b := &broken{}
	s, err := New(b, Options{Authorize: anna})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(t.Context(), policyDoc(1, 10), "anna"); err != nil {
		t.Fatal(err)
	}
	b.err = errors.New("disk is gone")
	if w := do(s, "PUT", "/policy?replaces=3.1", string(policyDoc(2, 10)), "Authorization", "Bearer secret"); w.Code != 503 {
		t.Errorf("got %d %s, want 503", w.Code, w.Body)
	}
	if w := do(s, "GET", "/policy", ""); w.Code != 200 {
		t.Errorf("GET gave %d, want what was served before", w.Code)
	}
	if st := decoded[jsonStatus](t, do(s, "GET", "/policy/status", "")); st.Store != "disk is gone" {
		t.Errorf("status says %q", st.Store)
	}
}

func TestDirWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, err := NewDir(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		w, err := d.Watch(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Publish(ctx, entry(5), sampling.Version{}); err != nil {
			t.Fatal(err)
		}
		if err := d.Publish(ctx, entry(6), v3(5)); err != nil {
			t.Fatal(err)
		}
		if v := <-w; v != v3(6) {
			t.Errorf("hint %v, want the newest, 3.6", v)
		}
		stop()
		if v, open := <-w; open {
			t.Errorf("hint %v after the end", v)
		}
	})
}
