//go:build !bare && !js

package main

import (
	"context"
	"fmt"
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

// chromium returns a browser, or skips the test where there is none.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium here; apt-get install --no-install-recommends chromium")
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
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("use-angle", "swiftshader"), chromedp.Flag("enable-unsafe-swiftshader", true), chromedp.WindowSize(800, 600),
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

// served is the page with the game in it.
func served(t *testing.T, srv *sentrytest.Server) string {
	t.Helper()
	dir := build(t, "game.wasm", []string{"GOOS=js", "GOARCH=wasm"})
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	loader, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(".")))
	mux.Handle("/crash.js", http.FileServer(http.Dir("../web")))
	mux.Handle("/game.wasm", http.FileServer(http.Dir(dir)))
	mux.HandleFunc("/wasm_exec.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprintf(w, "globalThis.krunkDSN = %q;\n%s", srv.DSN(), loader)
	})
	page := httptest.NewServer(mux)
	t.Cleanup(page.Close)
	return page.URL
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// press presses a key until what it does is seen: the engine looks at keys once a tick, and draws slowly without a GPU.
func press(t *testing.T, ctx context.Context, key string, seen func()) {
	t.Helper()
	send := func(event string) {
		do(t, ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
			`document.querySelector("canvas").dispatchEvent(new KeyboardEvent(%q, { code: "Key%s", key: %q, bubbles: true }))`, event, strings.ToUpper(key), key)))
	}
	send("keydown")
	seen()
	send("keyup")
}

// The game in a page: a panic after which it goes on, a storm, a death in a goroutine that nobody looks after, of which the page that is
// loaded next tells.
func TestPage(t *testing.T) {
	srv := endpoint(t)
	url := served(t, srv)
	ctx := chromium(t) // once the game is built, which may take longer than all the rest
	do(t, ctx, chromedp.Navigate(url))
	begun(t, srv)
	press(t, ctx, "c", func() { crashed(t, srv) })
	press(t, ctx, "s", func() { storm(t, srv) })
	time.Sleep(1500 * time.Millisecond) // the line of what Krunk costs is new every second
	shot, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	keep(t, "ebiten-page.png", shot)
	press(t, ctx, "d", func() {
		if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`localStorage.getItem("krunk.crash") !== null`, chromedp.WithPollingTimeout(patience))); err != nil {
			t.Fatalf("the crash was not kept: %v", err)
		}
	})
	do(t, ctx, chromedp.Navigate(url))
	if e := arrived(t, srv, "the world is gone"); e.Handled() || e.Exceptions[0].Mechanism.Type != "auto.go.crash" {
		t.Errorf("%s; want a death", e.Raw)
	}
	srv.Verify(t)
}
