//go:build !race && (unix || windows)

package runfile_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// A week without a network, four runs a day: the store stays within its bytes, and each event that was captured arrives: a run that waits is cut
// to its envelopes.
func TestWeekOffline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sentrytest.New(sentrytest.Options{})
		var kept console
		captured, runs := 0, 28
		for run := range runs {
			cfg := kept.config(transport.Func(offline))
			cfg.DSN = srv.DSN()
			c := start(t, cfg)
			for i := range 20 {
				c.Channel(fmt.Sprint("net", i)).Report(fmt.Errorf("error %d.%d", run, i))
			}
			if run%4 == 0 {
				c.ReportPanic(fmt.Sprint("crash ", run))
				captured++
			}
			captured += 20
			time.Sleep(6 * time.Hour)
			if c.Close(time.Second) {
				t.Fatal("delivered without a network")
			}
			if n := len(kept.data); n > 6<<20 {
				t.Fatalf("%d bytes are kept after run %d", n, run)
			}
		}
		cfg := kept.config(srv.Transport())
		cfg.DSN = srv.DSN()
		c := start(t, cfg)
		c.Report(errors.New("online"))
		if !c.Flush(time.Hour) {
			t.Errorf("flush: %+v", c.Stats())
		}
		c.Flush(time.Hour) // tells what was discarded meanwhile
		c.Close(time.Minute)
		arrived, newest := 0, false
		for _, e := range srv.Events() {
			if title := e.Title(); !strings.Contains(title, "online") {
				arrived++
				newest = newest || strings.Contains(title, "crash 24")
			}
		}
		discarded := 0
		for _, d := range srv.Discards() {
			if d.Category == "error" {
				discarded += int(d.Quantity)
			}
		}
		if !newest || arrived != captured || discarded != 0 {
			t.Errorf("%d arrived and %d were told as discarded of %d; the newest crash: %v; %+v", arrived, discarded, captured, newest, c.Stats())
		}
		t.Logf("%d events of a week: %d arrived, %d told as discarded; %d KiB kept", captured, arrived, discarded, len(kept.data)>>10)
	})
}
