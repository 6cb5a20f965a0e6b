//go:build unix

package krunk_test

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
)

// A process that was stopped, as by a debugger or a handheld that sleeps, did not hang; one whose frames stop afterwards did.
func TestStopped(t *testing.T) {
	const child = "KRUNK_TEST_STOPPED"
	if os.Getenv(child) != "" {
		stoppedGame()
		os.Exit(0)
	}
	if testing.Short() {
		t.Skip("takes 5 s")
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^TestStopped$")
	cmd.Env = append(os.Environ(), child+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skip("skipped: this system starts no processes: ", err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(out)
	next := func() string {
		lines.Scan()
		return lines.Text()
	}
	if got := next(); got != "beats" {
		t.Fatalf("got %q, want a game that beats", got)
	}
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Skip(err)
	}
	time.Sleep(3 * time.Second)
	cmd.Process.Signal(syscall.SIGCONT)
	in.Write([]byte("\n"))
	if got := next(); got != "events: 0" {
		t.Errorf("behind the stop: got %q, want no event", got)
	}
	in.Write([]byte("\n"))
	if got := next(); got != "events: 1 AppHang" {
		t.Errorf("behind a hang: got %q, want its event", got)
	}
}

// stoppedGame beats until it is told to go on, tells how many events there were, hangs, and tells it once more.
func stoppedGame() {
	var events, hangs int
	c, err := krunk.Start(krunk.Config{
		DSN: "https://key@sentry.invalid/1", Frames: krunk.Frames{Hang: time.Second},
		Transport: transport.Func(func(_ transport.Context, r *transport.Request) (transport.Response, error) {
			events++
			hangs += strings.Count(string(r.Body), `"type":"AppHang","value"`)
			return transport.Response{Status: 200}, nil
		}),
	})
	if err != nil {
		panic(err)
	}
	more := make(chan struct{})
	go func() {
		for in := bufio.NewReader(os.Stdin); ; more <- struct{}{} {
			if _, err := in.ReadString('\n'); err != nil {
				os.Exit(1)
			}
		}
	}()
	tell := func() {
		c.Flush(time.Minute)
		text := "events: 0"
		if events == 1 {
			text = "events: 1"
		}
		os.Stdout.WriteString(text + strings.Repeat(" AppHang", hangs) + "\n")
	}
	beat := func(n int) {
		for range n {
			c.Beat()
			time.Sleep(16 * time.Millisecond)
		}
	}
	beat(20)
	os.Stdout.WriteString("beats\n")
	for stopped := true; stopped; {
		beat(20)
		select {
		case <-more:
			stopped = false
		default:
		}
	}
	beat(40)
	tell()
	<-more // a frame that waits for more than a second
	for begin := time.Now(); c.Stats().Events == 0 && time.Since(begin) < time.Minute; {
		time.Sleep(10 * time.Millisecond)
	}
	tell()
}
