package browsertest

import (
	"errors"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policyserver"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// choose sets a choice as a person does.
func (b tab) choose(id, value string) {
	b.t.Helper()
	b.eval(`{ const e = document.getElementById("` + id + `"); e.value = "` + value + `"; e.dispatchEvent(new Event("input", { bubbles: true })); } ""`)
}

// A fault is raised by pasting its tag: the page says for whom and what bounds it before it is published, keeps it over a conflict and a reload,
// shows it among what runs, and ends it.
func TestRaiseOfThePage(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url+"/#key=s3cret")
	b.do(chromedp.Focus("#m-kind"))
	b.keys("krunk.kind: 9F2C41D0")
	b.choose("m-do", "raise")
	b.says("m-hint", "sends every event of it")
	b.keys(kb.Enter) // without a share
	b.until(`document.activeElement.id === "m-share" && document.getElementById("items").innerText === ""`)
	b.keys("25")
	b.do(chromedp.Focus("#m-rate"))
	b.keys("20/h")
	b.do(click("#m-panics"), click("#m-add"))
	b.says("items", "Raise fault 9f2c41d0 for 7 days: 25 % of all clients send every event of it, at most 20/h each, panics too")
	b.says("raises", "Fault 9f2c41d0: 250 of 1,000 clients send every event of it, all together at most 1.4/s.")
	b.says("diff", `kinds["9f2c41d0"].clients`)

	// Somebody else is faster, and the page is loaded again.
	if _, err := g.Change(t.Context(), share(20, "bert was faster"), "bert"); err != nil {
		t.Fatal(err)
	}
	b.says("alert", "bert published 3.1188 (bert was faster) meanwhile")
	b.until(`document.getElementById("publish").disabled`)
	b.do(chromedp.Navigate("about:blank"))
	b.do(chromedp.Navigate(g.url + "/#key=s3cret"))
	b.says("items", "Raise fault 9f2c41d0 for 7 days")
	b.says("raises", "250 of 1,000")
	b.says("alert", "bert published 3.1188 (bert was faster) meanwhile") // who has not looked at it before the reload does so now
	b.until(`document.getElementById("publish").disabled && !document.getElementById("seen").hidden`)
	b.shoot("page-raise-draft.png")
	b.do(click("#seen"))
	b.do(chromedp.Navigate("about:blank"))
	b.do(chromedp.Navigate(g.url + "/#key=s3cret"))
	b.until(`!document.getElementById("publish").disabled && document.getElementById("alert").textContent === ""`) // and who has need not again
	b.do(chromedp.SendKeys("#note", "INC-12: nobody has seen it"), click("#publish"))
	b.says("said", "Published 3.1189")
	g.wants(t, 1189, `"clients": 20`, `"9f2c41d0": { "until": `, `"clients": 25, "rate": "20/h", "panics": true }`)
	b.says("kinds", "Raised: 25 % of all clients send every event of it, at most 20/h each, panics too")
	b.says("kinds", "by anna@studio in 3.1189: INC-12: nobody has seen it")
	b.says("kinds", "ends in 7 days")
	b.shoot("page-raise.png")

	// More of it, without a bound, which the page says.
	b.choose("m-do", "raise") // the page was loaded again
	b.do(chromedp.SendKeys("#m-kind", "9f2c41d0"), chromedp.SendKeys("#m-share", "100"), click("#m-add"))
	b.says("items", "in place of what holds for it now")
	b.says("raises", "1,000 of 1,000 clients send every event of it, 250 did until now; how many that are nobody knows, and no rate bounds them.")
	b.says("warnings", `100 without a "rate"`)
	b.do(click(`[aria-label="End raise of 9f2c41d0"]`))
	b.until(`document.querySelectorAll("#items li").length === 1`)
	b.says("items", "Raise fault 9f2c41d0 no longer")
	b.says("raises", "is raised no longer: 250 clients sent every event of it")
	b.until(`!document.getElementById("publish").disabled`)
	b.do(click("#publish"))
	b.says("said", "Published 3.1190")
	b.until(`document.getElementById("kinds").innerText === ""`)
}

func TestRaiseNeedsItsRight(t *testing.T) {
	s, err := policyserver.New(new(policyserver.Memory), policyserver.Options{Page: true, Authorize: authorize, Permit: func(a *policyserver.Attempt) error {
		if len(a.Raises()) > 0 {
			return errors.New("your role does not raise faults")
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close) // after the page, which would complain
	b := open(t, srv.URL+"/#key=s3cret")
	b.do(chromedp.SendKeys("#m-kind", "9f2c41d0"), click("#m-add"))
	b.until(`!document.getElementById("publish").disabled`)
	b.choose("m-do", "raise")
	b.do(chromedp.SendKeys("#m-kind", "9f2c41d0"), chromedp.SendKeys("#m-share", "5"), click("#m-add"))
	b.says("alert", "your role does not raise faults")
	b.until(`document.getElementById("publish").disabled && document.querySelectorAll("#items li").length === 1`)
}

// From the pasted tag of an event to the events of a real client that is outside of the share: those of the raised fault come, no others do,
// and none do once the raise was ended on the page.
func TestRaiseReachesAClient(t *testing.T) {
	g := newGame(t)
	if _, err := g.Change(t.Context(), share(100, "to see the fault"), "anna"); err != nil {
		t.Fatal(err)
	}
	ctl, err := sampling.New(sampling.Identity{ID: "install-17"}, sampling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sentry := sentrytest.New(sentrytest.Options{})
	client, err := krunk.Start(krunk.Config{DSN: sentry.DSN(), Transport: sentry.Transport(), Sampling: krunk.Steer(ctl), MaxRepeats: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(time.Second)
	faults := func() (kinds []string) {
		before := len(sentry.Events())
		follow(g.Server, ctl, 99)
		savesGame(client)
		joinsMatch(client)
		if !client.Flush(time.Minute) {
			t.Error("not everything could be delivered")
		}
		for _, e := range sentry.Events()[before:] {
			kinds = append(kinds, e.Tag("krunk.kind"))
		}
		return kinds
	}
	all := faults()
	if len(all) != 2 || all[0] == all[1] {
		t.Fatalf("two faults arrive as %q", all)
	}
	if _, err := g.Change(t.Context(), share(0, "nobody"), "anna"); err != nil {
		t.Fatal(err)
	}
	if got := faults(); len(got) != 0 {
		t.Fatalf("a client outside of the share sends %q", got)
	}
	b := open(t, g.url+"/#key=s3cret")
	b.choose("m-do", "raise")
	b.do(chromedp.SendKeys("#m-kind", all[0]), chromedp.SendKeys("#m-share", "100"), chromedp.SendKeys("#m-rate", "100/s"), click("#m-add"))
	b.says("raises", "1,000 of 1,000 clients send every event of it, all together at most 100,000/s.")
	b.until(`!document.getElementById("publish").disabled`)
	b.do(click("#publish"))
	b.says("kinds", "Raised: 100 % of all clients")
	if got := faults(); len(got) != 1 || got[0] != all[0] {
		t.Errorf("what arrives of a raised fault is %q, want %q alone", got, all[0])
	}
	b.do(click(`[aria-label="End raise of ` + all[0] + `"]`))
	b.until(`!document.getElementById("publish").disabled`)
	b.do(click("#publish"))
	b.until(`document.getElementById("kinds").innerText === ""`)
	if got := faults(); len(got) != 0 {
		t.Errorf("after the end %q arrives", got)
	}
}

//go:noinline
func savesGame(c *krunk.Client) { c.Report(errors.New("the game cannot be saved")) }

//go:noinline
func joinsMatch(c *krunk.Client) { c.Report(os.ErrDeadlineExceeded) }
