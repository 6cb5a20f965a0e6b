package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
	"github.com/krunk-go/krunk/sampling/signed"
)

func example(t testing.TB) (*source, time.Time) {
	t.Helper()
	b, err := os.ReadFile("testdata/base.json")
	if err != nil {
		t.Fatal(err)
	}
	return &source{doc: b}, time.Date(2026, 10, 10, 13, 0, 0, 0, time.UTC)
}

func crowd(t testing.TB, n int, rates, mix list) *population {
	t.Helper()
	p, err := (&populationSettings{clients: n, seed: 3, matchSize: 20, rates: rates, mix: mix}).population(nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSimulationAgreesWithExplain(t *testing.T) {
	src, now := example(t)
	pop := crowd(t, 3000, nil, list{"release=1.41.0:1,1.42.0:2", "platform=windows,linux"})
	pop.matchSize = 2 // so that some match is drawn
	p, names := mustParse(t, src.doc), []string{"*", "anticheat", "match", "net", "net.http", "render"}
	got, err := pop.simulate(src.doc, names, now)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]int64, len(names))
	var random rand.PCG
	for i := range pop.clients {
		_, id := pop.identity(&random, i)
		for j, name := range names {
			d, err := policy.Explain(p, id, name, policy.Under{Hash: signed.SHA256, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			if d.Send != policy.LevelOff || d.Issue != policy.LevelOff {
				want[j]++
			}
		}
	}
	for j, name := range names {
		if got.channels[j].clients != want[j] || name != "anticheat" && want[j] == 0 {
			t.Errorf("%s: got %d clients, want %d", name, got.channels[j].clients, want[j])
		}
	}
}

func mustParse(t testing.TB, doc []byte) *sampling.Policy {
	t.Helper()
	p, err := sampling.Parse(doc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSimulationIsReproducible(t *testing.T) {
	src, now := example(t)
	pop, names := crowd(t, 5001, list{"net=0.3"}, list{"release=1.41.0,1.42.0"}), []string{"*", "match", "net"}
	was := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(was)
	one, err := pop.simulate(src.doc, names, now)
	if err != nil {
		t.Fatal(err)
	}
	runtime.GOMAXPROCS(3)
	three, err := pop.simulate(src.doc, names, now)
	if err != nil || !reflect.DeepEqual(one, three) {
		t.Errorf("got %+v, %v, want %+v", three, err, one)
	}
	pop.seed++
	if other, _ := pop.simulate(src.doc, names, now); reflect.DeepEqual(one, other) {
		t.Error("another seed makes the same clients")
	}
}

// TestTariff checks the sums by hand: what a client sends is bounded by the share of records, by the rate of the entry that
// states it, shared by all channels below, by the rate of "*" and by the ceiling.
func TestTariff(t *testing.T) {
	for _, c := range []struct {
		name, settings string
		rates          list
		want           map[string]float64 // kept by channel
	}{
		{"free", `"channels":{"a":{"send":"info"}}`, list{"a=7"}, map[string]float64{"a": 7}},
		{"records", `"channels":{"a":{"send":"info","records":25}}`, list{"a=8"}, map[string]float64{"a": 2}},
		{"rate", `"channels":{"a":{"send":"info","rate":"60/m"}}`, list{"a=8"}, map[string]float64{"a": 1}},
		{"records before rate", `"channels":{"a":{"send":"info","records":10,"rate":"60/m"}}`, list{"a=8"}, map[string]float64{"a": 0.8}},
		{"shared", `"channels":{"a":{"send":"info","rate":"4/s"}}`, list{"a.b=6", "a.c=2"}, map[string]float64{"a.b": 3, "a.c": 1}},
		{"own", `"channels":{"a":{"send":"info","rate":"4/s"},"a.c":{"rate":"1/s"}}`, list{"a.b=6", "a.c=2"}, map[string]float64{"a.b": 4, "a.c": 1}},
		{"star", `"channels":{"*":{"send":"info","rate":"2/s"},"a":{"rate":"3/s"}}`, list{"a=9", "b=1"}, map[string]float64{"a": 1.5, "b": 0.5}},
		{"ceiling", `"ceiling":{"rate":"1/s"},"channels":{"a":{"send":"info"},"b":{"send":"info"}}`, list{"a=3", "b=1"}, map[string]float64{"a": 0.75, "b": 0.25}},
		{"off", `"channels":{"a":{"send":"off","issue":"off"}}`, list{"a=3"}, map[string]float64{"a": 0}},
		{"level below", `"channels":{"a":{"send":"info"}}`, list{"a:debug=3"}, map[string]float64{"a": 0}},
		{"killed", `"enabled":false,"channels":{"a":{"send":"info"}}`, list{"a=3"}, map[string]float64{"a": 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := []byte(`{"krunk":1,"version":1,` + c.settings + `}`)
			pop := crowd(t, 10, c.rates, nil)
			names, err := pop.channelNames(&source{doc: doc})
			if err != nil {
				t.Fatal(err)
			}
			pop.emissions["*"] = emission{} // nothing beside what the row says
			got, err := pop.simulate(doc, names, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			for i, name := range names {
				ch := got.channels[i]
				sent := max(whole(ch.logs), whole(ch.events)) / 10
				if want, ok := c.want[name]; ok && math.Abs(sent-want) > 1e-6 {
					t.Errorf("%s: got %g/s for each client, want %g", name, sent, want)
				}
				if total := sent*10 + whole(ch.held); ch.clients > 0 && math.Abs(total-10*pop.emissions.of(name).perSecond) > 1e-5 {
					t.Errorf("%s: %g sent or held back, want %g", name, total, 10*pop.emissions.of(name).perSecond)
				}
			}
		})
	}
}

// TestRaisingOnlyAdds holds the command to what cohorts promise: with the same seed the clients are the same ones.
func TestRaisingOnlyAdds(t *testing.T) {
	src, now := example(t)
	pop, last := crowd(t, 4000, nil, nil), int64(-1)
	for _, clients := range []string{"0", "0.5", "10", "25"} {
		d := textOf(src.doc)
		if err := d.Set("clients", clients, ""); err != nil {
			t.Fatal(err)
		}
		r, err := pop.simulate(d.B, []string{"*"}, now)
		if err != nil {
			t.Fatal(err)
		}
		if r.reporting <= last {
			t.Errorf("clients %s: %d report, %d with less", clients, r.reporting, last)
		}
		last = r.reporting
	}
	if share := float64(last) / 4000; share < 0.23 || share > 0.27 {
		t.Errorf("got a share of %g, want about 0.25", share)
	}
}

// TestForecast checks that each step and end is forecast, that nothing changes in the middle of a simulation, and that more clients
// report with each step.
func TestForecast(t *testing.T) {
	doc := `{"krunk":1,"version":1,"issued":"2026-10-10T12:00:00Z","salt":"s","clients":1,
		"ramp":[{"at":"2026-10-11T12:00:00Z","clients":5},{"at":"2026-10-12T12:00:00Z","clients":25},{"at":"2026-10-13T12:00:00Z","clients":100}],
		"rules":[{"id":"quiet","until":"2026-10-13T12:00:00Z","when":{"from":"2026-10-12T12:00:00Z"},"set":{"channels":{"*":{"issue":"off"}}}}]}`
	path := filepath.Join(t.TempDir(), "p.json")
	if err := os.WriteFile(path, []byte(doc), 0o644); err != nil {
		t.Fatal(err)
	}
	call := func(args ...string) string {
		var out, errs bytes.Buffer
		if code := run(append(args, path), strings.NewReader(""), &out, &errs); code != exitGood {
			t.Fatalf("%v: got %d, %s", args, code, &errs)
		}
		return out.String()
	}
	var r simulated
	if err := json.Unmarshal([]byte(call("simulate", "-clients", "20000", "-now", "2026-10-10T13:00:00Z", "-json")), &r); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range r.Later {
		got = append(got, fmt.Sprint(l.At.Day(), " ", l.What, " ", l.Reporting > 0))
	}
	want := []string{
		`11 [clients 1 -> 5] true`, `12 [clients 5 -> 25 rules["quiet"] starts] false`, `13 [clients 25 -> 100 rules["quiet"] ends] true`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if n := float64(r.Reporting); n < 150 || n > 250 || r.Later[0].Reporting < 900 || r.Later[0].Reporting > 1100 || r.Later[2].Reporting != 20000 {
		t.Errorf("got %d, %+v", r.Reporting, r.Later)
	}
	if out := call("simulate", "-clients", "2000", "-now", "2026-10-10T13:00:00Z"); !strings.Contains(out, "by itself:\n2026-10-11T12:00:00Z  clients 1 -> 5: ") {
		t.Errorf("got %s", out)
	}
	if out := call("explain", "-channel", "net", "-client", "a", "-now", "2026-10-11T13:00:00Z"); !strings.Contains(out, "policy: clients, step 1 of 3, the next is 25 at 2026-10-12T12:00:00Z") || !strings.Contains(out, "starts at 2026-10-12T12:00:00Z") {
		t.Errorf("got %s", out)
	}
}

func TestCost(t *testing.T) {
	r := &simulated{Logs: 500_000, Events: 1000}
	c := prices{PerGB: 0.5, PerEvent: 0.0001875, Bytes: 300}.of(r)
	if c.LogsUSD != 6480 || c.EventsUSD != 16200 || c.TotalUSD != 22680 || math.Abs(c.GB-12960) > 1e-6 {
		t.Errorf("got %+v, want 6480 + 16200 for 12,960 GB", c) // the study's figure for one debug channel left on
	}
	b, err := json.Marshal(c)
	if err != nil || !json.Valid(b) {
		t.Errorf("got %s, %v", b, err)
	}
}
