package browsertest

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/krunk-go/krunk/sampling/policyserver"
)

const axeVersion = "4.14.1"

// axe returns the source of axe-core, which npm brings once, or why it cannot be had.
func axe(t *testing.T) (source string, err error) {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = t.TempDir()
	}
	name := filepath.Join(dir, "krunk-ci", "axe-core-"+axeVersion+".js")
	if b, err := os.ReadFile(name); err == nil && len(b) > 100_000 {
		return string(b), nil
	}
	b, err := packed(t.TempDir())
	if err != nil {
		return "", fmt.Errorf("axe-core cannot be had from npm: %w", err)
	}
	_ = os.MkdirAll(filepath.Dir(name), 0o755)
	if f, err := os.CreateTemp(filepath.Dir(name), "axe"); err == nil { // or the next run fetches it again; nobody reads half of it
		_, err = f.Write(b)
		if errors.Join(err, f.Close()) != nil || os.Rename(f.Name(), name) != nil {
			_ = os.Remove(f.Name())
		}
	}
	return string(b), nil
}

// packed takes axe-core out of npm's package.
func packed(dir string) ([]byte, error) {
	ctx, stop := context.WithTimeout(context.Background(), 3*time.Minute) // of a registry that does not answer
	defer stop()
	cmd := exec.CommandContext(ctx, "npm", "pack", "--silent", "axe-core@"+axeVersion)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w %s", err, out)
	}
	f, err := os.Open(filepath.Join(dir, "axe-core-"+axeVersion+".tgz"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err != nil {
			return nil, errors.Join(errors.New("no axe.min.js in the package"), err)
		}
		if h.Name == "package/axe.min.js" {
			return io.ReadAll(r)
		}
	}
}

// accessible has axe-core judge what is shown, of an open dialog that alone. What a box with a scroll bar or the bar that stays in sight hides it would leave
// open, so it judges the boxes, and then all of what they hold with nothing in front of it: nothing may be wrong, and no colour undecided.
func (b tab) accessible(source, what string) {
	b.t.Helper()
	if b.eval("typeof axe") == "undefined" {
		b.eval(source + `; { const s = document.styleSheets[0];
			s.insertRule(".judged .scroll, .judged .long { max-height: none !important; overflow: visible !important }", s.cssRules.length);
			s.insertRule(".judged .tall thead th, .judged header, .judged .top { position: static !important }", s.cssRules.length); } ""`)
	}
	b.eval(`axeFound = undefined; (async () => {
		const words = (list) => list.map((v) => v.id + " (" + v.impact + "): " + v.nodes.map((n) => n.target + " " + n.failureSummary).join(" | "));
		const where = document.querySelector("dialog[open]") || document;
		const boxes = await axe.run(where, { runOnly: { type: "rule", values: ["scrollable-region-focusable"] } });
		document.documentElement.classList.add("judged");
		const all = await axe.run(where, { resultTypes: ["violations", "incomplete"] });
		document.documentElement.classList.remove("judged");
		axeFound = [...words(boxes.violations), ...words(all.violations), ...words(all.incomplete.filter((v) => v.id === "color-contrast"))].join("\n");
	})(); ""`)
	b.untilFor(3*time.Minute, "axeFound !== undefined")
	if found := b.eval("axeFound"); found != "" {
		b.t.Errorf("%s: axe-core finds\n%.4000s", what, found)
	}
}

// media sets what the person's system asks for.
func (b tab) media(features ...string) {
	b.t.Helper()
	var list []*emulation.MediaFeature
	for i := 0; i < len(features); i += 2 {
		list = append(list, &emulation.MediaFeature{Name: features[i], Value: features[i+1]})
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: list}); err != nil {
		b.t.Fatal(err)
	}
}

// fits reports what sticks out sideways.
func (b tab) fits(width int, what string) {
	b.t.Helper()
	if b.eval(fmt.Sprintf("String(document.documentElement.scrollWidth <= %d)", width)) == "true" {
		return
	}
	b.t.Errorf("%s: wider than %d: %s", what, width, b.eval(fmt.Sprintf(`[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > %d + 1 && !e.closest(".scroll") && !e.closest(".sr"))
		.slice(0, 8).map((e) => e.tagName + "#" + e.id + "." + e.className + " " + e.textContent.slice(0, 30)).join("; ")`, width)))
}

// widths are a desk, a tablet, a phone, and a phone of 320 points, which is also a window of 1,280 at 400 %.
var widths = []int{1280, 768, 390, 320}

// The page in all its states, at four widths, light and dark: nothing sticks out, axe-core finds nothing in any of them, and pictures are kept.
func TestPageLooks(t *testing.T) {
	g := crowded(t)
	source, none := axe(t)
	b := openFor(t, 20*time.Minute, g.url+"/#key=s3cret")
	b.says("levels-count", "channels")
	judged := 0
	look := func(t *testing.T, state string) {
		b.t = t
		for _, scheme := range []string{"light", "dark"} {
			b.media("prefers-color-scheme", scheme)
			for _, width := range widths {
				what := fmt.Sprintf("%s, %s, %d", state, scheme, width)
				b.do(chromedp.EmulateViewport(int64(width), 900))
				b.fits(width, what)
				b.shoot(fmt.Sprintf("page-%s-%s-%d.png", state, scheme, width))
				if none == nil && (scheme == "light" || width == 1280 || width == 320) { // colours do not depend on the width between these
					b.accessible(source, what)
					judged++
				}
			}
		}
		b.media("forced-colors", "active")
		b.shoot("page-" + state + "-forced-colors.png")
		if none == nil {
			b.accessible(source, state+", forced colours")
		}
		b.media()
		b.do(chromedp.EmulateViewport(1280, 900))
	}
	for _, state := range looks {
		t.Run(state.name, func(t *testing.T) {
			b.t = t
			b.eval(`for (const d of document.querySelectorAll("details")) d.open = false; wholeHistory = false; showHistory(); ""`)
			state.reach(b, g)
			look(t, state.name)
		})
	}
	t.Run("axe", func(t *testing.T) {
		if none != nil {
			t.Skip(none)
		}
		if want := len(looks) * (len(widths) + 2); judged != want {
			t.Errorf("axe-core has judged %d of %d pages", judged, want)
		}
	})
}

// looks are the states of the page, each reached from the one before it.
var looks = []struct {
	name  string
	reach func(b tab, g *game)
}{
	{"runs", func(b tab, g *game) {
		if _, err := g.Change(b.t.Context(), policyserver.Change{Connect: []policyserver.Connect{{Channel: "net.udp", Level: "debug", For: "1s"}}, Note: "over at once"}, "bert"); err != nil {
			b.t.Fatal(err)
		}
		b.until(`document.querySelector("#rules li.over") !== null`)
	}},
	{"history", func(b tab, _ *game) {
		b.eval(`compare(versions[1].version, versions[0].version); ""`)
		b.until(`!document.getElementById("compared").hidden`)
		b.eval(`for (const d of document.querySelectorAll("#history details, #compared details")) d.open = true; document.getElementById("history-all").click(); ""`)
	}},
	{"player", func(b tab, _ *game) {
		b.do(click("#compare-close"), chromedp.SendKeys("#p-name", "p-1"), click("#p-look"))
		b.says("p-says", "p-1")
		b.eval(`for (const d of document.querySelectorAll("#p-found details, #player details")) d.open = true; ""`)
	}},
	{"draft", func(b tab, _ *game) {
		b.prepare()
		b.eval(`for (const d of document.querySelectorAll("#preview details")) d.open = true; ""`)
	}},
	{"wrong", func(b tab, _ *game) {
		b.do(chromedp.SendKeys("#channel", "net.*.http"), click("#add"), chromedp.SendKeys("#m-kind", "nonsense"), click("#m-add"))
		b.until(`document.querySelector("#items li.bad") !== null && document.getElementById("m-wrong").textContent !== ""`)
	}},
	{"dialog", func(b tab, _ *game) {
		b.do(click("#kill"))
		b.until(`document.getElementById("confirm").open`)
	}},
	{"ramp", func(b tab, g *game) {
		b.keys(kb.Escape)
		b.do(click("#discard"))
		c := share(2, "launch")
		c.Ramp = []policyserver.Step{{After: "1h", Clients: 5}, {After: "24h", Clients: 25}, {After: "72h", Clients: 100}}
		if _, err := g.Change(b.t.Context(), c, "bert"); err != nil {
			b.t.Fatal(err)
		}
		b.matches("ahead", "in (60|5[0-9]) min: share of clients 2 → 5")
		b.eval(`for (const d of document.querySelectorAll("#ahead details")) d.open = true; ""`)
	}},
	{"killed", func(b tab, _ *game) {
		b.do(click("#kill"))
		b.until(`document.getElementById("confirm").open`)
		b.do(click("#c-yes"))
		b.says("chip", "Killed")
	}},
	{"restart", func(b tab, _ *game) {
		b.do(click("#kill"))
		b.says("c-title", "Start reporting again?")
	}},
}

// In forced colours, which have no backgrounds, the kill switch still looks like no other button.
func TestForcedColours(t *testing.T) {
	b := open(t, newGame(t).url+"/#key=s3cret")
	b.media("forced-colors", "active")
	if got := b.eval(`getComputedStyle(document.getElementById("kill")).borderTopStyle`); got != "double" {
		t.Errorf("in forced colours the kill switch looks like any button: border %s", got)
	}
	b.says("states", "on 1187")
	if got := b.eval(`getComputedStyle(document.querySelector("#states progress")).borderTopStyle`); got != "solid" {
		t.Errorf("in forced colours a bar has no outline: border %s", got)
	}
}

// prepare makes a change of each sort.
func (b tab) prepare() {
	b.t.Helper()
	b.eval(`document.getElementById("rise").open = true; ""`)
	b.do(click("#step-usual"))
	b.do(chromedp.SendKeys("#channel", "net.http"))
	b.eval(`document.getElementById("more").open = true; ""`)
	b.do(chromedp.SendKeys("#c-player", "p-17"), click("#add"))
	b.until(`document.querySelectorAll("#items li").length === 3`)
	b.do(click(`#rules button:not(:disabled)`))
	b.until(`document.querySelectorAll("#items li").length === 4 && !document.getElementById("publish").disabled`)
}

// At 40 channels and 20 rules nothing is buried: the history begins within a few screens, and both can be filtered and sorted.
func TestCrowdedPage(t *testing.T) {
	g := crowded(t)
	b := open(t, g.url+"/#key=s3cret")
	b.says("levels-count", "41 channels")
	b.says("rules-count", "20 rules")
	top := b.eval(`String(Math.round(document.getElementById("h-history").getBoundingClientRect().top))`)
	var pixels int
	if _, err := fmt.Sscan(top, &pixels); err != nil || pixels > 2400 {
		t.Errorf("the history begins at %s of 900, want within 2400", top)
	}
	b.do(chromedp.SendKeys("#levels-filter", "net."))
	b.says("levels-count", "5 of 41 channels")
	b.do(chromedp.SendKeys("#rules-filter", "windows carla"))
	b.says("rules-count", "10 of 20 rules")
	b.eval(`document.getElementById("levels-filter").value = ""; document.getElementById("rules-filter").value = ""; showLevels(status); showRules(); ""`)

	first := func() string {
		return b.eval(`document.querySelector("#levels tbody tr th code").textContent`)
	}
	b.do(chromedp.Focus("#levels thead th:nth-child(3) button"))
	b.keys(kb.Enter)
	b.until(`document.querySelector("#levels thead th:nth-child(3)").getAttribute("aria-sort") === "ascending"`)
	if got := first(); got != "game.part10" {
		t.Errorf("sorted by what ships, %s comes first, want game.part10, which ships from debug", got)
	}
	b.keys(kb.Enter)
	b.until(`document.querySelector("#levels thead th:nth-child(3)").getAttribute("aria-sort") === "descending"`)
	b.until(`document.activeElement.className === "sort"`) // the poll does not take the focus away

	b.eval(`document.getElementById("rules-sort").value = "clients"; document.getElementById("rules-sort").dispatchEvent(new Event("input", { bubbles: true })); ""`)
	b.until(`document.querySelector("#rules li").innerText.includes("for 8,000 clients")`)

	b.until(`document.querySelectorAll("#history tbody tr").length === 12`)
	b.do(click("#history-all"))
	b.until(`document.querySelectorAll("#history tbody tr").length === versions.length && versions.length > 12`)
	b.do(chromedp.SendKeys("#history-filter", "carla"))
	b.until(`document.querySelectorAll("#history tbody tr").length > 0 && [...document.querySelectorAll("#history tbody tr")].every((r) => r.innerText.includes("carla"))`)
}

// What somebody wrote does not turn the line around, and cannot pass for something else.
func TestPageIsolatesDirections(t *testing.T) {
	g := newGame(t)
	if _, err := g.Change(t.Context(), share(20, "fix for photo\u202egnp.exe"), "ber\u202et"); err != nil {
		t.Fatal(err)
	}
	b := open(t, g.url)
	for _, id := range []string{"running", "history"} {
		b.until(fmt.Sprintf(`document.querySelector("#%s bdi") !== null && document.getElementById(%[1]q).innerText.includes("photo[U+202E]gnp.exe")`, id))
	}
	b = open(t, g.url+"/#key=s3cret")
	b.do(chromedp.Focus("#slider"))
	b.keys(kb.End)
	b.says("effect", "200 → 1,000")
	if _, err := g.Change(t.Context(), share(30, "no harm\u202egnp.exe"), "ber\u202et"); err != nil {
		t.Fatal(err)
	}
	b.says("alert", "ber[U+202E]t published 3.1189 (no harm[U+202E]gnp.exe) meanwhile")
	if strings.Contains(b.eval("document.body.innerText"), "\u202e") {
		t.Error("the page shows a character that turns the line around")
	}
}
