package policyserver

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

// What runs is there again when reporting is started: a kill switch without a word, over a policy that hides crashes, or over one that strict
// reading refuses and clients take, keeps everything else.
func TestKillKeepsWhatRuns(t *testing.T) {
	for _, row := range []struct{ name, members, note, again string }{
		{"all crashes", `"panics": 100`, "", ""},
		{"half of the crashes", `"panics": 50`, "", ""},
		{"half of the crashes, blanks for a note", `"panics": 50`, " ", ""},
		{"half of the crashes in a rule", `"rules": [{ "id": "r", "until": "2999-01-01T00:00:00Z", "when": { "release": ["1"] }, "set": { "panics": 50 } }]`, "", ""},
		{"a rule without an end", `"rules": [{ "id": "r", "when": { "release": ["1"] }, "set": { "clients": 100 } }]`, "INC-1", "never ends"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var store Memory
			doc := fmt.Sprintf(`{"krunk":1,"epoch":3,"version":1187,"issued":"2026-10-10T12:00:00Z","author":"anna","note":"launch","salt":"w41","clients":10,%s}`, row.members)
			if err := store.Publish(t.Context(), Entry{Version: v3(1187), Bytes: []byte(doc), By: "anna", At: time.Now()}, sampling.Version{}); err != nil {
				t.Fatal(err)
			}
			s, err := New(&store, Options{Authorize: anna})
			if err != nil {
				t.Fatal(err)
			}
			if w := do(s, "POST", "/policy/kill", `{"note":"`+row.note+`"}`, "Authorization", "Bearer secret"); w.Code != 200 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			got, v := s.Bytes()
			if s.current.Load().policy.Enabled() || v != v3(1188) || !strings.Contains(string(got), row.members) || !strings.Contains(string(got), `"clients":10`) {
				t.Fatalf("%v is\n%s", v, got)
			}
			_, err = s.Change(t.Context(), Change{Enabled: truth(true), Note: "again"}, "anna")
			if row.again != "" {
				if err == nil || !strings.Contains(err.Error(), row.again) {
					t.Errorf("reporting starts again under a document that is wrong: %v", err)
				}
				return
			}
			if p := s.current.Load().policy; err != nil || !p.Enabled() || shareAt(p, time.Now()) != 10 {
				t.Errorf("started again: %v, %v %%", err, shareAt(p, time.Now()))
			}
		})
	}
	s := serving(t, Options{})
	w := do(s, "PUT", "/policy?replaces=3.1187", `{"krunk":1,"epoch":3,"version":1188,"enabled":false,"panics":0}`, "Authorization", "Bearer secret")
	if w.Code != 422 || !strings.Contains(w.Body.String(), "hides crashes") {
		t.Errorf("a kill switch that hides crashes without a word: %d %s", w.Code, w.Body)
	}
}

// A publication, or a renewal, that a slow store takes after the kill switch was thrown, or while that waits for the store, does not undo it, not
// for a moment: both may have the same number.
func TestKillDuringASlowPublication(t *testing.T) {
	for _, row := range []struct {
		name    string
		publish func(s *Server) error
		thrown  time.Duration
	}{
		{"after it", func(s *Server) error {
			_, err := s.Change(t.Context(), Change{Clients: share(90)}, "bert") // reads twice, and is in the store after a minute
			return err
		}, 50 * time.Second},
		{"while it waits", func(s *Server) error {
			_, err := s.Change(t.Context(), Change{Clients: share(90)}, "bert")
			return err
		}, 55 * time.Second},
		{"while it waits, under a higher number", func(s *Server) error {
			_, err := s.Replace(t.Context(), Proposal{Bytes: []byte(`{"krunk":1,"epoch":3,"version":1200,"salt":"w41"}`), By: "bert", Replaces: v3(5)})
			return err
		}, 35 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, false)
				r.publish(`{"krunk":1,"epoch":3,"version":5,"salt":"w41","clients":10}`)
				s := r.way.at()
				client := controllerOf(t)
				follow := func() { s.current.Load().applyTo(client) }
				follow()
				r.store.set(func(i *ill) { i.hangs = 20 * time.Second })
				done := make(chan error, 1)
				go func() { done <- row.publish(s) }()
				time.Sleep(row.thrown)
				killed := make(chan error, 1)
				go func() {
					_, err := s.Kill(t.Context(), "INC-1", "anna")
					killed <- err
				}()
				for is := false; !is; {
					select {
					case err := <-killed:
						if is = true; err != nil {
							t.Errorf("the kill switch: %v", err)
						}
					default:
						follow()
						time.Sleep(100 * time.Millisecond)
					}
				}
				for range 150 {
					if follow(); s.current.Load().policy.Enabled() || !client.Status().Killed {
						t.Errorf("%s is served, enabled %v; the client is on %s", s.current.Load().version(), s.current.Load().policy.Enabled(), client.Version())
						break
					}
					s.Hint()
					time.Sleep(time.Second)
				}
				if err := <-done; err != nil {
					t.Errorf("the publication: %v", err)
				}
				if e, err := r.store.Memory.Current(t.Context()); err != nil || !disables(e.Bytes) {
					t.Errorf("the store has %s, %v", e.Bytes, err)
				}
				time.Sleep(time.Hour) // for who waits for the store
			})
		})
	}
}

// A kill switch that was signed beforehand is served and said to be, also where it cannot be made anew over what was published while it waited for
// the store, since the signer is away; once that is back it is.
func TestKillIsServedThoughItCannotBeMadeAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, true)
		var away atomic.Bool
		sign := r.options.Sign
		r.options.Sign = func(doc []byte) (string, error) {
			if away.Load() {
				return "", errors.New("the key store is away")
			}
			return sign(doc)
		}
		r.start()
		r.publish(`{"krunk":1,"epoch":3,"version":5,"salt":"w41","clients":10}`)
		s, client := r.way.at(), controllerOf(t)
		time.Sleep(time.Minute)
		s.Hint()
		synctest.Wait() // it is signed now
		r.store.set(func(i *ill) { i.hangs = 20 * time.Second })
		done := make(chan error, 1)
		go func() {
			_, err := s.Change(t.Context(), Change{Clients: share(90)}, "bert") // is in the store after a minute
			done <- err
		}()
		time.Sleep(55 * time.Second)
		away.Store(true)
		rep, err := s.Kill(t.Context(), "INC-1", "anna")
		if err != nil || rep.Unstored == nil || s.current.Load().policy.Enabled() {
			t.Errorf("the kill switch: %v, unstored %v, enabled %v", err, rep.Unstored, s.current.Load().policy.Enabled())
		}
		if err := <-done; err != nil {
			t.Errorf("the publication: %v", err)
		}
		away.Store(false)
		for range 10 {
			s.Hint()
			time.Sleep(time.Minute)
		}
		if s.current.Load().applyTo(client); !client.Status().Killed || client.Version().N < 7 {
			t.Errorf("a client: %+v", client.Status())
		}
		if e, err := r.store.Memory.Current(t.Context()); err != nil || !disables(e.Bytes) {
			t.Errorf("the store has %s, %v", e.Bytes, err)
		}
		time.Sleep(time.Hour) // for who waits for the store
	})
}

// controllerOf is a client that wants no signatures.
func controllerOf(t *testing.T) *sampling.Controller {
	c, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// No note keeps the kill switch from being thrown, and no name: too long or no text at all.
func TestKillWhateverTheNote(t *testing.T) {
	long := strings.Repeat("я\u202e\"", 20<<10)
	for name, kill := range map[string]func(s *Server) error{
		"long, by request": func(s *Server) error {
			if w := do(s, "POST", "/policy/kill", `{"note":"`+strings.Repeat("x", 20<<10)+`"}`, "Authorization", "Bearer secret"); w.Code != 200 {
				return fmt.Errorf("%d %s", w.Code, w.Body)
			}
			return nil
		},
		"longest, by request": func(s *Server) error {
			if w := do(s, "POST", "/policy/kill", `{"note":"`+strings.Repeat("x", 200<<10)+`"}`, "Authorization", "Bearer secret"); w.Code != 200 {
				return fmt.Errorf("%d %s", w.Code, w.Body)
			}
			return nil
		},
		"long":      func(s *Server) error { _, err := s.Kill(t.Context(), long, "anna"); return err },
		"long name": func(s *Server) error { _, err := s.Kill(t.Context(), "", long); return err },
		"no text":   func(s *Server) error { _, err := s.Kill(t.Context(), "\xff\x00\u2028", "\xffanna"); return err },
		"a change": func(s *Server) error {
			_, err := s.Change(t.Context(), Change{Enabled: truth(false), Note: long}, "anna")
			return err
		},
	} {
		for _, sign := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, signed %v", name, sign), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, sign)
					r.publish(`{"krunk":1,"epoch":3,"version":5,"salt":"w41","clients":10}`)
					s := r.way.at()
					if err := kill(s); err != nil || s.current.Load().policy.Enabled() {
						t.Errorf("%.300v", err)
					}
				})
			})
		}
	}
}
