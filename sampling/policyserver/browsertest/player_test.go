package browsertest

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policyserver"
)

// A fault is kept back by pasting its tag, for which the server may ask for a right of its own, and let go again.
func TestMuteOfThePage(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url+"/#key=s3cret")
	b.do(chromedp.Focus("#m-kind"))
	b.keys("nonsense", kb.Enter)
	b.says("m-wrong", "That is no kind")
	b.until(`document.getElementById("m-kind").getAttribute("aria-invalid") === "true"`)
	b.eval(`document.getElementById("m-kind").select()+""`)
	b.keys("krunk.kind: 9F2C41D0", kb.Enter)
	b.says("items", "Keep fault 9f2c41d0 back for 7 days, but the first of each client and day")
	b.until(`!document.getElementById("publish").disabled`)
	b.do(chromedp.SendKeys("#note", "INC-9"), click("#publish"))
	b.says("said", "Published 3.1188")
	g.wants(t, 1188, `"9f2c41d0": { "until": `, `"mute": true`)
	b.says("kinds", "Kept back: all but the first of each client and day")
	b.says("kinds", "by anna@studio in 3.1188: INC-9")
	b.shoot("page-mute.png")
	b.do(click(`[aria-label="End mute of 9f2c41d0"]`))
	b.says("items", "Keep fault 9f2c41d0 back no longer")
	b.until(`!document.getElementById("publish").disabled`)
	b.do(click("#publish"))
	b.says("said", "Published 3.1189")
	b.until(`document.getElementById("kinds").innerText === ""`)
}

func TestMuteNeedsItsRight(t *testing.T) {
	s, err := policyserver.New(new(policyserver.Memory), policyserver.Options{Page: true, Authorize: authorize, Permit: func(a *policyserver.Attempt) error {
		if len(a.Kinds()) > 0 {
			return errors.New("your role does not keep faults back")
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.Handler(s))
	t.Cleanup(srv.Close) // after the page, which would complain
	b := open(t, srv.URL+"/#key=s3cret")
	b.do(chromedp.SendKeys("#m-kind", "9f2c41d0"), click("#m-add"))
	b.says("alert", "your role does not keep faults back")
	b.until(`document.getElementById("publish").disabled`)
}

// A support engineer types a player, sees what is decided and why, raises their level for an hour, and sees that their client follows.
func TestPlayerOfThePage(t *testing.T) {
	var store policyserver.Memory
	id := sampling.Identity{ID: "install-out", Player: "p-17", Release: "moonfall@1.4.2", Platform: "windows"}
	s, err := policyserver.New(&store, policyserver.Options{Page: true, Authorize: authorize, Channels: []string{"net", "ui"}, Player: func(name string) (policyserver.Player, error) {
		if name != "p-17" {
			return policyserver.Player{}, errors.New("nobody is called that")
		}
		return policyserver.Player{Identity: id, Here: true, Beat: 99}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(t.Context(), []byte(`{"krunk":1,"epoch":3,"version":1187,"salt":"w","clients":0,"channels":{"*":{"send":"error"}}}`), "anna"); err != nil {
		t.Fatal(err)
	}
	ctl, err := sampling.New(id, sampling.Options{Hash: sha256.Sum256})
	if err != nil {
		t.Fatal(err)
	}
	defer ctl.Close()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close) // after the page, which would complain
	b := open(t, srv.URL+"/#key=s3cret")
	b.do(chromedp.Focus("#p-name"))
	b.keys("nobody", kb.Enter)
	b.says("alert", "nobody is called that")
	b.eval(`document.getElementById("p-name").value = ""; ""`)
	b.keys("p-17", kb.Enter)
	b.says("p-says", "p-17: Reports nothing but crashes.")
	b.says("p-follows", "Nothing was heard")
	b.says("p-known", "platform windows")
	beat(s, ctl)
	b.says("p-follows", "Their client is on 1187")
	b.do(chromedp.Focus(`#p-channels tbody tr:nth-child(2) summary`))
	b.keys(kb.Enter)
	b.until(`document.querySelector("#p-channels details[open]").innerText.includes("outside of 0 %, place ")`)
	b.do(click("#p-raise"))
	b.says("items", "Connect * from debug for 1h, for player p-17")
	b.until(`!document.getElementById("publish").disabled`)
	b.do(click("#publish"))
	b.says("said", "Published 3.1188")
	b.says("p-says", "p-17: Reports.")
	b.says("p-follows", "Their client is on 1187")
	beat(s, ctl)
	b.says("p-follows", "Their client is on 1188")
	b.says("p-rules-summary", "1 rule of 1 is for them")
	b.do(chromedp.Focus("#p-rules-summary"))
	b.keys(kb.Enter)
	b.says("p-rules", "keeps from debug, ships from debug")
	b.until(`document.querySelector("#p-channels tbody tr:nth-child(2) summary").innerText === "by name"`)
	b.shoot("page-player.png")
}

// beat is one heartbeat from both ends.
func beat(s *policyserver.Server, ctl *sampling.Controller) { follow(s, ctl, 99) }
