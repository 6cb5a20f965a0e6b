package krunk_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/nethttp"
)

// spotted is an item as Spotlight's page gets it.
type spotted struct {
	Type  string
	Event struct {
		Exception struct {
			Values []struct{ Type, Value string }
		}
		Breadcrumbs struct {
			Values []struct {
				Message string
				Data    map[string]any
			}
		}
		Items []struct{ Body string }
	}
}

// spot reads items from the sidecar's stream, which begins with all that it has, until enough says so.
func spot(t *testing.T, url string, enough func([]spotted) bool) []spotted {
	t.Helper()
	client := http.Client{Timeout: time.Minute} // the stream has no end
	res, err := client.Get(url + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var all []spotted
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data:")
		if !ok {
			continue
		}
		var envelope []json.RawMessage // header, items
		if err := json.Unmarshal([]byte(data), &envelope); err != nil || len(envelope) != 2 {
			t.Fatalf("%v in %.200s", err, data)
		}
		var items [][2]json.RawMessage
		if err := json.Unmarshal(envelope[1], &items); err != nil {
			t.Fatalf("%v in %.200s", err, data)
		}
		for _, it := range items {
			var s spotted
			if err := errors.Join(json.Unmarshal(it[0], &s), json.Unmarshal(it[1], &s.Event)); err != nil {
				t.Fatalf("%v in %.200s", err, it)
			}
			all = append(all, s)
		}
		if enough(all) {
			return all
		}
	}
	t.Fatalf("the stream ended (%v) with %d items: %+v", lines.Err(), len(all), all)
	return nil
}

// A developer's Spotlight shows what a game reports to its plain DSN: errors, their breadcrumbs with the messages, and logs in order.
// .ci/spotlight go test -run TestSpotlight . starts one.
func TestSpotlight(t *testing.T) {
	url := os.Getenv("KRUNK_SPOTLIGHT")
	if url == "" {
		t.Skip("skipped: no KRUNK_SPOTLIGHT; .ci/spotlight go test -run TestSpotlight . starts a sidecar")
	}
	c, err := krunk.Start(krunk.Config{
		DSN: strings.Replace(url, "://", "://public@", 1) + "/42", Transport: nethttp.Default(), Release: "moonfall@1.4.2",
		Channels: map[string]krunk.Thresholds{"net": {Send: "info"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(2 * time.Second)
	if err := c.Probe(time.Minute); err != nil {
		t.Error(err)
	}
	net := c.Channel("net")
	net.Debug("packet lost", krunk.Int("seq", 17))
	net.Debug("world loaded")
	var want []string
	for i := range 12 {
		want = append(want, fmt.Sprintf("joined match %d", i))
		net.Info(want[i])
	}
	net.Report(fmt.Errorf("join: %w", errors.New("connection reset")))
	if !c.Flush(time.Minute) {
		t.Fatalf("not delivered: %+v", c.Stats())
	}
	var logs []string
	items := spot(t, url, func(all []spotted) bool {
		logs = nil
		event := false
		for _, s := range all {
			event = event || s.Type == "event"
			for _, l := range s.Event.Items {
				logs = append(logs, l.Body)
			}
		}
		return event && len(logs) >= len(want)
	})
	if fmt.Sprint(logs) != fmt.Sprint(want) {
		t.Errorf("log records %q, want %q", logs, want)
	}
	for _, s := range items {
		if s.Type != "event" {
			continue
		}
		x, crumbs := s.Event.Exception.Values, s.Event.Breadcrumbs.Values
		if len(x) == 0 || x[len(x)-1].Value != "join: connection reset" {
			t.Errorf("exceptions %+v", x)
		}
		// Its page shows a breadcrumb's data, so the message is there as well.
		if len(crumbs) != 14 || !strings.HasPrefix(crumbs[0].Message, "packet lost") || crumbs[0].Data["message"] != "packet lost" || crumbs[1].Message != "world loaded" {
			t.Errorf("breadcrumbs %+v", crumbs)
		}
	}
}
