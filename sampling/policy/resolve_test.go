package policy

import (
	"crypto/sha256"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/gate"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

// idBetween returns an id whose bucket with the empty salt lies from low up to high.
func idBetween(low, high uint32) string {
	for i := 0; ; i++ {
		if b := gate.Bucket("", strconv.Itoa(i)); b >= low && b < high {
			return strconv.Itoa(i)
		}
	}
}

func TestResolve(t *testing.T) {
	low, mid, high := idBetween(0, 10_000), idBetween(60_000, 90_000), idBetween(900_000, gate.Million)
	hash := sampling.Identity{ID: high, Player: "anna", Release: "dust514@1.42.0", Platform: "windows", Tags: map[string]string{"flag.x": "on"}}
	for _, row := range []struct {
		name, members, channel string
		id                     sampling.Identity
		trail, send, issue     gate.Level
		in, forced             bool
		ppm                    uint32
	}{
		{"nothing said", ``, "net", sampling.Identity{ID: high}, gate.LevelDebug, gate.LevelOff, gate.LevelError, true, false, gate.Million},
		{"chain at segment boundary", `"channels":{"net":{"send":"info"}}`, "network", sampling.Identity{ID: high}, gate.LevelDebug, gate.LevelOff, gate.LevelError, true, false, gate.Million},
		{"chain per field", `"channels":{"*":{"issue":"fatal"},"net":{"send":"info"},"net.http":{"trail":"trace"}}`, "net.http.h2", sampling.Identity{ID: high}, gate.LevelTrace, gate.LevelInfo, gate.LevelFatal, true, false, gate.Million},
		{"case folds", `"channels":{"Net":{"send":"info"}}`, "NET.http", sampling.Identity{ID: high}, gate.LevelDebug, gate.LevelInfo, gate.LevelError, true, false, gate.Million},
		{"outside keeps its trail", `"clients":10`, "net", sampling.Identity{ID: high}, gate.LevelDebug, gate.LevelOff, gate.LevelOff, false, false, 100_000},
		{"nested: smaller counts", `"clients":10,"channels":{"net":{"clients":5}}`, "net", sampling.Identity{ID: mid}, gate.LevelDebug, gate.LevelOff, gate.LevelOff, false, false, 50_000},
		{"nested: inside both", `"clients":10,"channels":{"net":{"clients":1}}`, "net", sampling.Identity{ID: low}, gate.LevelDebug, gate.LevelOff, gate.LevelError, true, false, 10_000},
		{"top is a ceiling", `"clients":1,"channels":{"net":{"clients":50}}`, "net", sampling.Identity{ID: mid}, gate.LevelDebug, gate.LevelOff, gate.LevelOff, false, false, 10_000},
		{"own salt: product", `"clients":10,"channels":{"net":{"clients":50,"salt":"own"}}`, "net", sampling.Identity{ID: high}, gate.LevelDebug, gate.LevelOff, gate.LevelOff, false, false, 50_000},
		{"by player not set", `"channels":{"net":{"clients":99,"by":"player"}}`, "net", sampling.Identity{ID: low}, gate.LevelDebug, gate.LevelOff, gate.LevelOff, false, false, 990_000},
		{"by player not set, all", `"channels":{"net":{"clients":100,"by":"player"}}`, "net", sampling.Identity{ID: low}, gate.LevelDebug, gate.LevelOff, gate.LevelError, true, false, gate.Million},
		{"by match", `"clients":10,"channels":{"net":{"by":"match"}}`, "net", sampling.Identity{ID: high, Match: low}, gate.LevelDebug, gate.LevelOff, gate.LevelError, true, false, 100_000},
		{"by of all", `"clients":10,"by":"match"`, "net", sampling.Identity{ID: low, Match: high}, gate.LevelDebug, gate.LevelOff, gate.LevelOff, false, false, 100_000},
		{"rules in order", `"rules":[{"id":"a","when":{"env":["x"]},"set":{"channels":{"*":{"send":"info"}}}},{"id":"b","when":{"env":["x"]},"set":{"channels":{"net":{"send":"warn"}}}}]`, "net", sampling.Identity{ID: high, Env: "x"}, gate.LevelDebug, gate.LevelWarn, gate.LevelError, true, false, gate.Million},
		{"rule over exact entry", `"channels":{"net":{"send":"error"}},"rules":[{"id":"a","when":{"env":["x"]},"set":{"channels":{"*":{"send":"info"}}}}]`, "net", sampling.Identity{ID: high, Env: "x"}, gate.LevelDebug, gate.LevelInfo, gate.LevelError, true, false, gate.Million},
		{"and over keys", `"rules":[{"id":"a","when":{"env":["x"],"platform":["linux"]},"set":{"clients":0}}]`, "net", sampling.Identity{ID: high, Env: "x"}, gate.LevelDebug, gate.LevelOff, gate.LevelError, true, false, gate.Million},
		{"or in a list", `"rules":[{"id":"a","when":{"env":["y","x"]},"set":{"clients":0}}]`, "net", sampling.Identity{ID: high, Env: "x"}, gate.LevelDebug, gate.LevelOff, gate.LevelOff, false, false, 0},
		{"not", `"rules":[{"id":"a","when":{"env":["x"],"not":{"region":["eu"]}},"set":{"clients":0}}]`, "net", sampling.Identity{ID: high, Env: "x", Region: "eu"}, gate.LevelDebug, gate.LevelOff, gate.LevelError, true, false, gate.Million},
		{"not elsewhere", `"rules":[{"id":"a","when":{"env":["x"],"not":{"region":["eu"]}},"set":{"clients":0}}]`, "net", sampling.Identity{ID: high, Env: "x", Region: "us"}, gate.LevelDebug, gate.LevelOff, gate.LevelOff, false, false, 0},
		{"not, unknown key", `"rules":[{"id":"a","when":{"env":["x"],"not":{"wind":["eu"]}},"set":{"clients":0}}]`, "net", sampling.Identity{ID: high, Env: "x"}, gate.LevelDebug, gate.LevelOff, gate.LevelError, true, false, gate.Million},
		{"release range", `"rules":[{"id":"a","when":{"release":[">=1.42 <1.43"]},"set":{"clients":0}}]`, "net", hash, gate.LevelDebug, gate.LevelOff, gate.LevelOff, false, false, 0},
		{"release without name", `"rules":[{"id":"a","when":{"release":["1.42.0"]},"set":{"clients":0}}]`, "net", hash, gate.LevelDebug, gate.LevelOff, gate.LevelOff, false, false, 0},
		{"tag", `"rules":[{"id":"a","when":{"tags.flag.x":["on"]},"set":{"clients":0}}]`, "net", hash, gate.LevelDebug, gate.LevelOff, gate.LevelOff, false, false, 0},
		{"allow-list", `"clients":1,"rules":[{"id":"a","when":{"player":["anna"]},"set":{"clients":100,"channels":{"*":{"send":"debug"}}}}]`, "net", hash, gate.LevelDebug, gate.LevelDebug, gate.LevelError, true, true, 0},
		{"allow-list, hashed", `"clients":1,"salt":"","rules":[{"id":"a","when":{"player":["` + hashID("", "anna") + `"]},"set":{"clients":100}}]`, "net", hash, gate.LevelDebug, gate.LevelOff, gate.LevelError, true, true, 0},
		{"allow-list is above the ceiling", `"clients":1,"ceiling":{"clients":2,"send":"error"},"rules":[{"id":"a","when":{"player":["anna"]},"set":{"clients":100,"channels":{"*":{"send":"debug"}}}}]`, "net", hash, gate.LevelDebug, gate.LevelDebug, gate.LevelError, true, true, 0},
		{"allow-list is above a channel's share", `"channels":{"net":{"clients":1}},"rules":[{"id":"a","when":{"player":["anna"]},"set":{"clients":100}}]`, "net", hash, gate.LevelDebug, gate.LevelOff, gate.LevelError, true, true, 0},
		{"ceiling", `"clients":50,"channels":{"*":{"send":"debug"}},"ceiling":{"clients":1,"send":"error"}`, "net", sampling.Identity{ID: low}, gate.LevelDebug, gate.LevelError, gate.LevelError, true, false, 10_000},
		{"order: trail follows", `"channels":{"*":{"send":"trace"}}`, "net", sampling.Identity{ID: low}, gate.LevelTrace, gate.LevelTrace, gate.LevelError, true, false, gate.Million},
		{"order: issue follows", `"channels":{"*":{"send":"fatal"}}`, "net", sampling.Identity{ID: low}, gate.LevelDebug, gate.LevelFatal, gate.LevelFatal, true, false, gate.Million},
		{"kill switch", `"enabled":false`, "net", sampling.Identity{ID: low}, gate.LevelOff, gate.LevelOff, gate.LevelOff, false, false, gate.Million},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := parse(t, doc(row.members))
			d, err := Explain(p, row.id, row.channel, Under{Hash: sha256.Sum256})
			want := gate.Thresholds{Trail: row.trail, Send: row.send, Issue: row.issue}
			if err != nil || thresholds(d) != want || d.In != row.in || d.Forced != row.forced || d.PPM != row.ppm {
				t.Errorf("got %v in=%v forced=%v ppm=%d, %v; want %v in=%v forced=%v ppm=%d", thresholds(d), d.In, d.Forced, d.PPM, err, want, row.in, row.forced, row.ppm)
			}
		})
	}
}

func hashID(salt, id string) string {
	h := sha256.Sum256([]byte(salt + ":" + id))
	return plan.Hashed + plan.HexOf(h[:8])
}

func TestHashedIDWithoutHasherMatchesNobody(t *testing.T) {
	for _, when := range []string{`"player":["` + hashID("", "anna") + `"]`, `"env":["x"],"not":{"player":["` + hashID("", "bob") + `"]}`} {
		p := parse(t, rules(`{"id":"a","when":{`+when+`},"set":{"clients":0}}`))
		d, _ := Explain(p, sampling.Identity{ID: "i", Player: "anna", Env: "x"}, "net", Under{})
		if !d.In || d.Rules[0].Applies {
			t.Errorf("when %s: the rule applied: %+v", when, d.Rules)
		}
	}
}

func TestExplainNamesTheDecider(t *testing.T) {
	p := parse(t, doc(`"clients":10,"channels":{"*":{"rate":"60/h"},"net":{"send":"info","clients":5}},"rules":[{"id":"r","when":{"env":["x"]},"set":{"clients":1,"channels":{"net.http":{"issue":"warn"}}}},{"id":"s","when":{"env":["y"]}}]`))
	if _, err := Explain(p, sampling.Identity{}, "net", Under{Base: map[string]Thresholds{"net": {}, "Net": {Send: "info"}}}); err == nil || !strings.Contains(err.Error(), "stands twice") {
		t.Errorf("a channel that stands twice in Base: %v", err)
	}
	d, _ := Explain(p, sampling.Identity{ID: "a", Env: "x"}, "net.http", Under{Base: map[string]Thresholds{"net": {Trail: "info"}}})
	for field, want := range map[string]string{
		"clients": `rule r: clients`, "channel clients": `policy: channels["net"].clients`, "send": `policy: channels["net"].send`,
		"issue": `rule r: channels["net.http"].issue`, "rate": `policy: channels["*"].rate`, "trail": `compiled: channels["net"].trail`,
		"records": "compiled default", "panics": "compiled default",
	} {
		if d.From[field] != want {
			t.Errorf("%s: got %q, want %q", field, d.From[field], want)
		}
	}
	if len(d.Rules) != 2 || !d.Rules[0].Applies || d.Rules[1].Why != `env: "x" is not in the list` {
		t.Errorf("got %+v", d.Rules)
	}
}

// oracle decides a channel straight from the words of the study, on the settings as text and without any of the
// machinery: levels only, with cohorts.
func oracle(layers []map[string]string, top []string, bucket uint32, name string) gate.Thresholds {
	get := func(field, otherwise string) string {
		v := otherwise
		for _, l := range layers {
			parts := strings.Split(name, ".")
			if x, ok := l["*/"+field]; ok {
				v = x
			}
			for i := range parts {
				if x, ok := l[strings.Join(parts[:i+1], ".")+"/"+field]; ok {
					v = x
				}
			}
		}
		return v
	}
	level := func(field, otherwise string) gate.Level { l, _ := gate.ParseLevel(get(field, otherwise)); return l }
	th := gate.Thresholds{Trail: level("trail", "debug"), Send: level("send", "off"), Issue: level("issue", "error")}
	if th.Send != gate.LevelOff && th.Issue < th.Send {
		th.Issue = th.Send
	}
	if th.Trail != gate.LevelOff {
		th.Trail = min(th.Trail, th.Send, th.Issue)
	}
	all, _ := strconv.Atoi(top[len(top)-1])
	own, _ := strconv.Atoi(get("clients", "100"))
	if min(all, own) < 100 && bucket >= uint32(min(all, own))*10_000 {
		th.Send, th.Issue = gate.LevelOff, gate.LevelOff
	}
	return th
}

func TestPropertyControllerEqualsExplainEqualsOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2026))
	names := []string{"*", "net", "net.http", "net.http.h2", "ui", "ui.hud", "match"}
	word := func(s string) string { w := strings.Fields(s); return w[r.IntN(len(w))] }
	entries := func(l map[string]string) string {
		var out []string
		for _, n := range names {
			if r.IntN(2) == 0 {
				continue
			}
			var f []string
			put := func(k, v string, quote bool) {
				l[n+"/"+k] = v
				if quote {
					v = `"` + v + `"`
				}
				f = append(f, `"`+k+`":`+v)
			}
			for _, choice := range [...][2]string{{"trail", "trace debug off"}, {"send", "debug info warn off"}, {"issue", "warn error fatal off"}} { // in order, as the seed is fixed
				if r.IntN(3) == 0 {
					put(choice[0], word(choice[1]), true)
				}
			}
			if r.IntN(3) == 0 {
				put("clients", strconv.Itoa(r.IntN(101)), false)
			}
			out = append(out, `"`+n+`":{`+strings.Join(f, ",")+`}`)
		}
		return strings.Join(out, ",")
	}
	id := sampling.Identity{ID: "x", Env: "yes"}
	c := simulated(t, id)
	client, err := Simulate(c)
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for version := 1; version <= 2000; version++ {
		layers, tops := []map[string]string{{}}, []string{strconv.Itoa(r.IntN(101))}
		s := `{"krunk":1,"version":` + strconv.Itoa(version) + `,"clients":` + tops[0] + `,"channels":{` + entries(layers[0]) + `},"rules":[`
		for i := range r.IntN(4) {
			if i > 0 {
				s += ","
			}
			l, env, set := map[string]string{}, word("yes no"), ""
			e := entries(l)
			if r.IntN(2) == 0 {
				n := strconv.Itoa(r.IntN(101))
				set = `"clients":` + n + `,`
				if env == "yes" {
					tops = append(tops, n)
				}
			}
			if env == "yes" {
				layers = append(layers, l)
			}
			s += `{"id":"r` + strconv.Itoa(i) + `","when":{"env":["` + env + `"]},"set":{` + set + `"channels":{` + e + `}}}`
		}
		s += "]}"
		c.Update(func(i *sampling.Identity) { i.ID = strconv.Itoa(version); id.ID = i.ID })
		if err := c.Apply([]byte(s)); err != nil {
			if !strings.Contains(err.Error(), "E06") {
				t.Fatalf("%s: %v", s, err)
			}
			continue // levels in the wrong order
		}
		tried++
		p := parse(t, s)
		for _, n := range append(names[1:], "other", "net.httpx") {
			want := oracle(layers, tops, gate.Bucket("", id.ID), n)
			d, _ := Explain(p, id, n, Under{})
			if thresholds(d) != want {
				t.Fatalf("%s\n%s on %s: explain %v, oracle %v", s, id.ID, n, thresholds(d), want)
			}
			for l := LevelTrace; l <= LevelFatal; l++ {
				if got := client.Channel(n).Decide(l); got != shipped(want, l) {
					t.Fatalf("%s\n%s on %s at %v: gate %+v, oracle %+v", s, id.ID, n, l, got, shipped(want, l))
				}
			}
		}
	}
	if tried < 200 {
		t.Errorf("only %d policies were valid", tried)
	}
}

func TestExplainTime(t *testing.T) {
	p := parse(t, rules(`{"id":"r","until":"2026-10-10T14:00:00Z","when":{"env":["x"]},"set":{"clients":0}}`))
	at := time.Date(2026, 10, 10, 14, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		now time.Time
		in  bool
	}{{at.Add(-time.Second), false}, {at, true}} {
		if d, _ := Explain(p, sampling.Identity{ID: "a", Env: "x"}, "net", Under{Now: row.now}); d.In != row.in {
			t.Errorf("at %v: in=%v, want %v: %+v", row.now, d.In, row.in, d.Rules)
		}
	}
}

// shipped is what thresholds mean for a record, without draws.
func shipped(t gate.Thresholds, l Level) Verdict {
	return Verdict{Trail: gate.Level(l) >= t.Trail, Send: gate.Level(l) >= t.Send, Issue: gate.Level(l) >= t.Issue}
}

func thresholds(d Decision) gate.Thresholds {
	return gate.Thresholds{Trail: gate.Level(d.Trail), Send: gate.Level(d.Send), Issue: gate.Level(d.Issue)}
}

// simulated is a controller with one client.
func simulated(t *testing.T, id sampling.Identity) *sampling.Controller {
	t.Helper()
	c, err := sampling.New(id, sampling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Who is in no cohort reports nothing that is counted, also while a kind of issue is raised.
func TestDecideWhileAKindIsRaised(t *testing.T) {
	c, err := sampling.New(sampling.Identity{ID: "c-1"}, sampling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	client, err := Simulate(c)
	if err != nil {
		t.Fatal(err)
	}
	doc := `{"krunk":1,"version":1,"issued":"2026-10-10T12:00:00Z","clients":0,"kinds":{"9f2c41d0":{"until":"2026-10-11T12:00:00Z","clients":100}}}`
	if err := c.Apply([]byte(doc), sampling.At{ServerTime: time.Date(2026, 10, 10, 12, 0, 0, 0, time.UTC)}); err != nil {
		t.Fatal(err)
	}
	if v := client.Channel("net").Decide(LevelError); v != (Verdict{Trail: true}) {
		t.Errorf("got %+v, want a breadcrumb alone", v)
	}
	if v, _, err := client.Channel("net").WeighKind(LevelError, 1, "9f2c41d0"); !v.Issue || err != nil {
		t.Errorf("got %+v and %v of the kind that is raised, want an issue", v, err)
	}
}

// The rate of "*" holds beside a channel's own, also where it is that of what programs are compiled with: whoever asks why so little comes is told.
func TestExplainSaysWhatAllChannelsShare(t *testing.T) {
	cautious, err := sampling.Parse(sampling.Cautious())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ channels, shared, want string }{
		{`"net":{"send":"debug","rate":"600/m"}`, "10/h", `policy: channels["net"].rate, and 10/h of all channels together: default: channels["*"].rate`},
		{`"*":{"rate":"5/m"},"net":{"rate":"600/m"}`, "5/m", `policy: channels["net"].rate, and 5/m of all channels together: policy: channels["*"].rate`},
		{`"*":{"rate":"600/m"}`, "600/m", `policy: channels["*"].rate`},
		{`"net":{"send":"debug"}`, "10/h", `default: channels["*"].rate`},
	} {
		p, err := sampling.Parse([]byte(`{"krunk":1,"version":1,"clients":100,"channels":{` + row.channels + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		d, err := Explain(p, sampling.Identity{ID: "a"}, "net", Under{Default: cautious})
		shared, err2 := SharedRate(p, sampling.Identity{ID: "a"}, Under{Default: cautious})
		if err != nil || err2 != nil || d.From["rate"] != row.want || shared.String() != row.shared {
			t.Errorf("%s: %v, %v, %q, %v, want %q, %s", row.channels, err, err2, d.From["rate"], shared, row.want, row.shared)
		}
	}
}
