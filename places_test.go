package krunk_test

import (
	"bufio"
	"io"
	"log"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// issues returns the groups of events in the order in which they arrived, each once.
func issues(t *testing.T, c *krunk.Client, srv *sentrytest.Server) (groups []string) {
	t.Helper()
	if !c.Flush(time.Minute) {
		t.Fatal("Flush timed out")
	}
	for _, ev := range srv.Events() {
		if g := strings.Join(ev.Fingerprint, "|"); !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	return groups
}

// bridge is what a game writes for a logger that Krunk has no bridge for.
type bridge struct{ channel *krunk.Channel }

func (b *bridge) Write(p []byte) (int, error) {
	b.emit(strings.TrimSpace(string(p)))
	return len(p), nil
}

//go:noinline
func (b *bridge) emit(line string) {
	b.channel.Emit(krunk.Entry{Level: krunk.LevelError, Message: line, Plain: true})
}

func TestBridgeOfTheGameShowsTheLineThatLogged(t *testing.T) {
	c, srv := start(t, krunk.Config{})
	l := log.New(&bridge{c.Channel("log")}, "", 0)
	l.Print("lost 1")
	l.Print("lost 2")
	if got := issues(t, c, srv); len(got) != 2 {
		t.Errorf("two lines that log: got issues %q, want 2", got)
	}
	for _, ev := range srv.Events() {
		frames := ev.Exceptions[len(ev.Exceptions)-1].Frames
		if top := frames[len(frames)-1]; top.Function != "TestBridgeOfTheGameShowsTheLineThatLogged" {
			t.Errorf("top frame: got %s, want the test", top.Function)
		}
	}
}

func TestTwoGoroutinesOfOneFunctionAreTwoPlaces(t *testing.T) {
	c, srv := start(t, krunk.Config{})
	w := c.Channel("log").Writer(krunk.LevelError)
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		io.WriteString(w, "cannot load the level\n")
		wg.Done()
	}()
	go func() {
		io.WriteString(w, "cannot reach the lobby\n")
		wg.Done()
	}()
	wg.Wait()
	if got := issues(t, c, srv); len(got) != 2 {
		t.Errorf("got issues %q, want 2", got)
	}
}

func TestLinesOfOthersAreGroupedByTheirText(t *testing.T) {
	lines := "worker 17 failed at 0xc000123\nworker 18 failed at 0xc000456\nno GPU\n"
	for name, pump := range map[string]func(w io.Writer){
		"child process": func(w io.Writer) {
			cmd := exec.Command(os.Args[0], "-test.run=TestChildThatWrites")
			cmd.Env = append(os.Environ(), "KRUNK_CHILD="+lines)
			cmd.Stdout = w
			if err := cmd.Run(); err != nil {
				t.Error(err)
			}
		},
		"pipe": func(w io.Writer) {
			r, in := io.Pipe()
			done := make(chan struct{})
			go func() { io.Copy(w, r); close(done) }()
			io.WriteString(in, lines)
			in.Close()
			<-done
		},
		"buffered": func(w io.Writer) { bufio.NewReader(strings.NewReader(lines)).WriteTo(w) },
	} {
		t.Run(name, func(t *testing.T) {
			c, srv := start(t, krunk.Config{})
			pump(c.Channel("child").Writer(krunk.LevelError))
			got := issues(t, c, srv)
			if len(got) != 2 || !strings.HasSuffix(got[0], "worker # failed at #") || !strings.HasSuffix(got[1], "no GPU") {
				t.Errorf("got issues %q, want one for both workers and one for the GPU", got)
			}
		})
	}
}

// TestChildThatWrites is the child of the test above.
func TestChildThatWrites(t *testing.T) {
	if lines := os.Getenv("KRUNK_CHILD"); lines != "" {
		os.Stdout.WriteString(lines)
		os.Exit(0)
	}
}
