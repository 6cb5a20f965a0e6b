package browsertest

import (
	"context"
	"crypto/ed25519"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policyserver"
	"github.com/krunk-go/krunk/sampling/signed"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// disk is a Storage in memory.
type disk struct{ b []byte }

func (d *disk) Load() ([]byte, error) { return d.b, nil }

func (d *disk) Save(b []byte) error { d.b = append([]byte(nil), b...); return nil }

// A support engineer asks for a player's flight log on the page. The real client of that player, which is outside of the share, sends it
// once, and the page sees that it has.
func TestPullOfThePage(t *testing.T) {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	key := signed.Key{ID: "ops", Private: private}
	verify, err := signed.New(signed.Keys{"ops": private.Public().(ed25519.PublicKey)})
	if err != nil {
		t.Fatal(err)
	}
	id := sampling.Identity{ID: "install-17", Player: "p-17"}
	s, err := policyserver.New(new(policyserver.Memory), policyserver.Options{
		Page: true, Authorize: authorize,
		Sign: func(doc []byte) (string, error) { sigs, err := signed.Sign(doc, key); return signed.Header(sigs), err },
		Player: func(string) (policyserver.Player, error) {
			return policyserver.Player{Identity: id, Here: true, Beat: 99}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(t.Context(), []byte(`{"krunk":1,"epoch":3,"version":1187,"salt":"w","clients":0}`), "anna"); err != nil {
		t.Fatal(err)
	}
	ctl, err := sampling.New(id, sampling.Options{
		Hash: signed.SHA256, Verifier: sampling.Require(verify), Storage: sampling.Keep(new(disk)), Limits: sampling.Limits{Pull: krunk.AllowPull(0, false)},
	})
	if err != nil {
		t.Fatal(err)
	}
	sentry := sentrytest.New(sentrytest.Options{})
	client, err := krunk.Start(krunk.Config{DSN: sentry.DSN(), Transport: sentry.Transport(), Sampling: krunk.Steer(ctl)})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(time.Second)
	beat := func() {
		if ctl.Version().Less(sampling.VersionOfHint(s.Hint())) {
			b, v := s.Bytes()
			e := httptest.NewRecorder()
			s.ServeHTTP(e, httptest.NewRequest("GET", "/policy", nil))
			if err := ctl.Apply(b, sampling.At{Signature: e.Header().Get("Krunk-Signature")}); err != nil {
				t.Errorf("version %v: %v", v, err)
			}
		}
		s.HeartbeatEcho(99, ctl.Echo())
	}
	beat()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close) // after the page, which would complain
	b := open(t, srv.URL+"/#key=s3cret")
	b.do(chromedp.Focus("#p-name"))
	b.keys("p-17", kb.Enter)
	b.says("p-says", "p-17: Reports nothing but crashes.")
	b.do(click("#p-pull"))
	b.says("items", "Ask player p-17 for their flight log, for a day")
	b.until(`!document.getElementById("publish").disabled`)
	b.do(chromedp.SendKeys("#note", "INC-7 freezes"), click("#publish"))
	b.says("said", "Published 3.1188")
	b.says("p-pulls", "Asked for the flight log, pull-3.1188-1")
	b.says("pulls", "nobody has answered yet")
	beat()
	b.says("p-pulls", "Their flight log is on its way: their client has answered pull-3.1188-1")
	b.says("pulls", "1 client answered")
	b.says("pulls", "INC-7 freezes")
	b.shoot("page-pull.png")
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	sentry.Wait(ctx, func(s *sentrytest.Server) bool { return len(s.Events()) > 0 })
	if list := sentry.Events(); len(list) != 1 || list[0].LogEntry.Message != "flight log" {
		t.Errorf("%d events: %+v", len(list), list)
	}
}
