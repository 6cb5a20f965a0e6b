package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// TestMain lets a copy of the test binary be the program, so that a real signal can end it.
func TestMain(m *testing.M) {
	if os.Getenv("GAMESERVER_IS_PROGRAM") != "" {
		main()
	}
	os.Exit(m.Run())
}

func quick() []string { return []string{"-heartbeat", "50ms", "-every", "50ms"} }

// console reads what the program prints. Its goroutine ends with the program, so that the program never waits for the test.
type console struct {
	t     *testing.T
	lines chan string
	all   []string
}

// patience is how many lines may pass before one that is waited for: half a minute of status lines.
const patience = 600

func newConsole(t *testing.T, r io.Reader) *console {
	c := &console{t: t, lines: make(chan string, 4*patience)}
	go func() {
		defer close(c.lines)
		for in := bufio.NewScanner(r); in.Scan(); {
			c.lines <- in.Text()
		}
	}()
	return c
}

// until returns the first line that holds all of parts.
func (c *console) until(parts ...string) string {
	c.t.Helper()
	n := 0
next:
	for line := range c.lines {
		c.all = append(c.all, line)
		if n++; n > patience {
			break
		}
		for _, p := range parts {
			if !strings.Contains(line, p) {
				continue next
			}
		}
		return line
	}
	c.t.Fatalf("got no line with %q in\n%s", parts, strings.Join(c.all, "\n"))
	return ""
}

// settles waits for a line with parts in which so many clients report: those that a busy machine keeps waiting have not said
// anything yet in the first ones.
func (c *console) settles(low, high int, parts ...string) {
	c.t.Helper()
	for range patience {
		if n := reporting(c.t, c.until(parts...)); n >= low && n <= high {
			return
		}
	}
	c.t.Fatalf("got no line with %q in which %d to %d clients report\n%s", parts, low, high, strings.Join(c.all[len(c.all)-10:], "\n"))
}

// reporting reads the number of clients from a status line.
func reporting(t *testing.T, line string) int {
	t.Helper()
	m := regexp.MustCompile(`: (\d+) of 1000 clients report; records net \d+ render \d+ ai \d+; `).FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("not a status line: %s", line)
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// publish does what the control page does: it drafts a change and puts the document that came of it.
func publish(t *testing.T, base, change string) {
	t.Helper()
	var draft struct{ Document, Replaces string }
	if err := json.Unmarshal(send(t, "POST", base+"policy/draft", []byte(change)), &draft); err != nil {
		t.Fatal(err)
	}
	send(t, "PUT", base+"policy?replaces="+draft.Replaces, []byte(draft.Document))
}

func send(t *testing.T, method, url string, body []byte) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s, %v\n%s", method, url, a.Status, err, b)
	}
	return b
}

func TestRun(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, w := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(quick(), w, ctx)
		_ = w.Close()
	}()
	c := newConsole(t, r)
	defer func() {
		stop()
		if got := <-code; got != 0 {
			t.Errorf("got exit code %d, want 0\n%s", got, strings.Join(c.all, "\n"))
		}
	}()
	base := c.until("control page")
	base = base[strings.Index(base, "http://"):]
	c.settles(70, 130, "version 1.1:", "; 100 % on 1;")
	if got := string(send(t, "GET", base+"policy", nil)); got != first {
		t.Errorf("document: got %s, want %s", got, first)
	}
	if page := string(send(t, "GET", base, nil)); !strings.Contains(page, "<html") {
		t.Errorf("page: got %q, want HTML", page)
	}
	publish(t, base, `{"clients":50}`)
	c.settles(450, 550, "version 1.2:", "; 100 % on 2;")
	c.until("records net", "version 1.2:")
	counted(t, base)
	publish(t, base, `{"enabled":false}`)
	c.until("version 1.3: 0 of 1000 clients report; ", "; 100 % on 3;")
	stop()
	if line := c.until("ended: "); strings.Contains(line, "ended: 0 events") {
		t.Errorf("got %q, want events of the whole client", line)
	}
}

// counted wants a counter by channel in what the page shows, and a prediction that knows the players.
func counted(t *testing.T, base string) {
	t.Helper()
	var status struct {
		Counters []struct {
			Channel string
			Count   uint64
		}
	}
	if err := json.Unmarshal(send(t, "GET", base+"policy/status", nil), &status); err != nil {
		t.Fatal(err)
	}
	if len(status.Counters) != len(channels) {
		t.Errorf("got counters %v, want one for each of %v", status.Counters, channels)
	}
	for _, c := range status.Counters {
		if c.Count == 0 {
			t.Errorf("%s: no record counted", c.Channel)
		}
	}
	var draft struct {
		Effect struct {
			Text    string
			Clients int
			After   struct{ Records float64 }
		}
	}
	if err := json.Unmarshal(send(t, "POST", base+"policy/draft", []byte(`{"clients":20}`)), &draft); err != nil {
		t.Fatal(err)
	}
	if e := draft.Effect; !strings.HasPrefix(e.Text, "clients reporting 500 -> 200; ") || e.Clients != 1000 || e.After.Records <= 0 {
		t.Errorf("predicted %+v, want clients reporting 500 -> 200 of 1000 and records", e)
	}
}

// TestFor: -for ends it, with the page and the document served until then.
func TestFor(t *testing.T) {
	var out strings.Builder
	if code := run(append(quick(), "-for", "300ms", "-clients", "20"), &out, t.Context()); code != 0 {
		t.Errorf("got exit code %d, want 0\n%s", code, out.String())
	}
	for _, want := range []string{"audit ", "control page  http://127.0.0.1:", "/policy\n", "version 1.1: ", " of 20 clients report", "\nended: "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got no %q in\n%s", want, out.String())
		}
	}
}

// TestInterrupt ends the real program by a signal.
func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "js" {
		t.Skip("no process can be interrupted by another one on " + runtime.GOOS)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], quick()...)
	cmd.Env = append(os.Environ(), "GAMESERVER_IS_PROGRAM=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := newConsole(t, out)
	c.until("version 1.1: ")
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	c.until("ended: ")
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGINT: %v", err)
	}
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		code int
		out  string
	}{
		{"help", []string{"-h"}, 0, "simulated clients, 1 to 100000"},
		{"unknown flag", []string{"-port", "80"}, 2, "flag provided but not defined: -port"},
		{"argument", []string{"go"}, 2, `unknown argument "go"`},
		{"no clients", []string{"-clients", "0"}, 2, "-clients 0; write 1 to 100000"},
		{"fast heartbeat", []string{"-heartbeat", "1ms"}, 2, "-heartbeat 1ms; write at least 10ms"},
		{"fast status", []string{"-every", "0"}, 2, "-every 0s; write at least 10ms"},
		{"negative time", []string{"-for", "-1s"}, 2, "-for -1s; write 0 or more"},
		{"address without port", []string{"-addr", "localhost"}, 2, `-addr "localhost"`},
		{"all addresses", []string{"-addr", ":8080"}, 2, `-addr ":8080" is not loopback`},
		{"other machines", []string{"-addr", "192.0.2.1:8080"}, 2, `-addr "192.0.2.1:8080" is not loopback`},
	} {
		var out strings.Builder
		if code := run(c.args, &out, t.Context()); code != c.code || !strings.Contains(out.String(), c.out) {
			t.Errorf("%s: got %d and %q, want %d and %q in it", c.name, code, out.String(), c.code, c.out)
		}
	}
}

// TestAddressTaken: the reason is told, and nothing is left behind.
func TestAddressTaken(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	var out strings.Builder
	if code := run([]string{"-addr", s.Listener.Addr().String()}, &out, t.Context()); code != 1 || !strings.Contains(out.String(), "write another -addr") {
		t.Errorf("got %d and %q, want 1 and what to write", code, out.String())
	}
}

func TestLocal(t *testing.T) {
	for _, c := range []struct {
		remote, host string
		ok           bool
	}{
		{"127.0.0.1:4000", "127.0.0.1:8080", true},
		{"127.0.0.1:4000", "localhost:8080", true},
		{"127.0.0.1:4000", "localhost", true},
		{"[::1]:4000", "[::1]:8080", true},
		{"192.0.2.7:4000", "127.0.0.1:8080", false},
		{"127.0.0.1:4000", "game.example:8080", false},
		{"127.0.0.1:4000", "localhost.example", false},
		{"127.0.0.1:4000", "", false},
	} {
		r := httptest.NewRequest("PUT", "http://127.0.0.1/policy", nil)
		r.RemoteAddr, r.Host = c.remote, c.host
		who, err := local(r)
		if (err == nil) != c.ok || (who == "operator") != c.ok {
			t.Errorf("from %s to %q: got %q, %v, want let in %v", c.remote, c.host, who, err, c.ok)
		}
	}
}

// TestForeignPage: a page of another origin in the operator's browser changes nothing.
func TestForeignPage(t *testing.T) {
	s, _ := newRig(t)
	for _, header := range []string{"Origin: http://evil.example", "Sec-Fetch-Site: cross-site", "Origin: http://127.0.0.1:1"} {
		r := httptest.NewRequest("POST", "http://127.0.0.1:1/policy?replaces=1.1", strings.NewReader(strings.Replace(first, `"version": 1`, `"version": 2`, 1)))
		r.RemoteAddr = "127.0.0.1:4000"
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if _, v := s.Bytes(); w.Code != http.StatusForbidden || fmt.Sprint(v) != "1.1" {
			t.Errorf("%s: got %d and version %s, want 403 and 1.1", header, w.Code, v)
		}
	}
}
