package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/krunk-go/krunk/sampling/policyserver"
)

// A game in a browser follows a policy server of another origin: the first version, then the kill switch after a hint, which takes
// a conditional request and its preflight.
func TestGameOfAnotherOrigin(t *testing.T) {
	s, err := policyserver.New(new(policyserver.Memory), policyserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(t.Context(), []byte(`{"krunk":1,"epoch":3,"version":7,"clients":50,"poll":{"every":"24h","spread":"1s"}}`), "anna"); err != nil {
		t.Fatal(err)
	}
	policies := httptest.NewServer(s)
	defer policies.Close()
	game := gameServer(t, fmt.Sprintf("globalThis.policyAt = %q;", policies.URL+"/policy"))
	b := tab{t, browser(t)} // once the game is built, which may take longer than all the rest
	b.do(chromedp.Navigate(game))
	b.until(`document.body.textContent.startsWith('runs 3.7 "3.7-')`) // with the tag, which a page reads only if it is told that it may
	if _, err := s.Kill(t.Context(), "", "anna"); err != nil {
		t.Fatal(err)
	}
	b.eval(`hint(); ""`)
	b.until(`document.body.textContent.startsWith('runs 3.8 ') && document.body.textContent.endsWith('killed')`)
}

// gameServer serves a page with the game in it, after a line of script, and returns its address.
func gameServer(t *testing.T, script string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("go", "build", "-o", filepath.Join(dir, "game.wasm"), "-ldflags=-s -w", "./game")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/game.wasm", http.FileServer(http.Dir(dir)))
	mux.Handle("/wasm_exec.js", http.FileServer(http.Dir(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm"))))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><body><script src="wasm_exec.js"></script><script>
			%s
			const go = new Go();
			WebAssembly.instantiateStreaming(fetch("game.wasm"), go.importObject).then((r) => go.run(r.instance));
		</script>`, script)
	})
	game := httptest.NewServer(mux)
	t.Cleanup(game.Close)
	return game.URL
}

// A browser follows redirects by itself and takes the game's headers along: with such headers no redirect is followed, and the game is told.
func TestHeadersStayInABrowser(t *testing.T) {
	open := func(f http.HandlerFunc) *httptest.Server {
		return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Access-Control-Allow-Origin", "*")
			h.Set("Access-Control-Allow-Headers", "X-Game-Token, Krunk-Policy, If-None-Match")
			if r.Method == http.MethodOptions {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			f(w, r)
		}))
	}
	var leaked atomic.Value
	other := open(func(w http.ResponseWriter, r *http.Request) {
		leaked.Store(r.Header.Get("X-Game-Token"))
		fmt.Fprint(w, `{"krunk":1,"version":1}`)
	})
	defer other.Close()
	var sent atomic.Value
	first := open(func(w http.ResponseWriter, r *http.Request) {
		sent.Store(r.Header.Get("X-Game-Token"))
		http.Redirect(w, r, other.URL, http.StatusFound)
	})
	defer first.Close()
	game := gameServer(t, fmt.Sprintf(`globalThis.policyAt = %q; globalThis.gameToken = "secret";`, first.URL+"/policy"))
	b := tab{t, browser(t)}
	b.do(chromedp.Navigate(game))
	b.until(`document.body.textContent.startsWith("runs") && document.body.textContent.includes("fetch")`) // the first request comes within 10 s
	if sent.Load() != "secret" || leaked.Load() != nil {
		t.Errorf("the game's host was sent %v, the other one %v", sent.Load(), leaked.Load())
	}
}
