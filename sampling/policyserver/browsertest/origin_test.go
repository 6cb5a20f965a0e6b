package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/krunk-go/krunk/sampling/policyserver"
)

// A game in a browser follows a policy server of another origin: the first version, then the kill switch after a hint, which takes
// a conditional request and its preflight.
func TestGameOfAnotherOrigin(t *testing.T) {
	ctx := browser(t)
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
	s, err := policyserver.New(new(policyserver.Memory), policyserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(t.Context(), []byte(`{"krunk":1,"epoch":3,"version":7,"clients":50,"poll":{"every":"24h","spread":"1s"}}`), "anna"); err != nil {
		t.Fatal(err)
	}
	policies := httptest.NewServer(s)
	defer policies.Close()
	mux := http.NewServeMux()
	mux.Handle("/game.wasm", http.FileServer(http.Dir(dir)))
	mux.Handle("/wasm_exec.js", http.FileServer(http.Dir(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm"))))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><body><script src="wasm_exec.js"></script><script>
			globalThis.policyAt = %q;
			const go = new Go();
			WebAssembly.instantiateStreaming(fetch("game.wasm"), go.importObject).then((r) => go.run(r.instance));
		</script>`, policies.URL+"/policy")
	})
	game := httptest.NewServer(mux)
	defer game.Close()
	b := tab{t, ctx}
	b.do(chromedp.Navigate(game.URL))
	b.until(`document.body.textContent.startsWith('runs 3.7 "3.7-')`) // with the tag, which a page reads only if it is told that it may
	if _, err := s.Kill(t.Context(), "", "anna"); err != nil {
		t.Fatal(err)
	}
	b.eval(`hint(); ""`)
	b.until(`document.body.textContent.startsWith('runs 3.8 ') && document.body.textContent.endsWith('killed')`)
}
