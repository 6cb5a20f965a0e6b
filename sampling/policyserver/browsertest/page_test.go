package browsertest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
	"github.com/krunk-go/krunk/sampling/policyserver"
)

const start = `{
  "krunk": 1, "epoch": 3, "version": 1187,
  "issued": "2026-10-10T12:00:00Z", "author": "anna", "note": "launch day",
  "salt": "2026-w41", "enabled": true, "panics": 100,
  "clients": 10,
  "channels": {
    "*":   { "send": "error", "rate": "60/m" },
    "net": { "send": "warn" }
  }
}
`

// game is a server with players, as the page sees it.
type game struct {
	*policyserver.Server
	store policyserver.Memory
	url   string
	mu    sync.Mutex // guards count
	count map[string]uint64
}

func authorize(r *http.Request) (string, error) {
	if r.Header.Get("Authorization") != "Bearer s3cret" {
		return "", errors.New("type the operator key first")
	}
	return "anna@studio", nil
}

func newGame(t *testing.T) *game { return newGameWith(t, policyserver.Options{}) }

func newGameWith(t *testing.T, o policyserver.Options) *game {
	g := &game{count: map[string]uint64{"net": 8200, "net.http": 2100, "ui": 310, "physics": 4000, "match": 950}}
	o.Page, o.Channels, o.Authorize, o.Counters = true, []string{"net", "net.http", "ui", "physics", "match"}, authorize, g.counters
	s, err := policyserver.New(&g.store, o)
	if err != nil {
		t.Fatal(err)
	}
	g.Server = s
	if _, err := s.Publish(t.Context(), []byte(start), "anna@studio"); err != nil {
		t.Fatal(err)
	}
	s.Observe(policyserver.Observation{Clients: 1000, Volumes: []policyserver.Volume{
		{Channel: "net", Level: policy.LevelWarn, PerSecond: 200}, {Channel: "net", Level: policy.LevelDebug, PerSecond: 4000},
		{Channel: "net.http", Level: policy.LevelDebug, PerSecond: 1500}, {Channel: "ui", Level: policy.LevelError, PerSecond: 8},
	}})
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	g.url = srv.URL
	g.follow(1000)
	return g
}

// counters grow with each look, as those of a running game do.
func (g *game) counters() map[string]uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make(map[string]uint64)
	for name, n := range g.count {
		g.count[name] = n + n/97
		out[name] = n
	}
	return out
}

// follow makes the first n of 1,000 clients run what is served; a few cannot.
func (g *game) follow(n int) {
	_, v := g.Bytes()
	for i := range n {
		echo := "have=" + v.String()
		if v.N > 1187 && i%400 == 0 {
			echo = "have=3.1187; seen=" + v.String() + "; err=E06"
		}
		g.HeartbeatEcho(uint64(i), echo)
	}
}

const (
	patience = time.Minute     // for what a page takes a moment for; only what never comes takes so long
	whole    = 5 * time.Minute // for a test with its browser, likewise
)

// browser starts Chromium with one tab, or skips.
func browser(t *testing.T) context.Context { return browserFor(t, whole) }

func browserFor(t *testing.T, long time.Duration) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no chromium or chromium-browser here; apt-get install --no-install-recommends chromium")
	}
	for try := 1; ; try++ {
		ctx, err := launch(t, path, long)
		if err == nil {
			return ctx
		}
		if try == 3 {
			t.Fatalf("%s does not start: %v", path, err)
		}
		t.Logf("%s does not start, once more: %v", path, err)
	}
}

// launch starts Chromium, which on a machine with much to do may not come up.
func launch(t *testing.T, path string, long time.Duration) (context.Context, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(profile(t)), chromedp.WSURLReadTimeout(2*time.Minute))
	ctx, stop := context.WithTimeout(context.Background(), long)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	return ctx, chromedp.Do(ctx)
}

// profile is a folder for a browser, whose processes may still write into it when the first of them has ended.
func profile(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "krunk-browser")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for end := time.Now().Add(10 * time.Second); os.RemoveAll(dir) != nil && time.Now().Before(end); {
			time.Sleep(50 * time.Millisecond)
		}
	})
	return dir
}

// tab is a page under test.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func (b tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// until waits for an expression of the page to become true.
func (b tab) until(js string) {
	b.t.Helper()
	b.untilFor(patience, js)
}

func (b tab) untilFor(long time.Duration, js string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](js, chromedp.WithPollingTimeout(long))); err != nil {
		got, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body.innerText"))
		b.t.Fatalf("%s: %v; the page says:\n%s", js, err, got)
	}
}

func (b tab) says(id, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf("document.getElementById(%q).innerText.includes(%q)", id, text))
}

// matches is says with a pattern of JavaScript.
func (b tab) matches(id, pattern string) {
	b.t.Helper()
	b.until(fmt.Sprintf("/%s/.test(document.getElementById(%q).innerText)", pattern, id))
}

// click clicks an element once it is there, enabled and not covered by another one. All that is one step of the page's: one that looks for
// the element and then sends a mouse there may hit what was drawn in its place meanwhile.
func click(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Poll[chromedp.Void](fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		if (!e || e.disabled) return false;
		e.scrollIntoView({ block: "center", behavior: "instant" });
		const r = e.getBoundingClientRect(), hit = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
		if (!hit || !e.contains(hit) || e.closest("[inert]")) return false;
		e.focus({ preventScroll: true });
		e.click();
		return true;
	})()`, selector), chromedp.WithPollingTimeout(patience))
}

func (b tab) eval(js string) string {
	b.t.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](js))
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

// keys types where the focus is.
func (b tab) keys(keys ...string) {
	b.t.Helper()
	for _, k := range keys {
		b.do(chromedp.KeyEvent(k))
	}
}

// tabTo presses Tab until an element has the focus: proof that the keyboard gets there.
func (b tab) tabTo(id string) {
	b.t.Helper()
	for range 60 {
		if b.eval("document.activeElement.id") == id {
			return
		}
		b.keys(kb.Tab)
	}
	b.t.Fatalf("Tab does not reach #%s", id)
}

// shoot keeps a picture.
func (b tab) shoot(name string) {
	b.t.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	dir := os.Getenv("KRUNK_ARTIFACTS")
	if dir == "" {
		dir = b.t.TempDir()
	}
	if err := os.WriteFile(filepath.Join(dir, name), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// open loads the page and reports whatever the browser complains of at the end.
func open(t *testing.T, url string) tab { return openFor(t, whole, url) }

func openFor(t *testing.T, long time.Duration, url string) tab {
	b := tab{t, browserFor(t, long)}
	var mu sync.Mutex
	var complaints []string
	b.do()
	err := chromedp.Listen(b.ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch ev := ev.(type) {
		case *log.EventEntryAdded:
			if ev.Entry.Level == "error" && !strings.Contains(ev.Entry.Text, "403") && !strings.Contains(ev.Entry.Text, "409") && !strings.Contains(ev.Entry.Text, "422") {
				complaints = append(complaints, ev.Entry.Text)
			}
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, fmt.Sprintf("%s %+v", ev.ExceptionDetails.Text, ev.ExceptionDetails.Exception))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range complaints {
			t.Error("the browser complains: " + c)
		}
	})
	b.do(chromedp.EmulateViewport(1240, 900), chromedp.Navigate(url))
	b.until("document.body.dataset.ready !== undefined")
	return b
}

// current returns the document in the store.
func (g *game) current(t *testing.T) (string, *sampling.Policy) {
	t.Helper()
	e, err := g.store.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p, _, err := policy.ParseStrict(e.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return string(e.Bytes), p
}

func (g *game) wants(t *testing.T, n int64, texts ...string) *sampling.Policy {
	t.Helper()
	doc, p := g.current(t)
	if p.Version().N != n {
		t.Fatalf("the store holds %v, want 3.%d", p.Version(), n)
	}
	for _, text := range texts {
		if !strings.Contains(doc, text) {
			t.Errorf("version %v lacks %s:\n%s", p.Version(), text, doc)
		}
	}
	return p
}

func TestControlPage(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url+"/#key=s3cret")
	if got := b.eval("location.href"); strings.Contains(got, "s3cret") {
		t.Errorf("the key stays in the address: %s", got)
	}
	b.says("chip", "Reporting, 10 %")
	b.says("convergence", "100 % on 1187")

	// The slider, by keyboard alone.
	b.tabTo("slider")
	for range 15 {
		b.keys(kb.ArrowRight)
	}
	b.says("diff", "clients")
	b.says("effect", "100 → 250")
	b.says("effect", "of 1,000 connected")
	if got := b.eval(`document.querySelector("#share").value`); got != "25" {
		t.Errorf("the number beside the slider is %s, want 25", got)
	}
	g.wants(t, 1187) // looking publishes nothing

	// A channel for an hour, on top of it.
	b.tabTo("channel")
	b.keys("net.http", kb.Tab, kb.Tab, kb.Tab, kb.Enter)
	b.says("diff", `rules["connect-3.1188-1"].set.channels["net.http"].send`)
	b.says("bychannel", "net.http")
	b.tabTo("note")
	b.keys("INC-4711 lost connections")
	g.follow(1000)
	b.shoot("control-page-preview.png")
	b.tabTo("publish")
	b.keys(kb.Enter)
	b.says("said", "Published 3.1188")
	p := g.wants(t, 1188, `"clients": 25`, `"net.http": { "trail": "debug", "send": "debug" }`, `"note": "INC-4711 lost connections"`, `"author": "anna@studio"`)
	checkHour(t, p)

	// The fleet arrives.
	g.follow(640)
	b.says("convergence", "63.8 % on 1188, 36 % on 1187, 0.2 % rejected it: E06 unknown level")
	b.says("rules", "everyone")
	b.says("rules", "net.http: keeps from debug, ships from debug")
	b.shoot("control-page.png")

	// The kill switch, by keyboard, with its question.
	b.do(chromedp.Focus("#kill"))
	b.keys(kb.Enter)
	b.until(`document.getElementById("confirm").open`)
	b.keys(kb.Escape)
	b.until(`!document.getElementById("confirm").open`)
	g.wants(t, 1188)
	b.do(chromedp.Focus("#kill"))
	b.keys(kb.Enter)
	b.until(`document.activeElement.id === "c-note"`)
	b.keys("too much")
	b.tabTo("c-yes")
	b.keys(kb.Enter)
	b.says("chip", "Killed")
	b.shoot("control-page-killed.png")
	if p := g.wants(t, 1189, `"enabled": false`, `"note": "too much"`); p.Enabled() {
		t.Error("the kill switch is not thrown")
	}

	// And back to what was before.
	b.says("history", "3.1189") // the kill has its row above that of the button
	b.do(click(`[aria-label="Roll back to 3.1187"]`))
	b.says("diff", "clients")
	b.until(`!document.getElementById("publish").disabled`)
	b.do(click("#publish"))
	b.says("said", "Published 3.1190")
	g.wants(t, 1190, `"clients": 10`, `"enabled": false`, "back to 3.1187 from 3.1189")
	b.says("running", "3.1190") // or the question below is about what was on the screen before
	b.says("chip", "Killed")    // the content is back, and reporting starts when a person says so
	b.do(click("#kill"))
	b.says("c-title", "Start reporting again?")
	b.says("c-text", "10 % of them")
	b.do(click("#c-yes"))
	b.says("chip", "Reporting, 10 %")
	g.wants(t, 1191, `"clients": 10`, `"enabled": true`)
}

// checkHour looks whether the rule holds for everybody for an hour and no longer.
func checkHour(t *testing.T, p *sampling.Policy) {
	t.Helper()
	for _, c := range []struct {
		after time.Duration
		want  policy.Level
	}{{0, policy.LevelDebug}, {59 * time.Minute, policy.LevelDebug}, {61 * time.Minute, policy.LevelWarn}} {
		id := sampling.Identity{ID: "probe"}
		for i := 0; policy.Bucket(p.Salt(), id.ID) >= 250_000; i++ {
			id.ID = fmt.Sprint("probe-", i)
		}
		d, err := policy.Explain(p, id, "net.http", policy.Under{Now: time.Now().Add(c.after)})
		if err != nil || d.Send != c.want {
			t.Errorf("after %v: net.http ships from %v, want %v (%v)", c.after, d.Send, c.want, err)
		}
	}
}

func TestPageWithoutKey(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url)
	b.tabTo("slider")
	b.keys(kb.End)
	b.says("alert", "type the operator key first")
	b.until(`document.getElementById("publish").disabled`)
	b.do(chromedp.SendKeys("#key", "s3cret"), chromedp.Focus("#slider"))
	b.keys(kb.Home)
	b.says("effect", "100 → 0")
	b.until(`!document.getElementById("publish").disabled`)
	g.wants(t, 1187)
}

// Somebody else publishes between the look and the click: the person sees the new difference and has to say so before anything of
// it is published, and what was prepared is kept, also over a reload.
func TestPageConflict(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url+"/#key=s3cret")
	b.do(chromedp.Focus("#slider"))
	b.keys(kb.End)
	b.until(`!document.getElementById("publish").disabled`)
	twenty := 20.0
	if _, err := g.Change(t.Context(), policyserver.Change{Clients: &twenty, Note: "bert was faster"}, "bert"); err != nil {
		t.Fatal(err)
	}
	b.says("running", "bert was faster")
	b.says("alert", "bert published 3.1188 (bert was faster) meanwhile")
	b.says("diff", "20")
	b.until(`document.getElementById("publish").disabled && !document.getElementById("seen").hidden`)
	b.do(click("#seen"), click("#publish"))
	b.says("said", "Published 3.1189")
	g.wants(t, 1189, `"clients": 100`)

	// While the page is away.
	b.do(chromedp.Focus("#slider"))
	b.keys(kb.Home)
	b.says("effect", "1,000 → 0")
	b.do(chromedp.Navigate("about:blank"))
	forty := 40.0
	if _, err := g.Change(t.Context(), policyserver.Change{Clients: &forty}, "carla"); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Navigate(g.url + "/#key=s3cret"))
	b.says("alert", "carla published 3.1190 meanwhile")
	b.says("effect", "400 → 0")
	b.until(`document.getElementById("publish").disabled && document.getElementById("share").value === "0"`)
	g.wants(t, 1190, `"clients": 40`)
}

// Two people press Publish at the same moment, within one poll of the page: what wins is told to who lost, and no change goes out
// that nobody has looked at. A kill switch that was thrown meanwhile stays thrown.
func TestPagePublishesWhatWasSeen(t *testing.T) {
	for _, row := range []struct {
		name   string
		theirs policyserver.Change
		holds  string
	}{
		{"a share", policyserver.Change{Clients: new(float64)}, `"clients": 0`},
		{"the kill switch", policyserver.Change{Enabled: new(bool)}, `"enabled": false`},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := newGame(t)
			b := open(t, g.url+"/#key=s3cret")
			b.do(chromedp.Focus("#slider"))
			b.keys(kb.End)
			b.until(`!document.getElementById("publish").disabled`)
			b.eval(`poll = async () => {}; ""`) // no poll comes between the two
			if _, err := g.Change(t.Context(), row.theirs, "bert"); err != nil {
				t.Fatal(err)
			}
			b.do(click("#publish"))
			b.says("alert", "another version was published meanwhile")
			b.until(`document.getElementById("publish").disabled`)
			g.wants(t, 1188, row.holds)
		})
	}
}

// The game server restarts while a page is open: the kill switch works all the same, and what was prepared is kept.
func TestPageOverARestart(t *testing.T) {
	g := newGame(t)
	var now atomic.Pointer[policyserver.Server]
	now.Store(g.Server)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { now.Load().ServeHTTP(w, r) }))
	t.Cleanup(srv.Close) // after the page, which would complain
	b := open(t, srv.URL+"/#key=s3cret")
	b.do(chromedp.Focus("#slider"))
	b.keys(kb.End)
	b.says("effect", "100 → 1,000")
	again, err := policyserver.New(&g.store, policyserver.Options{Page: true, Authorize: authorize})
	if err != nil {
		t.Fatal(err)
	}
	now.Store(again)
	b.do(click("#kill"))
	b.until(`document.getElementById("confirm").open`)
	b.do(click("#c-yes"))
	b.says("chip", "Killed")
	g.wants(t, 1188, `"enabled": false`, `"clients": 10`)
	if got := b.eval(`document.getElementById("share").value`); got != "100" {
		t.Errorf("the share that was prepared is %s", got)
	}
}

// A key that is typed after a refusal counts at once.
func TestKeyAfterARefusal(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url)
	b.tabTo("slider")
	b.keys(kb.End)
	b.says("alert", "type the operator key first")
	b.do(chromedp.SendKeys("#key", "s3cret"))
	b.says("effect", "100 → 1,000")
	b.until(`document.getElementById("alert").textContent === "" && !document.getElementById("publish").disabled`)
}

func TestPageInTheDark(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url+"/#key=s3cret")
	light := b.eval("getComputedStyle(document.body).backgroundColor")
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	if err != nil {
		t.Fatal(err)
	}
	if dark := b.eval("getComputedStyle(document.body).backgroundColor"); dark == light {
		t.Errorf("dark and light look the same: %s", dark)
	}
	b.do(chromedp.Focus("#slider"))
	b.keys(kb.PageUp)
	b.says("diff", "clients")
	b.shoot("control-page-dark.png")
	b.do(chromedp.EmulateViewport(420, 900))
	if got := b.eval("String(document.documentElement.scrollWidth <= 420)"); got != "true" {
		t.Error("the page is wider than a small window")
	}
	b.shoot("control-page-narrow.png")
}
