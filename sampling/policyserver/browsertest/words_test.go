package browsertest

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/krunk-go/krunk/sampling/policy"
	"github.com/krunk-go/krunk/sampling/policyserver"
)

// What is wrong is said at the top in words of what was prepared, and what a draft connects is called so where its end is drawn.
func TestWordsOfADraft(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url+"/#key=s3cret")
	b.do(chromedp.SendKeys("#channel", "ui"), click("#add"))
	b.eval(`document.getElementById("rise").open = true; ""`)
	b.do(click("#step-usual"))
	b.until(`!document.getElementById("publish").disabled`)
	b.says("draft-ahead", "share of clients 1 → 5; “Connect ui from debug for 1h” ends")

	b.do(chromedp.SendKeys("#channel", "net.*.http"), click("#add"))
	b.says("alert", "This cannot be published. Connect net.*.http: ")
	b.do(chromedp.SendKeys("#channel", "a..b"), click("#add"))
	b.says("alert", "(and 1 more, beside the button)")
	b.until(`document.querySelectorAll("#problems li").length === 2`)
	b.do(click(`[aria-label^="Take out: Connect net.*.http"]`), click(`[aria-label^="Take out: Connect a..b"]`))
	b.until(`document.getElementById("alert").textContent === "" && !document.getElementById("publish").disabled`)

	b.do(chromedp.SendKeys("#m-kind", "nonsense"), click("#m-add"))
	if got := b.eval(`String(getComputedStyle(document.getElementById("m-wrong")).color === getComputedStyle(document.getElementById("problems")).color)`); got != "false" {
		t.Error("what is wrong with a kind looks like any text")
	}
}

// Who is outside of the share and inside of a raise sends something, which the page says in its first line about them.
func TestPlayerOutsideWhoSendsARaise(t *testing.T) {
	g := newGame(t)
	sixty := 60.0
	if _, err := g.Change(t.Context(), policyserver.Change{Raise: []policyserver.Raise{{Kind: "9f2c41d0", For: "24h", Clients: sixty}}, Note: "INC-9"}, "bert"); err != nil {
		t.Fatal(err)
	}
	id := ""
	for i := 0; id == ""; i++ {
		if b := policy.Bucket("2026-w41", fmt.Sprint("install-", i)); b > 200_000 && b < 600_000 {
			id = fmt.Sprint("install-", i)
		}
	}
	b := open(t, g.url+"/#key=s3cret")
	b.eval(`document.querySelector("#player details").open = true; ""`)
	b.do(chromedp.SendKeys("#p-name", "p-17"), chromedp.SendKeys("#p-client", id), click("#p-look"))
	b.says("p-says", "p-17: Reports nothing but crashes and what is raised.")
	if _, err := g.Change(t.Context(), policyserver.Change{Unmute: []string{"9f2c41d0"}}, "bert"); err != nil {
		t.Fatal(err)
	}
	b.until(`document.getElementById("p-says").textContent === "p-17: Reports nothing but crashes."`)
}
