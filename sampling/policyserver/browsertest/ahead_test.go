package browsertest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A ramp on the page: its steps are drawn with a forecast of each before and after publishing, and it is stopped.
func TestRampOfThePage(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url+"/#key=s3cret")
	b.do(chromedp.Focus("#rise summary"))
	b.keys(kb.Enter)
	b.tabTo("step-usual")
	b.keys(kb.Enter)
	b.says("items", "Share of clients 1 %")
	b.says("items", "Rising by itself: 5 % after 1h, 25 % after 1d, 100 % after 3d")
	b.matches("draft-ahead", "in (60|5[0-9]) min: share of clients 1 → 5")
	b.says("draft-ahead", "5 %, 50 clients")
	b.says("draft-ahead", "in 24 h: share of clients 5 → 25")
	b.says("draft-ahead", "100 %, 1,000 clients")
	b.do(chromedp.Focus("#steps li:nth-child(2) input"))
	b.eval(`document.querySelector("#steps li:nth-child(2) input").select()+""`)
	b.keys("2")
	b.says("draft-ahead", "in 48 h: share of clients 5 → 25")
	b.do(chromedp.Focus("#steps li:nth-child(3) button"))
	b.keys(kb.Enter)
	b.until(`document.querySelectorAll("#draft-ahead li").length === 3 && !document.getElementById("publish").disabled`)
	b.shoot("page-ramp-draft.png")
	b.do(click("#publish"))
	b.says("said", "Published 3.1188")
	g.wants(t, 1188, `"clients": 1`, `"clients": 5 }`, `"clients": 25 }`)
	b.matches("ahead", "in (60|5[0-9]) min: share of clients 1 → 5")
	b.until(`document.querySelectorAll("#steps li").length === 0 && document.getElementById("items").innerText === ""`)
	b.shoot("page-ramp.png")

	// The share that runs is set again: that stops it.
	b.do(click("#ramp-stop"))
	b.says("items", "Share of clients 1 %, which ends the steps")
	b.says("diff", "ramp")
	b.until(`!document.getElementById("publish").disabled`)
	b.do(click("#publish"))
	b.says("said", "Published 3.1189")
	b.until(`document.getElementById("ahead-box").hidden`)
	if doc, _ := g.current(t); strings.Contains(doc, "ramp") {
		t.Errorf("the ramp goes on: %s", doc)
	}
}

// A step back is one button, and says to where.
func TestRampGoesBack(t *testing.T) {
	g := newGame(t)
	day := func(n int) string {
		return time.Now().Add(time.Duration(n) * 24 * time.Hour).UTC().Format(time.RFC3339)
	}
	if _, err := g.Publish(t.Context(), fmt.Appendf(nil, `{"krunk":1,"epoch":3,"version":1188,"issued":%q,"salt":"2026-w41","clients":1,
		"ramp":[{"at":%q,"clients":5},{"at":%q,"clients":25},{"at":%q,"clients":100}]}`, day(-3), day(-2), day(-1), day(90)), "anna"); err != nil {
		t.Fatal(err)
	}
	b := open(t, g.url+"/#key=s3cret")
	b.says("chip", "Reporting, 25 %")
	b.until(`document.getElementById("share").value === "25"`)
	b.says("ramp-stop", "Stop at 25 %")
	b.says("ramp-back", "Go back to 5 %")
	b.do(click("#ramp-back"))
	b.says("effect", "250 → 50")
	b.until(`!document.getElementById("publish").disabled`)
	b.do(click("#publish"))
	b.says("chip", "Reporting, 5 %")
	g.wants(t, 1189, `"clients":5`)
}
