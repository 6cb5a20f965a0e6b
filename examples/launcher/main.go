// Command launcher is a handheld's launcher with telemetry: opt-in, over the studio's own URL, by zerolog, with a random id of the
// installation; what the last run died of is shown, and sent if the player has agreed. It reads what to start from the standard input.
//
//	cd examples/launcher; go run . -tunnel https://telemetry.studio.example/envelope/ -dir /tmp/launcher
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/device"
	"github.com/krunk-go/krunk/krunk/krunkzerolog"
	"github.com/krunk-go/krunk/krunk/runfile"
	"github.com/krunk-go/krunk/transport/nethttp"
)

func main() {
	dsn := flag.String("dsn", "https://key@sentry.example/42", "project that the reports belong to")
	tunnel := flag.String("tunnel", "", "the studio's own URL, which hands them on to it")
	dir := flag.String("dir", ".", "where the launcher keeps its data")
	flag.Parse()
	client, err := krunk.Start(krunk.Config{
		DSN: *dsn, Tunnel: *tunnel, Transport: nethttp.Default(), Release: "launcher@1.4.2",
		RunFile:  runfile.In(filepath.Join(*dir, "reports")), // with the id of the installation, and the player's answer
		Consent:  krunk.Ask,                                  // what is captured before the answer stays here
		Channels: map[string]krunk.Thresholds{"launcher": {Send: "info"}},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	defer client.Close(2 * time.Second)
	defer client.Repanic()
	device.Read().Tell(client)
	bridge := krunkzerolog.NewWriter(client.Channel("launcher"), &krunkzerolog.Options{Flush: client.Flush}) // Fatal flushes too
	log := zerolog.New(zerolog.MultiLevelWriter(zerolog.ConsoleWriter{Out: os.Stderr}, bridge)).With().Timestamp().Logger()
	lines := bufio.NewScanner(os.Stdin)
	if last := client.LastRun(); last.Text() != "" {
		fmt.Printf("The launcher crashed last time. For support: %s\n%s\n", last.Event.SupportCode(), last.Text())
	}
	if client.Answer() == krunk.Ask {
		fmt.Println("May the launcher report crashes? yes or no")
		if !lines.Scan() {
			return // asked again at the next start
		}
		said := map[bool]krunk.Consent{true: krunk.Granted, false: krunk.Denied}
		if err := client.Consent(said[lines.Text() == "yes"]); err != nil {
			log.Warn().Err(err).Msg("consent")
		}
	}
	run(log, lines)
}
