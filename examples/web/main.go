//go:build !js

// Command web serves a small game with Krunk in it to a browser, and a strict Sentry endpoint of another origin that it reports to.
//
//	go run ./examples/web
//
// It builds the game for js/wasm with the go tool, says which page to open, and prints what arrives.
package main

import (
	"embed"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/krunk-go/krunk/transport/sentrytest"
)

//go:embed index.html crash.js
var page embed.FS

func main() {
	addr := flag.String("addr", "127.0.0.1:8099", "address of the page")
	flag.Parse()
	if err := run(*addr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(addr string) error {
	dir, err := os.MkdirTemp("", "krunk-web")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := build(dir); err != nil {
		return err
	}
	endpoint := sentrytest.Start(sentrytest.Options{})
	defer endpoint.Close()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("%w; choose another address with -addr", err)
	}
	srv := &http.Server{Handler: handler(dir, endpoint.DSN()), ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(l) }()
	defer srv.Close()
	fmt.Printf("open http://%s; what arrives is printed here, Ctrl-C ends\n", l.Addr())
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt)
	watch(endpoint, interrupt)
	return nil
}

// build makes game.wasm of this very package, and takes the loader that belongs to the go tool in use.
func build(dir string) error {
	cmd := exec.Command("go", "build", "-o", filepath.Join(dir, "game.wasm"), "-trimpath", "-ldflags=-s -w", "github.com/krunk-go/krunk/examples/web")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("go env GOROOT: %w", err)
	}
	loader, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "wasm_exec.js"), loader, 0o600)
}

// handler serves the page, with the DSN in front of the loader.
func handler(dir, dsn string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServerFS(page))
	mux.Handle("/game.wasm", http.FileServer(http.Dir(dir)))
	mux.HandleFunc("/wasm_exec.js", func(w http.ResponseWriter, r *http.Request) {
		loader, err := os.ReadFile(filepath.Join(dir, "wasm_exec.js"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprintf(w, "globalThis.krunkDSN = %q;\n%s", dsn, loader)
	})
	return mux
}

// watch prints events as they arrive.
func watch(endpoint *sentrytest.Server, stop <-chan os.Signal) {
	seen, faults := 0, 0
	for {
		select {
		case <-stop:
			fmt.Printf("%d events, %d log records\n", len(endpoint.Events()), len(endpoint.Logs()))
			return
		case <-time.After(200 * time.Millisecond):
		}
		events := endpoint.Events()
		if n := len(events) - seen; n > 10 {
			fmt.Printf("%d events more, the last: ", n)
			seen = len(events) - 1
		}
		for ; seen < len(events); seen++ {
			fmt.Printf("%s  %s  %d breadcrumbs\n", events[seen].Level, events[seen].Title(), len(events[seen].Breadcrumbs))
		}
		for all := endpoint.Faults(); faults < len(all); faults++ {
			fmt.Println("fault:", all[faults])
		}
	}
}
