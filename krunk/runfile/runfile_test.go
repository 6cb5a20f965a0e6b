//go:build unix || windows

package runfile_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/folder"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/runfile"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/http1"
)

// TestMain is a game where it is told to be one.
func TestMain(m *testing.M) {
	dir, dsn, run := os.Getenv("KRUNK_DIR"), os.Getenv("KRUNK_DSN"), os.Getenv("KRUNK_RUN")
	switch how := os.Getenv("KRUNK_GAME"); how {
	case "":
	case "storm", "calm":
		storm(dir, dsn, run, how == "calm")
	case "doubts":
		doubts(dir, os.Getenv("KRUNK_KIND"), os.Getenv("KRUNK_HOW"))
		os.Exit(0)
	case "heir":
		cfg := config(dir, http1.Default())
		cfg.DSN = dsn
		c, err := krunk.Start(cfg)
		if err != nil {
			panic(err)
		}
		fmt.Println("here")
		c.Flush(time.Minute)
		os.Exit(0)
	default:
		game(how, dir, dsn)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func offline(transport.Context, *transport.Request) (transport.Response, error) {
	return transport.Response{}, errors.New("no route to host")
}

func config(dir string, tr transport.Transport) krunk.Config {
	return krunk.Config{
		DSN: "https://key@sentry.invalid/1", Transport: tr, Release: "game@1", Environment: "playtest", RunFile: runfile.With(runfile.Options{Dir: dir, Disk: 1 << 30}),
		Channels: map[string]krunk.Thresholds{"*": {Send: "info"}}, Frames: krunk.Frames{Hang: time.Second},
	}
}

func start(t testing.TB, cfg krunk.Config) *krunk.Client {
	t.Helper()
	c, err := krunk.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// until waits until something is so, for as long as a busy machine may take.
func until(so func() bool) {
	for begin := time.Now(); !so() && time.Since(begin) < time.Minute; {
		time.Sleep(time.Millisecond)
	}
}

// game captures one of everything, tells the ids, and ends as it is told.
func game(how, dir, dsn string) {
	cfg := config(dir, transport.Func(offline))
	cfg.Panics.Wait = 50 * time.Millisecond
	if dsn != "" {
		cfg.DSN = dsn
	}
	if os.Getenv("KRUNK_ASK") != "" {
		cfg.Consent = krunk.Ask
	}
	c, err := krunk.Start(cfg)
	if err != nil {
		panic(err)
	}
	if os.Getenv("KRUNK_RINGS") != "" {
		rings(c)
	}
	net := c.Channel("net.http")
	c.SetTag("map", "dust")
	net.Debug("connecting", krunk.Int("try", 3))
	net.Info("hello")
	fmt.Println(net.Report(errors.New("early")))
	c.Flush(50 * time.Millisecond)
	c.SetTag("map", "aztec")
	fmt.Println(net.Report(errors.New("late")))
	switch how {
	case "kill":
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			_ = self.Kill()
		}
	case "exit":
	case "no":
		if err := say(c, krunk.Denied); err != nil {
			panic(err)
		}
	case "lines":
		saysLines(c)
	case "flips":
		flips(c, net)
	case "denied, then granted":
		saysNoThenYes(c, net, dir)
	case "close":
		c.Close(50 * time.Millisecond)
	case "goroutine":
		go func() { panic("nobody wrapped me") }()
		select {}
	case "main":
		defer c.Repanic()
		panic("main knew")
	case "recovered, then another":
		func() {
			defer c.Recover()
			panic("this frame was dropped")
		}()
		go func() { panic("nobody wrapped me") }()
		select {}
	case "map":
		runtime.GOMAXPROCS(8) // the kernel takes the processor in the middle of a write, which the runtime does not
		m := make(map[int]int)
		for range 8 {
			go func() {
				for i := 0; ; i++ {
					m[i&7]++
				}
			}()
		}
		select {}
	default:
		end(c, how)
	}
}

// play runs a game and returns what it told.
func play(t testing.TB, how, dir string, env ...string) []string {
	t.Helper()
	cmd := again()
	cmd.Env = append(append(cmd.Env, "KRUNK_GAME="+how, "KRUNK_DIR="+dir), env...)
	out, err := cmd.Output()
	if len(out) == 0 {
		t.Fatalf("%s: told nothing: %v", how, err)
	}
	return strings.Fields(string(out))
}

// inbox is a transport that keeps what it gets.
type inbox struct {
	mu  sync.Mutex
	got []string // guarded by mu
}

func (b *inbox) Send(_ transport.Context, r *transport.Request) (transport.Response, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got = append(b.got, string(r.Body))
	return transport.Response{Status: 200}, nil
}

func (b *inbox) all() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.got, "\n")
}

func files(t testing.TB, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "runs", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// However a program ends, what it had captured is sent by the next one, once.
func TestNextStartSendsTheRest(t *testing.T) {
	for _, how := range []string{"kill", "exit", "close", "goroutine"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(folder.Held(t), "a", "b")
			ids := play(t, how, dir)
			if n := len(files(t, dir)); n != 1 {
				t.Fatalf("%d files after a death, want 1", n)
			}
			var box inbox
			c := start(t, config(dir, &box))
			if !c.Flush(time.Minute) {
				t.Errorf("flush: %+v", c.Stats())
			}
			c.Close(time.Minute)
			all := box.all()
			for text, n := range map[string]int{
				`"value":"early"`: 1, `"value":"late"`: 1, `"body":"hello"`: 1, `"map":"dust"`: 1, `"map":"aztec"`: 1, `connecting try=3`: 2,
				`"release":"game@1"`: 2, ids[0]: 2, ids[1]: 2,
			} {
				if got := strings.Count(all, text); got < n || got > n && !strings.Contains(text, "release") && how != "goroutine" {
					t.Errorf("%s: %d times, want %d", text, got, n)
				}
			}
			if n := files(t, dir); len(n) != left() {
				t.Errorf("left %v", n)
			}
			if t.Failed() {
				t.Log(all)
			}
		})
	}
}

// A run of another project waits for its own client.
func TestAnotherProject(t *testing.T) {
	dir := folder.Held(t)
	play(t, "kill", dir)
	var box inbox
	cfg := config(dir, &box)
	cfg.DSN = "https://key@sentry.invalid/2"
	c := start(t, cfg)
	c.Flush(time.Minute)
	c.Close(time.Minute)
	if all := box.all(); strings.Contains(all, "early") {
		t.Errorf("another project got %s", all)
	}
	if n := files(t, dir); len(n) != 1+left() {
		t.Errorf("left %v", n)
	}
}

// Where no file can be, the client lives on the heap and says why.
func TestNoFile(t *testing.T) {
	plain := filepath.Join(folder.Held(t), "file")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var box inbox
	c := start(t, config(plain, &box))
	c.Report(errors.New("boom"))
	if !c.Close(time.Minute) || !strings.Contains(box.all(), "boom") || !strings.Contains(c.Stats().RunFile, plain) {
		t.Errorf("stats %+v", c.Stats())
	}
}

func TestBadOptions(t *testing.T) {
	for name, o := range map[string]runfile.Options{
		"no directory": {}, "Options.Disk": {Dir: "x", Disk: 5}, "Options.Outbox": {Dir: "x", Outbox: -1}, "Options.Age": {Dir: "x", Age: time.Second},
	} {
		_, err := krunk.Start(krunk.Config{RunFile: runfile.With(o)})
		if err == nil || !strings.Contains(err.Error(), "Config.RunFile: "+name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// The install id is the player of whom the game says nothing, the same in every run.
func TestInstall(t *testing.T) {
	dir := folder.Held(t)
	ids := make(map[string]int)
	for range 3 {
		var box inbox
		c := start(t, config(dir, &box))
		c.Report(errors.New("nobody is logged in"))
		if sticky := c.Sampling().Status().Sticky; !sticky {
			t.Error("the share is drawn anew at each start")
		}
		c.SetUser(krunk.User{ID: "ann"})
		c.Report(errors.New("ann is"))
		c.SetUser(krunk.User{})
		c.Report(errors.New("ann has left"))
		c.Close(time.Minute)
		for _, part := range strings.Split(box.all(), `"user":{"id":"`)[1:] {
			id, _, _ := strings.Cut(part, `"`)
			ids[id]++
		}
	}
	if len(ids) != 2 || ids["ann"] != 3 {
		t.Errorf("players %v, want ann three times and one install id six times", ids)
	}
	if err := os.WriteFile(filepath.Join(dir, "install"), []byte("what is this"), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, config(dir, new(inbox))).Close(0)
	if b, _ := os.ReadFile(filepath.Join(dir, "install")); len(b) != 32 {
		t.Errorf("a broken id was left as it is: %q", b)
	}
}

// More memory than a file that can be read again has room for is refused, and what it says then is taken.
func TestMostMemory(t *testing.T) {
	cfg := config(folder.Held(t), transport.Func(offline))
	cfg.Memory = 224<<20 + 1
	_, err := krunk.Start(cfg)
	if want := "krunk: Config.RunFile: a file for Config.Memory of 234881025 bytes could not be read again; write at most 234881024"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if cfg.Memory--; cfg.RunFile.Check(cfg.Memory) != nil {
		t.Error(cfg.RunFile.Check(cfg.Memory))
	}
}
