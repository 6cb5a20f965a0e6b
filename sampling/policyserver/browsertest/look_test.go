package browsertest

import (
	"archive/tar"
	"compress/gzip"
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
)

const axeVersion = "4.14.1"

// axe returns the source of axe-core, which npm brings once, or skips.
func axe(t *testing.T) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = t.TempDir()
	}
	name := filepath.Join(dir, "krunk-ci", "axe-core-"+axeVersion+".js")
	if b, err := os.ReadFile(name); err == nil && len(b) > 100_000 {
		return string(b)
	}
	b, err := packed(t.TempDir())
	if err != nil {
		t.Skipf("axe-core cannot be had from npm: %v", err)
	}
	if os.MkdirAll(filepath.Dir(name), 0o755) == nil {
		_ = os.WriteFile(name, b, 0o644) // the next run fetches it again
	}
	return string(b)
}

// packed takes axe-core out of npm's package.
func packed(dir string) ([]byte, error) {
	cmd := exec.Command("npm", "pack", "--silent", "axe-core@"+axeVersion)
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

// accessible has axe-core judge what is shown.
func (b tab) accessible(source, what string) {
	b.t.Helper()
	if b.eval("typeof axe") == "undefined" {
		b.eval(source + `; ""`)
	}
	b.eval(`axeFound = undefined; axe.run(document, { resultTypes: ["violations"] }).then((r) => { axeFound = r.violations.map((v) =>
		v.id + " (" + v.impact + "): " + v.nodes.map((n) => n.target + " " + n.failureSummary).join(" | ")).join("\n"); }); ""`)
	b.until("axeFound !== undefined")
	if found := b.eval("axeFound"); found != "" {
		b.t.Errorf("%s: axe-core finds\n%s", what, found)
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

// widths are a desk, a small one, a phone, and a phone of 320 points, which is also a window of 1,280 at 400 %.
var widths = []int{1440, 1024, 390, 320}

// The page in all its states, at four widths, light and dark: nothing sticks out, axe-core finds nothing, and pictures are kept.
func TestPageLooks(t *testing.T) {
	g := crowded(t)
	b := openFor(t, 3*time.Minute, g.url+"/#key=s3cret")
	b.says("levels-count", "channels")
	source := ""
	look := func(state string, widths ...int) {
		for _, scheme := range []string{"light", "dark"} {
			b.media("prefers-color-scheme", scheme)
			for _, width := range widths {
				what := fmt.Sprintf("%s, %s, %d", state, scheme, width)
				b.do(chromedp.EmulateViewport(int64(width), 900))
				b.fits(width, what)
				b.shoot(fmt.Sprintf("page-%s-%s-%d.png", state, scheme, width))
				if source != "" && (width == 1440 || width == 320) {
					b.accessible(source, what)
				}
			}
		}
		b.do(chromedp.EmulateViewport(1440, 900))
	}
	t.Run("looking", func(t *testing.T) {
		b.t = t
		look("runs", widths...)
		b.eval(`compare(versions[1].version, versions[0].version); ""`)
		b.until(`!document.getElementById("compared").hidden`)
		look("history", 1440, 320)
		b.do(chromedp.Click("#compare-close"), chromedp.SendKeys("#p-name", "p-1"), chromedp.Click("#p-look"))
		b.says("p-says", "p-1")
		look("player", 1440, 320)
		b.prepare()
		look("draft", widths...)
		b.do(chromedp.Click("#kill"))
		b.until(`document.getElementById("confirm").open`)
		look("dialog", 1440, 320)
		b.keys(kb.Escape)
		b.media("forced-colors", "active")
		b.shoot("page-forced-colors.png")
		if got := b.eval(`getComputedStyle(document.getElementById("kill")).borderTopStyle`); got != "double" {
			t.Errorf("in forced colours the kill switch looks like any button: border %s", got)
		}
		b.media()
	})
	t.Run("axe", func(t *testing.T) {
		source = axe(t)
		b.t = t
		b.media()
		b.accessible(source, "draft")
		b.do(chromedp.Click("#kill"))
		b.until(`document.getElementById("confirm").open`)
		b.accessible(source, "dialog")
		b.do(chromedp.Click("#c-yes"))
		b.says("chip", "Killed")
		look("killed", 1440, 320)
	})
}

// prepare makes a change of each sort.
func (b tab) prepare() {
	b.t.Helper()
	b.eval(`document.getElementById("rise").open = true; ""`)
	b.do(chromedp.Click("#step-usual"))
	b.do(chromedp.SendKeys("#channel", "net.http"))
	b.eval(`document.getElementById("more").open = true; ""`)
	b.do(chromedp.SendKeys("#c-player", "p-17"), chromedp.Click("#add"))
	b.until(`document.querySelectorAll("#items li").length === 3`)
	b.do(chromedp.Click(`#rules button:not(:disabled)`))
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

	if got := b.eval(`String(document.querySelectorAll("#history tbody tr").length)`); got != "12" {
		t.Errorf("%s versions are shown at first, want 12", got)
	}
	b.do(chromedp.Click("#history-all"))
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
	if strings.Contains(b.eval("document.body.innerText"), "\u202e") {
		t.Error("the page shows a character that turns the line around")
	}
}
