package krunk_test

import (
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/nethttp"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// deaths are ways in which a program dies of a panic, each in a process of its own.
var deaths = []struct {
	name, says, title string
	die               func(c *krunk.Client)
}{
	{"Repanic", "panic: boom [recovered", "panic: boom", func(c *krunk.Client) { defer c.Repanic(); panic("boom") }},
	{"Repanic before Close", "panic: boom [recovered", "panic: boom", func(c *krunk.Client) {
		defer c.Repanic()
		defer c.Close(time.Second)
		panic("boom")
	}},
	{"Go", "panic: boom [recovered", "panic: boom", func(c *krunk.Client) {
		c.Go(func() { panic("boom") })
		select {}
	}},
	{"Channel.Go after Close", "panic: boom [recovered", "panic: boom", func(c *krunk.Client) {
		net := c.Channel("net")
		c.Close(time.Second)
		net.Go(func() { panic("boom") })
		select {}
	}},
	{"Go with a sentinel", "panic: net/http: abort Handler [recovered", "net/http: abort Handler", func(c *krunk.Client) {
		c.Go(func() { panic(http.ErrAbortHandler) })
		select {}
	}},
}

// A panic that kills the program is reported first, and then kills it as it would have without Krunk.
func TestDeaths(t *testing.T) {
	const dsn, death = "KRUNK_TEST_DSN", "KRUNK_TEST_DEATH"
	for _, d := range deaths {
		if os.Getenv(death) == d.name {
			c, err := krunk.Start(krunk.Config{DSN: os.Getenv(dsn), Transport: nethttp.Default(), Panics: krunk.Panics{Wait: time.Minute}})
			if err != nil {
				t.Fatal(err)
			}
			d.die(c)
		}
	}
	for _, d := range deaths {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			srv := sentrytest.Start(sentrytest.Options{})
			defer srv.Close()
			cmd := exec.Command(os.Args[0], "-test.run=^TestDeaths$")
			cmd.Env = append(os.Environ(), dsn+"="+srv.DSN(), death+"="+d.name)
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState == nil {
				t.Skip("skipped: this system starts no processes: ", err)
			}
			if code := cmd.ProcessState.ExitCode(); code != 2 || !strings.Contains(string(out), d.says) {
				t.Errorf("exit code %d, want 2 and %q in\n%s", code, d.says, out)
			}
			events := srv.Events()
			if len(events) != 1 || !strings.Contains(events[0].Title(), d.title) {
				t.Fatalf("%d events arrived, want one titled %s (faults %v)", len(events), d.title, srv.Faults())
			}
			if top := events[0].Top(); !strings.HasPrefix(top.Module, "github.com/krunk-go/krunk/krunk_test") {
				t.Errorf("top frame %s of %s, want the place that panicked", top.Function, top.Module)
			}
			srv.Verify(t)
		})
	}
}
