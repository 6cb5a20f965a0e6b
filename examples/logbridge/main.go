// Command logbridge logs the same two records by every logger that Krunk has a bridge for, and shows what arrives: a log record
// with typed fields, and an event with the chain of the error and the stack of who logged. The old output of each logger stays.
// Beside them an audit channel keeps who acted as whom, always sent and never sampled, also while a policy switches the game's own
// reports off.
//
//	cd examples/logbridge; go run .
package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var errReset = errors.New("connection reset by peer")

func dial() error { return fmt.Errorf("dial lobby: %w", errReset) }

// run uses a strict endpoint in this process, which stands for a server.
func run(out io.Writer) error {
	srv := sentrytest.New(sentrytest.Options{AnyTime: true})
	ctl, err := sampling.New(sampling.Identity{ID: "5f0c2c1e"}, sampling.Options{})
	if err != nil {
		return err
	}
	client, err := krunk.Start(krunk.Config{
		DSN: srv.DSN(), Transport: srv.Transport(), Release: "moonfall-server@1.4.2", Sampling: krunk.Steer(ctl),
		Channels: map[string]krunk.Thresholds{"*": {Send: "info"}},
	})
	if err != nil {
		return err
	}
	defer client.Close(10 * time.Second)
	audit, err := newAuditor(srv.DSN(), srv.Transport(), nil)
	if err != nil {
		return err
	}
	for _, b := range bridges() {
		fmt.Fprintf(out, "\n%s, old output:\n", b.name)
		b.log(client, indent{out})
		client.Flush(10 * time.Second)
		arrived(out, srv)
	}

	fmt.Fprintln(out, "\nthe kill switch of a policy, and 100 things done as somebody else:")
	if err := ctl.Apply([]byte(`{"krunk":1,"version":8,"enabled":false}`)); err != nil {
		return err
	}
	game := client.Channel("game")
	for i := range 100 {
		game.Error("not sent")
		if err := audit.as("gm-anna", "p-17", "gave an item", krunk.Int("item", 4400+i)); err != nil {
			return err
		}
	}
	client.Flush(10 * time.Second)
	if !audit.close(10 * time.Second) {
		return fmt.Errorf("audit: not everything was delivered: %+v", audit.client.Stats())
	}
	fmt.Fprintf(out, "  %d events and %d audit records arrived, the last: %s\n", len(srv.Events()), len(srv.Logs()), own(&srv.Logs()[99]))
	if faults := srv.Faults(); len(faults) > 0 {
		return fmt.Errorf("the endpoint complains: %v", faults)
	}
	return nil
}

// arrived tells what came, and forgets it.
func arrived(out io.Writer, srv *sentrytest.Server) {
	fmt.Fprintln(out, "  arrived:")
	for _, l := range srv.Logs() {
		fmt.Fprintf(out, "    log record, %s: %s  %s\n", l.Level, l.Body, own(&l))
	}
	for _, e := range srv.Events() {
		var chain []string
		for _, x := range slices.Backward(e.Exceptions) {
			chain = append(chain, x.Value)
		}
		fmt.Fprintf(out, "    event, %s: %s, in %s\n", e.Level, strings.Join(chain, " < "), e.Top().Function)
	}
	srv.Reset()
}

// own returns the attributes that the game gave.
func own(l *sentrytest.Log) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(l.Attributes)) {
		if !strings.HasPrefix(name, "sentry.") && !strings.HasPrefix(name, "krunk.") && !strings.HasPrefix(name, "code.") {
			list = append(list, fmt.Sprintf("%s=%v", name, l.Attr(name)))
		}
	}
	return strings.Join(list, " ")
}

// indent writes each line behind two spaces.
type indent struct{ to io.Writer }

func (w indent) Write(p []byte) (int, error) {
	_, err := io.WriteString(w.to, "  "+string(p))
	return len(p), err
}
