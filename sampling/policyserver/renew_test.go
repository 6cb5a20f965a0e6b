package policyserver

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/signed"
)

// What is published without an end on a server that signs gets one, and holds for as long as nobody decides something else.
func TestSignedPoliciesAreRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, true)
		other := r.way.at()
		r.start() // a second server over the same store
		r.publish(`{"krunk":1,"epoch":3,"version":5,"salt":"w41","clients":100,"poll":{"every":"6h"}}`)
		r.every, r.beats, r.polls = time.Hour, 3, 3 // 22 days are long
		r.join()
		defer r.stop()
		time.Sleep(8 * time.Hour)
		for day := range 22 {
			time.Sleep(24 * time.Hour)
			other.Hint()
			for i, c := range r.clients {
				if s := c.Status(); s.Running == (sampling.Version{}) || s.LastError != nil {
					t.Fatalf("day %d: client %d runs %v, %v", day, i, s.Running, s.LastError)
				}
			}
		}
		list, _ := r.store.History(t.Context(), 100)
		if n := len(list); n != 4 {
			t.Errorf("%d versions in 22 days, want one and three renewals", n)
		}
		for _, e := range list[:len(list)-1] {
			if e.By != renewer || !strings.Contains(string(e.Bytes), `"clients":100`) || e.Signature == "" {
				t.Errorf("%s by %s: %s", e.Version, e.By, e.Bytes)
			}
		}
		// Nobody was there when it ended.
		r.stop()
		time.Sleep(40 * 24 * time.Hour)
		r.start()
		r.way.at().Hint()
		time.Sleep(time.Minute)
		r.way.at().Hint()
		time.Sleep(time.Minute)
		if c := r.way.at().current.Load(); !time.Now().Before(c.policy.Expires()) {
			t.Errorf("%s, which has ended, is served on", c.version())
		}
	})
}

func TestKillIsRenewedAsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, true)
		s := r.way.at()
		if d, err := s.Draft(t.Context(), Change{Clients: share(50)}, "anna"); err != nil || d.policy.Expires().IsZero() {
			t.Errorf("what a person sees has no end: %v\n%s", err, d.Document)
		}
		r.publish(`{"krunk":1,"epoch":3,"version":5,"clients":100}`)
		if _, err := s.Kill(t.Context(), "", "anna"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(8 * 365 * 24 * time.Hour)
		s.tend(t.Context())
		if c := s.current.Load(); c.policy.Enabled() || c.version() != v3(7) || c.policy.Expires().Before(time.Now().AddDate(9, 0, 0)) {
			t.Errorf("%s: enabled %v, until %v", c.version(), c.policy.Enabled(), c.policy.Expires())
		}
		if _, err := s.Change(t.Context(), Change{Enabled: truth(true)}, "anna"); err != nil {
			t.Fatal(err)
		}
		if end := s.current.Load().policy.Expires(); end.After(time.Now().AddDate(0, 1, 0)) {
			t.Errorf("reporting again, the policy holds until %v", end)
		}
	})
}

// What another key has signed is not this server's to renew.
func TestForeignSignaturesAreNotRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, true)
		offline := testKey("offline")
		now := time.Now().UTC()
		doc := []byte(`{"krunk":1,"epoch":3,"version":5,"issued":"` + now.Format(time.RFC3339) + `","expires":"` + now.Add(24*time.Hour).Format(time.RFC3339) + `"}`)
		sigs, err := signed.Sign(doc, offline)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.store.Publish(t.Context(), Entry{Version: v3(5), Bytes: doc, Signature: signed.Header(sigs), By: "anna"}, sampling.Version{}); err != nil {
			t.Fatal(err)
		}
		r.start()
		time.Sleep(20 * time.Hour)
		r.way.at().tend(t.Context())
		if v := r.way.at().current.Load().version(); v != v3(5) {
			t.Errorf("serves %v", v)
		}
	})
}

func TestSignedWithoutAnEndIsRefused(t *testing.T) {
	s := serving(t, Options{})
	doc := []byte(strings.Replace(string(policyDoc(1188, 10)), `"author"`, `"expires": "2126-10-10T12:00:00Z", "author"`, 1))
	sigs, err := signed.Sign(doc, testKey("ops"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Replace(t.Context(), Proposal{Bytes: policyDoc(1188, 10), Signature: signed.Header(sigs), By: "anna", Replaces: v3(1187)})
	if !errors.Is(err, sampling.ErrEndless) || !strings.Contains(err.Error(), "two weeks") {
		t.Errorf("got %v", err)
	}
}

// A document from the future would hold its rules for as long: strict reading measures from "issued".
func TestFromTheFuture(t *testing.T) {
	s := serving(t, Options{})
	doc := `{"krunk":1,"epoch":3,"version":1188,"salt":"w41","issued":"2099-01-01T00:00:00Z","rules":[{"id":"all","until":"2099-01-07T00:00:00Z","when":{"env":[""]},"set":{"channels":{"*":{"send":"trace","trail":"trace"}}}}]}`
	w := do(s, http.MethodPut, "/policy?replaces=3.1187", doc, "Authorization", "Bearer secret")
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "lies in the future") || !strings.Contains(w.Body.String(), `"path":"issued"`) {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

// Versions that clients tell of count as far as who tells them is known.
func TestVersionsThatClientsTell(t *testing.T) {
	for _, row := range []struct {
		name    string
		beat    string // echoes, over the game's connection or in a request
		poll    string
		empty   bool // nothing was published here
		next    string
		refuses string // version 3.1188, or 3.1 on an empty server, is refused
		notice  bool
	}{
		{name: "nobody says anything", next: "3.1188"},
		{name: "the game's own clients", beat: "have=3.1500", next: "3.1501", refuses: "write 3.1501", notice: true},
		{name: "anybody", poll: "have=3.1500", next: "3.1501", notice: true},
		{name: "anybody, of an empty server", poll: "have=3.1500", empty: true, next: "3.1501", refuses: "write 3.1501", notice: true},
		{name: "what cannot be", beat: "have=3.9007199254740991", poll: "have=2147483647.1", next: "3.1188"},
		{name: "what is older", beat: "have=3.7", poll: "have=2.9999", next: "3.1188"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, doc := serving(t, Options{}), policyDoc(1188, 20)
			if row.empty {
				var err error
				if s, err = New(new(Memory), Options{Authorize: anna}); err != nil {
					t.Fatal(err)
				}
				doc = policyDoc(1, 20)
			}
			if row.beat != "" {
				s.HeartbeatEcho(1, row.beat)
			}
			if row.poll != "" {
				do(s, http.MethodGet, "/policy", "", "Krunk-Policy", row.poll)
			}
			if st := decoded[jsonStatus](t, do(s, http.MethodGet, "/policy/status", "")); (st.Notice != "") != row.notice {
				t.Errorf("the status says %q", st.Notice)
			}
			if row.refuses != "" {
				if _, err := s.Publish(t.Context(), doc, "anna"); !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), row.refuses) {
					t.Errorf("%s: %v", doc, err)
				}
			}
			if r, err := s.Kill(t.Context(), "", "anna"); err != nil || r.Version.String() != row.next {
				t.Errorf("kill: %v, %v", r.Version, err)
			}
			if st := decoded[jsonStatus](t, do(s, http.MethodGet, "/policy/status", "")); st.Notice != "" {
				t.Errorf("afterwards the status says %q", st.Notice)
			}
		})
	}
}

// A signed ramp that is longer than a signature's usual term goes on to its last step, and leaves room for other changes; who sets the
// share takes it out.
func TestLongRampOutlivesTheTerm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, true)
		last := time.Now().Add(40 * 24 * time.Hour)
		r.every, r.beats, r.polls = time.Hour, 2, 2 // 41 days are long
		r.publish(fmt.Sprintf(`{"krunk":1,"epoch":3,"version":5,"clients":1,"poll":{"every":"6h"},"ramp":[{"at":%q,"clients":5},{"at":%q,"clients":100}]}`,
			last.Add(-30*24*time.Hour).UTC().Format(time.RFC3339), last.UTC().Format(time.RFC3339)))
		r.join()
		defer r.stop()
		s := r.way.at()
		if _, err := s.Change(t.Context(), Change{Note: "nothing else"}, "anna"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(41 * 24 * time.Hour)
		s.Hint()
		time.Sleep(time.Minute) // it is renewed meanwhile
		for i, c := range r.clients {
			if st := c.Status(); st.ClientsPPM != 1_000_000 || st.LastError != nil {
				t.Fatalf("client %d: %+v", i, st)
			}
		}
		rep, err := s.Change(t.Context(), Change{Clients: share(50)}, "anna")
		if err != nil || strings.Contains(string(s.current.Load().doc), "ramp") {
			t.Errorf("got %v, %s, %s", err, rep.Audit, s.current.Load().doc)
		}
	})
}

// A kill switch that was signed beforehand goes out where the signer is away, whatever versions anybody tells, in requests or as a client that lies.
func TestSignedKillGoesOutWhateverIsTold(t *testing.T) {
	for name, tell := range map[string]func(s *Server){
		"in a request":  func(s *Server) { do(s, http.MethodGet, "/policy", "", "Krunk-Policy", "have=3.900") },
		"in heartbeats": func(s *Server) { s.HeartbeatEcho(1, "have=3.900") },
	} {
		t.Run(name, func(t *testing.T) { signedKillGoesOut(t, tell) })
	}
}

func signedKillGoesOut(t *testing.T, tell func(s *Server)) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, true)
		r.publish(`{"krunk":1,"epoch":3,"version":5,"salt":"w41","clients":100}`)
		s := r.way.at()
		time.Sleep(time.Minute)
		s.Hint()
		synctest.Wait() // it is signed now
		tell(s)
		r.signer = errors.New("the key store is away")
		rep, err := s.Kill(t.Context(), "INC-1", "anna")
		if err != nil || s.current.Load().policy.Enabled() {
			t.Fatalf("the kill switch: %v", err)
		}
		c, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{Verifier: sampling.Require(r.verify)})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if s.current.Load().applyTo(c); !c.Status().Killed || c.Version() != rep.Version {
			t.Errorf("a client: %+v", c.Status())
		}
	})
}
