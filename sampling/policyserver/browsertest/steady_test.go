package browsertest

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policyserver"
)

// mark selects the text of an element, as somebody does who wants to copy it, and remembers the element.
func (b tab) mark(element string) {
	b.t.Helper()
	b.eval(`marked = ` + element + `; getSelection().selectAllChildren(marked); ""`)
}

// What goes on beside it takes neither a selection nor the focus away: a box whose numbers change keeps its other words, and rows that change
// places stay what they are.
func TestSelectionStays(t *testing.T) {
	g := crowded(t)
	b := open(t, g.url+"/#key=s3cret")
	b.says("levels-count", "41 channels")
	for i, row := range []struct{ name, element, changes string }{
		{"levels", `[...document.querySelectorAll("#levels code")].find((e) => e.textContent === "net.http")`, `document.querySelector("#levels tbody").innerText`},
		{"rules", `document.querySelector("#rules li b")`, `document.getElementById("rules").innerText`},
		{"fleet", `document.querySelector("#states li .line span")`, `document.getElementById("states").innerText`},
	} {
		t.Run(row.name, func(t *testing.T) {
			b.t = t
			b.mark(row.element)
			b.eval(`before = ` + row.changes + `; wanted = String(getSelection()); ""`)
			g.Observe(policyserver.Observation{Clients: 9000 + i, Groups: []policyserver.Group{
				{Identity: sampling.Identity{Release: "moonfall@1.4.2", Platform: "windows"}, Clients: 6000 + i},
				{Identity: sampling.Identity{Release: "moonfall@1.4.2", Platform: "linux"}, Clients: 3000},
			}})
			for client := range 100 {
				g.HeartbeatEcho(uint64(2000+100*i+client), "have=3.30")
			}
			b.until(row.changes + ` !== before`)
			if got := b.eval(`[marked.isConnected, String(getSelection()) === wanted, wanted !== ""].join(" ")`); got != "true true true" {
				t.Errorf("the element stays, it stays selected, and there was something to select: %s", got)
			}
		})
	}
	t.Run("history", func(t *testing.T) {
		b.t = t
		b.mark(`document.querySelector("#history tbody tr th")`)
		b.eval(`document.querySelector("#history details").open = true; ""`)
		if _, err := g.Change(t.Context(), share(20, "one more"), "bert"); err != nil {
			t.Fatal(err)
		}
		b.until(`document.querySelector("#history tbody tr").innerText.includes("one more")`)
		if got := b.eval(`[marked.isConnected, String(getSelection()).includes("3.30"), marked.closest("tr").querySelector("details").open, document.querySelectorAll("#history details[open]").length].join(" ")`); got != "true true true 1" {
			t.Errorf("the line stays, it stays selected, and its details stay open, alone: %s", got)
		}
	})
	t.Run("player", func(t *testing.T) {
		b.t = t
		b.do(chromedp.SendKeys("#p-name", "p-1"), click("#p-look"))
		b.says("p-says", "p-1")
		b.until(`document.querySelector("#p-channels summary") !== null`)
		b.eval(`document.querySelector("#p-channels details").open = true; before = document.getElementById("p-rules-summary").textContent; ""`)
		b.mark(`document.querySelector("#p-channels tbody th")`)
		if _, err := g.Change(t.Context(), policyserver.Change{Connect: []policyserver.Connect{{Channel: "*", Level: "debug", For: "1h", Player: "p-1"}}}, "bert"); err != nil {
			t.Fatal(err)
		}
		b.until(`document.getElementById("p-rules-summary").textContent !== before`)
		if got := b.eval(`[marked.isConnected, String(getSelection()) !== "", document.querySelector("#p-channels details").open].join(" ")`); got != "true true true" {
			t.Errorf("the row stays, it stays selected, and its details stay open: %s", got)
		}
	})
}

// A button that has the focus stays the button of its rule when rules change places, so that Enter ends what was meant.
func TestFocusStaysWithItsRule(t *testing.T) {
	g := crowded(t)
	b := open(t, g.url+"/#key=s3cret")
	b.says("rules-count", "20 rules")
	sort := func(by string) {
		b.eval(fmt.Sprintf(`document.getElementById("rules-sort").value = %q; document.getElementById("rules-sort").dispatchEvent(new Event("input", { bubbles: true })); ""`, by))
	}
	b.eval(`marked = document.querySelector('[aria-label="End rule rule-07"]'); marked.focus(); ""`)
	sort("clients")
	b.until(`document.querySelector("#rules li").innerText.includes("for 8,000 clients")`)
	sort("id")
	b.until(`document.querySelector("#rules li").innerText.includes("rule-00")`)
	if got := b.eval(`[document.activeElement === marked, [...document.querySelectorAll("#rules li")].map((e) => e.dataset.of).join() === [...document.querySelectorAll("#rules li")].map((e) => e.dataset.of).sort().join()].join(" ")`); got != "true true" {
		t.Errorf("the button has the focus, and the rules are in order: %s", got)
	}
	b.keys(kb.Enter)
	b.says("items", "game.part17")
}

// A reason may be written first: it is there again after a reload, and is gone once it was published.
func TestNoteOverAReload(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url+"/#key=s3cret")
	again := func() {
		b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(g.url+"/#key=s3cret"))
		b.until("document.body.dataset.ready !== undefined")
	}
	note := func(when, want string) {
		t.Helper()
		if got := b.eval(`document.getElementById("note").value`); got != want {
			t.Errorf("%s: the note is %q, want %q", when, got, want)
		}
	}
	b.do(chromedp.SendKeys("#note", "INC-4711: nobody gets in"))
	again()
	note("loaded again", "INC-4711: nobody gets in")
	b.do(chromedp.Focus("#slider"))
	b.keys(kb.End)
	b.until(`!document.getElementById("publish").disabled`)
	b.do(click("#discard"))
	again()
	note("what it was for was discarded", "INC-4711: nobody gets in")
	b.do(chromedp.Focus("#slider"))
	b.keys(kb.End)
	b.until(`!document.getElementById("publish").disabled`)
	b.do(click("#publish"))
	b.says("said", "Published 3.1188")
	g.wants(t, 1188, `"note": "INC-4711: nobody gets in"`)
	again()
	note("published", "")
}

// Roll back takes nothing away that is prepared: it is listed beside it, goes on top of the old content, and can be taken out.
func TestRollBackKeepsWhatIsPrepared(t *testing.T) {
	g := newGame(t)
	if _, err := g.Change(t.Context(), share(20, "more"), "bert"); err != nil {
		t.Fatal(err)
	}
	b := open(t, g.url+"/#key=s3cret")
	b.typeShare("5", "0")
	b.eval(`document.getElementById("rise").open = true; ""`)
	b.do(click("#step-add"), chromedp.SendKeys("#channel", "ui"), click("#add"))
	b.do(click(`[aria-label="Roll back to 3.1187"]`))
	b.until(`document.querySelectorAll("#items li").length === 4 && !document.getElementById("publish").disabled && document.getElementById("share").value === "50"`)
	b.says("items", "Share of clients 50 %, in place of that of 3.1187")
	b.says("effect", "200 → 500")
	b.do(click(`[aria-label^="Take out: Share of clients"]`), click(`[aria-label^="Take out: Rising by itself"]`))
	b.until(`document.getElementById("share").value === "10" && !document.getElementById("publish").disabled`)
	b.says("effect", "200 → 100")
	b.do(click("#publish"))
	b.says("said", "Published 3.1189")
	g.wants(t, 1189, `"clients": 10`, `"ui"`)
}
