package policyserver

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

func TestEffect(t *testing.T) {
	windows := Group{Identity: sampling.Identity{Platform: "windows"}, Clients: 600}
	linux := Group{Identity: sampling.Identity{Platform: "linux"}, Clients: 400}
	volumes := []Volume{{"Net", policy.LevelDebug, 1000}, {"net", policy.LevelInfo, 100}, {"net", policy.LevelError, 10}, {"ui", policy.LevelError, 20}}
	for _, c := range []struct {
		name, from, to string
		after, records float64
	}{
		{"share", `"clients": 10`, `"clients": 50`, 500, 0.05*110 + 0.5*20},
		{"nobody", `"clients": 10`, `"clients": 0`, 0, 0},
		{"tiny", `"clients": 10`, `"clients": 0.01`, 0.1, 0.0001*110 + 0.0001*20},
		{"level", `"info", "clients": 5`, `"debug", "clients": 5`, 100, 0.05*1110 + 0.1*20},
		{"records", `"clients": 5`, `"clients": 5, "records": 25`, 100, 0.05*110*0.25 + 0.1*20},
		{"rate", `"clients": 5`, `"clients": 5, "rate": "3/m"`, 100, 50*0.05 + 0.1*20},
		{"kill", `"enabled": true`, `"enabled": false`, 0, 0},
		{"own salt", `"clients": 5`, `"clients": 50, "salt": "other"`, 100, 0.05*110 + 0.1*20},
		{"rule for a platform", `"channels"`, `"rules": [{"id": "w", "when": {"platform": ["windows"]}, "set": {"clients": 0}}], "channels"`, 40, 400*0.05*0.11 + 400*0.1*0.02},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serving(t, Options{})
			s.Observe(Observation{Clients: 1000, Groups: []Group{windows, linux}, Volumes: volumes})
			doc := strings.Replace(string(policyDoc(1188, 10)), c.from, c.to, 1)
			r, err := s.Publish(t.Context(), []byte(doc), "anna")
			if err != nil {
				t.Fatal(err)
			}
			e := r.Effect
			if near(e.Before.Clients, 100) && near(e.Before.Records, 0.05*110+0.1*20) && near(e.After.Clients, c.after) && near(e.After.Records, c.records) {
				return
			}
			t.Errorf("got %+v -> %+v, want 100 and 7.5 -> %v and %v", e.Before, e.After, c.after, c.records)
		})
	}
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-6*math.Max(1, math.Abs(b)) }

func TestEffectWithoutVolumes(t *testing.T) {
	s := serving(t, Options{})
	for i := range 200 {
		s.HeartbeatEcho(uint64(i), "have=3.1187")
	}
	r, err := s.Publish(t.Context(), policyDoc(1188, 50), "anna")
	if err != nil || r.Effect.Text != "clients reporting 20 -> 100" || r.Effect.After.Records >= 0 {
		t.Errorf("%+v, %v", r.Effect, err)
	}
}

// The rate of "*" is of all channels together, whosever it is: a prediction that takes a channel's own alone is a thousand times too high.
func TestEffectWithinWhatAllChannelsShare(t *testing.T) {
	cautious, err := sampling.Parse(sampling.Cautious())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, channels string
		under          policy.Under
		records        float64
	}{
		{"none", `"net":{"send":"debug"},"ui":{"send":"debug"}`, policy.Under{}, 5020},
		{"of the policy", `"*":{"rate":"60/h"},"net":{"send":"debug","rate":"600/m"},"ui":{"send":"debug"}`, policy.Under{}, 1000 * 60. / 3600},
		{"more than there is", `"*":{"rate":"600/m"},"net":{"send":"debug"}`, policy.Under{}, 5020},
		{"of the compiled default", `"net":{"send":"debug","rate":"600/m"}`, policy.Under{Default: cautious}, 1000 * 10. / 3600},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serving(t, Options{Under: c.under})
			s.Observe(Observation{Clients: 1000, Volumes: []Volume{{"net", policy.LevelDebug, 5000}, {"ui", policy.LevelError, 20}}})
			doc := `{"krunk":1,"epoch":3,"version":1188,"issued":"2026-10-10T12:00:00Z","clients":100,"channels":{` + c.channels + `}}`
			r, err := s.Publish(t.Context(), []byte(doc), "anna")
			if err != nil || !near(r.Effect.After.Records, c.records) {
				t.Errorf("%v, %v records/s, want %v", err, r.Effect.After.Records, c.records)
			}
		})
	}
}

// A large policy and a large observation are predicted in bounded time.
func BenchmarkPredict(b *testing.B) {
	s := serving(b, Options{})
	o := Observation{Clients: 1000}
	for i := range 40 {
		name := "c" + string(rune('a'+i%26)) + string(rune('a'+i/26))
		o.Volumes = append(o.Volumes, Volume{name, policy.LevelDebug, 10})
	}
	for i := range 4 {
		o.Groups = append(o.Groups, Group{Identity: sampling.Identity{Release: "g@1." + string(rune('0'+i))}, Clients: 250})
	}
	s.Observe(o)
	p, _ := sampling.Parse(policyDoc(1188, 20))
	for b.Loop() {
		s.predict(s.current.Load().policy, p)
	}
}

func TestGrouped(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 0.04: "0", 1.25: "1.2", 9.99: "10", 999: "999", 1000: "1,000", 481220.4: "481,220"} {
		if got := grouped(x); got != want {
			t.Errorf("%v: got %s, want %s", x, got, want)
		}
	}
}

func TestMeter(t *testing.T) {
	synctest.Test(t, testMeter) // no time passes between two lines
}

func testMeter(t *testing.T) {
	n := uint64(100)
	counters := func() map[string]uint64 { return map[string]uint64{"net": n, "ui": 5} }
	var m meter
	m.read(counters)
	time.Sleep(2 * time.Second)
	n = 150
	got := m.read(counters)
	if len(got) != 2 || got[0].Channel != "net" || got[0].Count != 150 || got[0].Rate != 25 || got[1].Rate != 0 {
		t.Errorf("got %+v", got)
	}
	time.Sleep(2 * time.Second)
	n = 3 // the program was started again
	if got := m.read(counters); got[0].Rate != 0 {
		t.Errorf("after a restart: %+v", got)
	}
	if got := new(meter).read(nil); got == nil || len(got) != 0 {
		t.Errorf("without counters: %v", got)
	}
}
