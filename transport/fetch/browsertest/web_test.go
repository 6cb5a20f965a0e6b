package browsertest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/krunk-go/krunk/transport/sentrytest"
)

const (
	examples = "../../../examples/web"
	key      = "0123456789abcdef0123456789abcdef"
	patience = time.Minute // for what takes a moment; only what never comes takes so long
)

// chromium returns a browser, or skips the test where there is none.
func chromium(t *testing.T) context.Context {
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
		ctx, err := launch(t, path)
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
func launch(t *testing.T, path string) (context.Context, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("ignore-certificate-errors", true),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(profile(t)), chromedp.WSURLReadTimeout(2*time.Minute))
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Minute)
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

// build makes the game once for all tests.
func build(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("go", "build", "-o", filepath.Join(dir, "game.wasm"), "-trimpath", "-ldflags=-s -w", ".")
	cmd.Dir = examples
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return dir
}

// played is a game in a tab, and the endpoint that it reports to.
type played struct {
	t   *testing.T
	ctx context.Context
	url string
	*sentrytest.Server
}

// origin is where the endpoint lies, as the page sees it.
type origin int

const (
	another origin = iota // a port of its own, as Sentry has a host of its own
	same                  // beside the page
	far                   // another one by TLS that takes long to answer a connection, as over a phone's network
)

// slow is a listener whose connections begin late.
type slow struct{ net.Listener }

func (s slow) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	time.Sleep(700 * time.Millisecond)
	return c, err
}

// play serves the game and opens it.
func play(t *testing.T, dir string, where origin) *played {
	ctx := chromium(t)
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	loader, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		t.Fatal(err)
	}
	p := &played{t: t, ctx: ctx}
	mux := http.NewServeMux()
	page := httptest.NewServer(mux)
	t.Cleanup(page.Close)
	p.url = page.URL
	var dsn string
	switch where {
	case same:
		p.Server = sentrytest.New(sentrytest.Options{Key: key})
		mux.Handle("/api/", p.Server)
		dsn = strings.Replace(page.URL, "://", "://"+key+"@", 1) + "/42"
	case far:
		p.Server = sentrytest.New(sentrytest.Options{Key: key})
		srv := httptest.NewUnstartedServer(p.Server)
		srv.Listener = slow{srv.Listener}
		srv.StartTLS()
		t.Cleanup(srv.Close)
		dsn = strings.Replace(srv.URL, "://", "://"+key+"@", 1) + "/42"
	default:
		p.Server = sentrytest.Start(sentrytest.Options{Key: key})
		dsn = p.Server.DSN()
	}
	t.Cleanup(p.Server.Close)
	mux.Handle("/", http.FileServer(http.Dir(examples)))
	mux.Handle("/game.wasm", http.FileServer(http.Dir(dir)))
	mux.HandleFunc("/wasm_exec.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprintf(w, "globalThis.krunkDSN = %q;\n%s", dsn, loader)
	})
	p.open()
	return p
}

func (p *played) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// open loads the page, perhaps again, and waits for the game.
func (p *played) open() {
	p.t.Helper()
	p.do(chromedp.Navigate(p.url))
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[bool](`document.getElementById("out").textContent == "ready"`, chromedp.WithPollingTimeout(patience))); err != nil {
		p.t.Fatalf("the game does not start: %v", err)
	}
}

// arrived waits until the endpoint has what is asked for.
func (p *played) arrived(what string, ok func(*sentrytest.Server) bool) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, patience)
	defer stop()
	if !p.Wait(ctx, ok) {
		var titles []string
		for _, e := range p.Events() {
			titles = append(titles, e.Title())
		}
		p.t.Fatalf("%s did not arrive; %d requests, events %q, faults %v", what, p.Requests(), titles, p.Faults())
	}
}

func titled(title string) func(*sentrytest.Server) bool {
	return func(s *sentrytest.Server) bool { return find(s, title) != nil }
}

func find(s *sentrytest.Server, title string) *sentrytest.Event {
	for _, e := range s.Events() {
		if strings.Contains(e.Title(), title) {
			return &e
		}
	}
	return nil
}

func TestGame(t *testing.T) {
	dir := build(t)
	for _, tt := range []struct {
		name  string
		where origin
	}{{"another origin", another}, {"same origin", same}} {
		t.Run(tt.name, func(t *testing.T) {
			p := play(t, dir, tt.where)
			p.do(chromedp.Click("#report"))
			p.arrived("an error", titled("connection reset"))
			p.do(chromedp.Click("#panic"))
			p.arrived("a panic", titled("assignment to entry in nil map"))
			p.arrived("a log record", func(s *sentrytest.Server) bool { return len(s.Logs()) > 0 })
			e := find(p.Server, "nil map")
			if e.Top().Function != "(*game).step" || len(e.Breadcrumbs) == 0 || e.Contexts["browser"]["name"] != "Chrome" {
				t.Errorf("top frame %s, %d breadcrumbs, browser %v", e.Top().Function, len(e.Breadcrumbs), e.Contexts["browser"])
			}
			p.do(chromedp.Click("#spike"))
			p.arrived("a spike of 500", func(s *sentrytest.Server) bool { return len(s.Events()) >= 502 })
			p.Verify(t)
		})
	}
}

// What the page reports in its last instant is sent while it goes, and the browser finishes that when the page is gone: the server
// is so far that there is no connection yet. A page with a listener for unload is gone for good, others rest in a cache.
func TestPageCloses(t *testing.T) {
	p := play(t, build(t), far)
	p.do(chromedp.Evaluate[chromedp.Void](`addEventListener("unload", () => {}); addEventListener("pagehide", () => document.getElementById("report").click(), { capture: true }); location.href = "about:blank"`))
	p.arrived("the report of a page that is gone", titled("connection reset"))
	p.Verify(t)
}

// The game dies, and the page that is loaded next tells of it.
func TestLastCrash(t *testing.T) {
	p := play(t, build(t), another)
	p.do(chromedp.Click("#die"))
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[bool](`localStorage.getItem("krunk.crash") !== null`, chromedp.WithPollingTimeout(patience))); err != nil {
		t.Fatalf("the crash was not kept: %v", err)
	}
	p.open()
	p.arrived("the crash", titled("the world is gone"))
	e := find(p.Server, "the world is gone")
	x := e.Exceptions[len(e.Exceptions)-1]
	if e.Level != "fatal" || e.Handled() || x.Mechanism.Type != "auto.go.crash" || len(x.Frames) == 0 || !strings.Contains(x.Frames[len(x.Frames)-1].Function, "die") {
		t.Errorf("level %s, exception %+v; want a death in game.die", e.Level, x)
	}
	if e.Contexts["krunk"]["unverified"] != true {
		t.Errorf("contexts.krunk %v; want a mark that nobody knows who wrote the text", e.Contexts["krunk"])
	}
	p.Verify(t)
}

// What another script of the page's origin planted as a crash is no more than a long text: cut, without secrets, marked.
func TestPlantedCrash(t *testing.T) {
	p := play(t, build(t), another)
	p.do(chromedp.Evaluate[chromedp.Void](`localStorage.setItem("krunk.crash", "panic: /home/anna/x token=hunter2\ngoroutine 1 [running]:\n" + "\u0000\ud800main.f(0x1)\n".repeat(200000))`))
	p.open()
	p.arrived("the planted crash", titled("panic"))
	e := find(p.Server, "panic")
	if raw := string(e.Raw); len(raw) > 64<<10 || strings.Contains(raw, "anna") || strings.Contains(raw, "hunter2") || e.Contexts["krunk"]["unverified"] != true {
		t.Errorf("%d bytes: %.2000s", len(raw), raw)
	}
	p.do(chromedp.Click("#report"))
	p.arrived("what the game reports after that", titled("connection reset"))
	p.Verify(t)
}
