package policy_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// scenario is a fleet under a policy.
type scenario struct {
	name    string
	doc     string // SALT is another one in each run
	clients int
	records int           // of each client
	every   time.Duration // between two records of a client
	keys    uint64        // fingerprints of each client; 0: all alike
	cap     uint32        // in ppm: nobody with a higher bucket is in, so that most need no controller; 0: nobody is left out unasked
	inside  bool          // only clients that are in are looked at, and the rest is worked out: the share is tiny
	share   float64       // of clients, with inside
	byMatch bool          // cap is that of the match
	id      func(*sampling.Identity, int)
}

// The sum of the weights of what is sent, and of what client reports tell at the end, is the number of all records, in all ways in which
// a policy keeps some back. The seeds are fixed.
func TestSumOfWeightsIsTheNumberOfAll(t *testing.T) {
	const hour = `"*":{"send":"off","issue":"error","rate":"10/h"}`
	matches := func(id *sampling.Identity, i int) { id.Match = fmt.Sprint("match-", i/10) }
	platform := func(id *sampling.Identity, i int) { id.Platform = [...]string{"windows", "linux"}[i%2] }
	player := func(id *sampling.Identity, i int) { id.Player = fmt.Sprint("player-", i) }
	named := func(n, step int, set string) string {
		names := make([]string, 0, n)
		for i := range n {
			names = append(names, fmt.Sprintf(`"player-%d"`, i*step))
		}
		return `,"rules":[{"id":"n","when":{"player":[` + strings.Join(names, ",") + `]},"set":` + set + `}]`
	}
	for _, s := range []scenario{
		{name: "clients 10", doc: `"clients":10`, clients: 300, records: 5, cap: 100_000},
		{name: "clients 10, records 25", doc: `"clients":10,"channels":{"net":{"records":25}}`, clients: 300, records: 20, cap: 100_000},
		{name: "channel 5, records 50", doc: `"channels":{"net":{"clients":5,"records":50}}`, clients: 600, records: 20, cap: 50_000},
		{name: "own salt, 20 x 50", doc: `"clients":50,"channels":{"net":{"clients":20,"salt":"SALTown"}}`, clients: 300, records: 5, cap: 500_000},
		{name: "first 3, records 1", doc: `"channels":{"net":{"first":3,"records":1}}`, clients: 10, records: 600, keys: 100, every: time.Second},
		{name: "first 3, records 25, rate", doc: `"channels":{"net":{"first":3,"records":25,"rate":"60/m"}}`, clients: 5, records: 600, keys: 100, every: 100 * time.Millisecond},
		{name: "first 1, records 10, burst", doc: `"channels":{"net":{"first":1,"records":10,"rate":"30/m","burst":30}}`, clients: 5, records: 600, keys: 50, every: 200 * time.Millisecond},
		{name: "by match", doc: `"clients":10,"by":"match"`, clients: 1000, records: 2, cap: 100_000, byMatch: true, id: matches},
		{name: "rule: windows 50, rest 10", doc: `"clients":10,"rules":[{"id":"w","when":{"platform":["windows"]},"set":{"clients":50}}]`, clients: 300, records: 3, cap: 500_000, id: platform},
		{name: "1 percent picked by name", doc: `"clients":10` + named(3, 100, `{"clients":100}`), clients: 300, records: 3, id: player},
		{name: "10 percent named to set send", doc: `"clients":10` + named(30, 10, `{"channels":{"*":{"send":"debug"}}}`), clients: 300, records: 3, cap: 100_000, id: player},
		{name: "rate 60/m at 60/m", doc: `"channels":{"net":{"rate":"60/m"}}`, clients: 1, records: 300, every: time.Second},
		{name: "rate 60/m at 600/m", doc: `"channels":{"net":{"rate":"60/m"}}`, clients: 1, records: 600, every: 100 * time.Millisecond},
		{name: "rate 60/m at 600/m, records 25", doc: `"channels":{"net":{"rate":"60/m","records":25}}`, clients: 4, records: 600, every: 100 * time.Millisecond},
		{name: "rate 60/m at 600/m, clients 10", doc: `"clients":10,"channels":{"net":{"rate":"60/m"}}`, clients: 300, records: 60, every: 100 * time.Millisecond, cap: 100_000},
		{name: "Cautious, 30 errors in an hour", doc: `"clients":10,"channels":{` + hour + `}`, clients: 300, records: 30, every: 2 * time.Minute, cap: 100_000},
		{name: "0.05 x 0.5 percent", doc: `"clients":0.05,"channels":{"net":{"records":0.5}}`, inside: true, share: 0.0005, clients: 4, records: 2000},
		{name: "0.1 x 0.15 percent", doc: `"clients":0.1,"channels":{"net":{"records":0.15}}`, inside: true, share: 0.001, clients: 3, records: 5000},
		{name: "0.01 x 0.25 percent", doc: `"clients":0.01,"channels":{"net":{"records":0.25}}`, inside: true, share: 0.0001, clients: 1, records: 10000},
	} {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				runs, most := enough(200)
				var sum, squares float64
				for run := range runs {
					bias := s.run(t, run)
					sum, squares = sum+bias, squares+bias*bias
				}
				mean := sum / float64(runs)
				err := math.Sqrt(max(squares/float64(runs)-mean*mean, 0) / float64(runs-1))
				t.Logf("bias %+.2f %%, standard error %.2f %%", 100*mean, 100*err)
				if math.Abs(mean) > 3*err+1e-6 || math.Abs(mean) > most {
					t.Errorf("the estimate is off by %+.2f %%, standard error %.2f %%", 100*mean, 100*err)
				}
			})
		})
	}
}

// enough is n runs, in the mean of which no estimate is off by more than 3 %. The race detector and an emulator take ten times as long: there
// a fifth of the runs asks whether an estimate is right, and not how exact it is. As the seeds are fixed, so is the outcome.
func enough(n int) (runs int, most float64) {
	if raceEnabled || os.Getenv("KRUNK_EXEC") != "" {
		return n / 5, 1
	}
	return n, 0.03
}

// run returns by how much the estimate of one run is off, as a share of the truth.
func (s *scenario) run(t *testing.T, run int) float64 {
	salt := fmt.Sprint("s", run)
	doc := []byte(`{"krunk":1,"version":1,"salt":"` + salt + `",` + strings.ReplaceAll(s.doc, "SALT", salt) + `}`)
	sum, truth, dice := 0.0, 0, rand.NewPCG(uint64(run), 7)
	for i, done := 0, 0; done < s.clients; i++ {
		id := sampling.Identity{ID: "client-" + strconv.Itoa(i)}
		if s.inside && policy.Bucket(salt, id.ID) >= uint32(s.share*policy.Million) {
			continue
		}
		done++
		truth += s.records
		if s.id != nil {
			s.id(&id, i)
		}
		drawn := id.ID
		if s.byMatch {
			drawn = id.Match
		}
		if s.cap == 0 || policy.Bucket(salt, drawn) < s.cap {
			sum += s.play(t, id, doc, dice)
		}
	}
	if s.inside {
		sum *= s.share
	}
	return sum/float64(truth) - 1
}

// play records what one client does, and returns for how many records what it sends and tells stands.
func (s *scenario) play(t *testing.T, id sampling.Identity, doc []byte, dice *rand.PCG) (sum float64) {
	ctl, err := sampling.New(id, sampling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ctl.Close()
	if err := ctl.Apply(doc); err != nil {
		t.Fatal(err)
	}
	client, err := policy.Simulate(ctl)
	if err != nil {
		t.Fatal(err)
	}
	net, each := client.Channel("net"), 1.0
	net.SetDice(dice.Uint64)
	for i := range s.records {
		key := uint64(0)
		if s.keys > 0 {
			key = uint64(i) % s.keys
		}
		if v, w := net.Weigh(policy.LevelError, key); v.Reports() {
			sum += w
		}
		time.Sleep(s.every)
	}
	if p, err := sampling.Parse(doc); err == nil && net.Withheld() > 0 {
		if d, err := policy.Explain(p, id, "net", policy.Under{}); err == nil && d.PPM > 0 {
			each = policy.Million / float64(d.PPM)
		}
	}
	return sum + float64(net.Withheld())*each
}

// While a kind of issue is raised, the weights of what is sent of it add up to all of it, and those of all other issues to all of these, each with
// what is told. Every other record is of the raised kind, and every fourth one is a log record.
func TestSumOfWeightsWhileAKindIsRaised(t *testing.T) {
	player := func(id *sampling.Identity, i int) { id.Player = fmt.Sprint("player-", i) }
	const raise = `"kinds":{"9f2c41d0":{"until":"2100-01-01T00:00:00Z","clients":25}}`
	for _, s := range []scenario{
		{name: "records 10", doc: `"clients":10,"channels":{"net":{"send":"warn","records":10}},` + raise, clients: 300, records: 20},
		{name: "channel's own salt", doc: `"clients":50,"channels":{"net":{"send":"warn","clients":20,"salt":"SALTown","records":50}},` + raise, clients: 300, records: 8},
		{name: "rate and first", doc: `"clients":10,"channels":{"net":{"send":"warn","records":10,"first":1,"rate":"60/m","burst":5}},` + raise, clients: 300, records: 40, keys: 5, every: 100 * time.Millisecond},
		{name: "below the cohort", doc: `"clients":50,"channels":{"net":{"send":"warn"}},` + raise, clients: 300, records: 8},
		{name: "a rate of the kind", doc: `"clients":10,"channels":{"net":{"send":"warn"}},"kinds":{"9f2c41d0":{"until":"2100-01-01T00:00:00Z","clients":25,"rate":"30/m"}}`, clients: 300, records: 40, every: 100 * time.Millisecond},
		{name: "ceiling", doc: `"channels":{"net":{"send":"warn","records":50}},"ceiling":{"clients":20,"rate":"120/m"},` + raise, clients: 300, records: 40, every: 100 * time.Millisecond},
		{name: "ceiling of records", doc: `"channels":{"net":{"send":"warn"}},"ceiling":{"clients":80,"records":50},` + raise, clients: 300, records: 20},
		{name: "1 percent picked by name", doc: `"clients":10,"channels":{"net":{"send":"warn","records":50}},` + raise +
			`,"rules":[{"id":"n","when":{"player":["player-0","player-100","player-200"]},"set":{"clients":100}}]`, clients: 300, records: 20, id: player},
	} {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				runs, most := enough(100)
				var sum, squares [3]float64
				for run := range runs {
					for i, bias := range s.raised(t, run) {
						sum[i], squares[i] = sum[i]+bias, squares[i]+bias*bias
					}
				}
				for i, what := range [...]string{"the raised kind", "other issues", "log records"} {
					mean := sum[i] / float64(runs)
					err := math.Sqrt(max(squares[i]/float64(runs)-mean*mean, 0) / float64(runs-1))
					t.Logf("%s: bias %+.2f %%, standard error %.2f %%", what, 100*mean, 100*err)
					if math.Abs(mean) > 3*err+1e-6 || math.Abs(mean) > most {
						t.Errorf("%s: the estimate is off by %+.2f %%, standard error %.2f %%", what, 100*mean, 100*err)
					}
				}
			})
		})
	}
}

// raised is run for a policy that raises a kind: by how much the estimates are off of that kind, of other issues and of log records.
func (s *scenario) raised(t *testing.T, run int) (bias [3]float64) {
	salt := fmt.Sprint("s", run)
	doc := []byte(`{"krunk":1,"version":1,"salt":"` + salt + `",` + strings.ReplaceAll(s.doc, "SALT", salt) + `}`)
	p, err := sampling.Parse(doc)
	if err != nil {
		t.Fatal(err)
	}
	var truth [3]int
	dice := rand.NewPCG(uint64(run), 7)
	for i := range s.clients {
		id := sampling.Identity{ID: "client-" + strconv.Itoa(i)}
		if s.id != nil {
			s.id(&id, i)
		}
		list, err := policy.Raises(p, id, "net", policy.Under{})
		if err != nil {
			t.Fatal(err)
		}
		d, err := policy.Explain(p, id, "net", policy.Under{})
		if err != nil {
			t.Fatal(err)
		}
		quiet := !list[0].Sends && !d.In
		for j := range s.records {
			truth[which(j)]++
		}
		if quiet {
			continue
		}
		for j, n := range s.playRaised(t, id, doc, dice, list[0], d) {
			bias[j] += n
		}
	}
	for i := range bias {
		bias[i] = bias[i]/float64(truth[i]) - 1
	}
	return bias
}

// which is of what the n-th record is.
func which(n int) int { return [...]int{0, 1, 0, 2}[n%4] }

func (s *scenario) playRaised(t *testing.T, id sampling.Identity, doc []byte, dice *rand.PCG, r policy.Raise, d policy.Decision) (sum [3]float64) {
	ctl, err := sampling.New(id, sampling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ctl.Close()
	if err := ctl.Apply(doc, sampling.At{ServerTime: time.Now()}); err != nil {
		t.Fatal(err)
	}
	client, err := policy.Simulate(ctl)
	if err != nil {
		t.Fatal(err)
	}
	net := client.Channel("net")
	net.SetDice(dice.Uint64)
	for j := range s.records {
		key, what := uint64(0), which(j)
		if s.keys > 0 {
			key = uint64(j) % s.keys
		}
		kind, v, w := [...]string{"9f2c41d0", "00000001"}[what&1], policy.Verdict{}, 0.0
		if what == 2 {
			v, w = net.Weigh(policy.LevelWarn, key)
		} else {
			v, w, _ = net.WeighKind(policy.LevelError, key, kind)
		}
		switch {
		case what == 2 && v.Send, what < 2 && v.Issue:
			sum[what] += w
		case what == 0 && r.Sends: // over a rate: told
			sum[0] += policy.Million / float64(r.PPM)
		}
		time.Sleep(s.every)
	}
	if events, logs := net.WithheldBy(); d.PPM > 0 {
		sum[1] += float64(events) * policy.Million / float64(d.PPM)
		sum[2] += float64(logs) * policy.Million / float64(d.PPM)
	}
	return sum
}
