package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// Where there is little room no word is broken in the levels of channels, and no column of theirs is out of view.
func TestLevelsHaveRoom(t *testing.T) {
	g := crowded(t)
	b := open(t, g.url+"/#key=s3cret")
	b.says("levels-count", "41 channels")
	for _, width := range []int{1280, 900, 768, 700, 641} {
		b.do(chromedp.EmulateViewport(int64(width), 900))
		got := b.eval(`(() => {
			const box = document.getElementById("levels-box"), broken = [];
			for (const cell of document.querySelectorAll("#levels th, #levels td")) {
				const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
				for (let n = texts.nextNode(); n; n = texts.nextNode()) for (const m of n.data.matchAll(/\S+/g)) {
					const word = document.createRange();
					word.setStart(n, m.index);
					word.setEnd(n, m.index + m[0].length);
					if (new Set([...word.getClientRects()].map((r) => r.top)).size > 1 && !broken.includes(m[0])) broken.push(m[0]);
				}
			}
			return (box.scrollWidth > box.clientWidth ? "wider by " + (box.scrollWidth - box.clientWidth) + "; " : "") + broken.join(" ");
		})()`)
		if got != "" {
			t.Errorf("at %d: %s", width, got)
		}
	}
}

// The kill switch is at hand wherever on the page somebody is, and hides nothing that has the focus; a window that is low, such as one at 400 %, keeps its
// room for the page.
func TestKillSwitchStaysInSight(t *testing.T) {
	g := crowded(t)
	b := open(t, g.url+"/#key=s3cret")
	b.says("levels-count", "41 channels")
	inSight := `(() => {
		const r = document.getElementById("kill").getBoundingClientRect();
		return r.top >= 0 && r.bottom <= innerHeight && document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2)?.id === "kill";
	})()`
	if _, err := g.Change(t.Context(), share(30, strings.Repeat("a note of which there is much ", 6)), "bert"); err != nil { // which makes what stays in sight higher
		t.Fatal(err)
	}
	b.says("running", "much a note")
	for _, width := range append(widths, 870) {
		b.do(chromedp.EmulateViewport(int64(width), 900))
		b.until(`(() => { const bar = bars.find((e) => getComputedStyle(e).position === "sticky"); return getComputedStyle(document.documentElement).getPropertyValue("--bar") === bar.offsetHeight + "px"; })()`)
		b.eval(`scrollTo({ top: document.body.scrollHeight, behavior: "instant" }); ""`)
		if b.eval("String("+inSight+")") != "true" {
			t.Errorf("at %d, at the end of the page: the kill switch is out of sight", width)
		}
		for _, id := range []string{"share", "channel", "m-add", "note", "p-name", "levels-filter", "history-all"} { // from below: each comes up to the bar
			if got := b.eval(`(() => {
				scrollTo({ top: document.body.scrollHeight, behavior: "instant" });
				document.getElementById("` + id + `").focus();
				const r = document.activeElement.getBoundingClientRect();
				return document.elementFromPoint(r.left + r.width / 2, r.top + 2)?.closest("#` + id + `, label") ? "" : "hidden";
			})()`); got != "" {
				t.Errorf("at %d: %s has the focus and is not to be seen", width, id)
			}
		}
		b.eval(`scrollTo(0, 0); ""`)
	}
	for _, width := range []int{390, 320} {
		b.do(chromedp.EmulateViewport(int64(width), 900))
		if got := b.eval(`String(document.querySelector(".top").offsetHeight < 70)`); got != "true" {
			t.Errorf("at %d the bar has more than one line", width)
		}
	}
	b.do(chromedp.EmulateViewport(320, 225))
	b.eval(`scrollTo({ top: 1000, behavior: "instant" }); ""`)
	if got := b.eval(`String(Math.round(document.querySelector(".top").getBoundingClientRect().bottom) <= 0)`); got != "true" {
		t.Error("in a window of 320 by 225 the bar takes room from the page")
	}
	b.do(chromedp.EmulateViewport(390, 900), click("#kill"))
	b.until(`document.getElementById("confirm").open`)
}
