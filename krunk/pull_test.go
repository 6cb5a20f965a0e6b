package krunk_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/signed"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// pullRig is a game of one player whose policies are signed.
type pullRig struct {
	key     signed.Key
	verify  sampling.Verifier
	disk    *memoryStorage
	version int
	limits  sampling.Limits
	ctl     *sampling.Controller
	client  *krunk.Client
	srv     *sentrytest.Server
}

func newPullRig(t *testing.T) *pullRig {
	time.Sleep(26 * 365 * 24 * time.Hour)
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	v, err := signed.New(signed.Keys{"ops": private.Public().(ed25519.PublicKey)})
	if err != nil {
		t.Fatal(err)
	}
	return &pullRig{key: signed.Key{ID: "ops", Private: private}, verify: v, disk: new(memoryStorage), limits: sampling.Limits{Pull: krunk.AllowPull(0, true)}}
}

// start is the start of the game.
func (r *pullRig) start(t *testing.T, o sampling.Options) {
	t.Helper()
	o.Limits, o.Hash = r.limits, signed.SHA256
	if o.Storage == nil {
		o.Storage = sampling.Keep(r.disk)
	}
	if o.Verifier == nil {
		o.Verifier = sampling.Require(r.verify)
	}
	ctl, err := sampling.New(sampling.Identity{ID: "a", Player: "anna"}, o)
	if err != nil {
		t.Fatal(err)
	}
	r.ctl = ctl
	r.client, r.srv = controlled(t, krunk.Config{Sampling: krunk.Steer(ctl)}, "")
}

// apply publishes pulls; nobody is in the cohort.
func (r *pullRig) apply(t *testing.T, pulls string) {
	t.Helper()
	r.version++
	now := time.Now().UTC()
	doc := fmt.Appendf(nil, `{"krunk":1,"version":%d,"issued":%q,"expires":%q,"salt":"w48","clients":0,"pulls":{%s}}`,
		r.version, now.Format(time.RFC3339), now.AddDate(0, 0, 14).Format(time.RFC3339), strings.ReplaceAll(pulls, "UNTIL", now.Add(72*time.Hour).Format(time.RFC3339)))
	sig := ed25519.Sign(r.key.Private, append([]byte("krunk-policy-v1\n"), doc...)) // whatever is wrong with it, which signed.Sign refuses
	if err := r.ctl.Apply(doc, sampling.At{Signature: signed.Header([]sampling.Signature{{Kid: "ops", Sig: sig}})}); err != nil {
		t.Fatal(err)
	}
}

// logs returns the flight logs that came.
func (r *pullRig) logs() (out []sentrytest.Event) {
	synctest.Wait()
	r.client.Flush(time.Second)
	for _, e := range r.srv.Events() {
		if e.LogEntry.Message == "flight log" {
			out = append(out, e)
		}
	}
	return out
}

func playerHash(player string) string { return signed.HashID("w48", player) }

func asks(id, player, more string) string {
	return fmt.Sprintf(`%q:{"until":"UNTIL","player":[%q]%s}`, id, playerHash(player), more)
}

// TestPull checks that a flight log comes for who is named, also from outside of the cohort, once a request also after a restart, and
// once a day.
func TestPull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newPullRig(t)
		r.start(t, sampling.Options{})
		r.client.SetTag("level", "castle")
		r.client.Channel("net").Info("connected")
		r.apply(t, asks("INC-1", "bob", ""))
		r.client.Report(errors.New("stays here"))
		if n := len(r.logs()); n != 0 || strings.Contains(r.ctl.Echo(), "log=") {
			t.Fatalf("%d flight logs for somebody else, echo %q", n, r.ctl.Echo())
		}
		r.apply(t, asks("INC-1", "anna", `,"goroutines":true`))
		list := r.logs()
		if len(list) != 1 {
			t.Fatalf("%d flight logs, want 1", len(list))
		}
		if want := "; log=" + plan.KindName(plan.PullMark("INC-1")); !strings.HasSuffix(r.ctl.Echo(), want) {
			t.Errorf("echo %q, want %q at its end: the page waits for it", r.ctl.Echo(), want)
		}
		e := list[0]
		raw := string(e.Raw)
		for _, want := range []string{`"connected"`, `stays here`, `"request":"INC-1"`, `"history":`, `"threads":`, `TestPull`} {
			if !strings.Contains(raw, want) {
				t.Errorf("the flight log lacks %s: %s", want, raw)
			}
		}
		if e.Tag("level") != "castle" || e.Tag("krunk.sampled") != "forced" || e.Level != "info" {
			t.Errorf("tags %v, level %s", e.Tags, e.Level)
		}
		if n := len(r.srv.Events()); n != 1 {
			t.Errorf("%d events, want the flight log alone", n)
		}
		r.apply(t, asks("INC-1", "anna", ""))
		r.apply(t, asks("INC-2", "anna", "")+","+asks("INC-1", "anna", ""))
		if n := len(r.logs()); n != 1 {
			t.Errorf("%d flight logs on one day, want 1", n)
		}
		r.client.Close(time.Second)

		r.start(t, sampling.Options{})
		if n := len(r.logs()); n != 0 || !strings.Contains(r.ctl.Echo(), "; log=") {
			t.Errorf("%d flight logs again after a restart, echo %q", n, r.ctl.Echo())
		}
		time.Sleep(24 * time.Hour)
		if list := r.logs(); len(list) != 1 || !strings.Contains(string(list[0].Raw), "INC-2") {
			t.Errorf("the next day: %d flight logs, want that of the other request", len(list))
		}
		time.Sleep(24 * time.Hour)
		if n := len(r.logs()); n != 1 {
			t.Errorf("a day later: %d flight logs", n)
		}
		r.client.Close(time.Second)
	})
}

// TestPullIsRefused checks who is not asked.
func TestPullIsRefused(t *testing.T) {
	many := make([]string, 10_000)
	for i := range many {
		many[i] = fmt.Sprintf(`"sha256:%016x"`, i)
	}
	anna := asks("INC-1", "anna", "")
	for _, row := range []struct {
		name, pulls string
		change      func(r *pullRig, o *sampling.Options)
	}{
		{"not allowed", anna, func(r *pullRig, o *sampling.Options) { r.limits = sampling.Limits{} }},
		{"not signed", anna, func(r *pullRig, o *sampling.Options) { o.Verifier = unsignedSeal(r) }},
		{"over", strings.Replace(anna, "UNTIL", time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Format(time.RFC3339), 1), nil},
		{"a name that everybody can read", `"INC-1":{"until":"UNTIL","player":["anna"]}`, nil},
		{"no end", strings.Replace(anna, `"until":"UNTIL",`, "", 1), nil},
		{"two kinds of ids", `"INC-1":{"until":"UNTIL","player":["` + playerHash("anna") + `"],"match":["m"]}`, nil},
		{"thirty-three players", `"INC-1":{"until":"UNTIL","player":["` + playerHash("anna") + `",` + strings.Join(many[:32], ",") + `]}`, nil},
		{"malformed", `"INC-1":7`, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newPullRig(t)
				var o sampling.Options
				if row.change != nil {
					row.change(r, &o)
				}
				r.start(t, o)
				r.apply(t, row.pulls)
				if n := len(r.logs()); n != 0 {
					t.Errorf("%d flight logs", n)
				}
				r.client.Close(time.Second)
			})
		})
	}
}

// unsignedSeal returns what accepts unsigned policies.
func unsignedSeal(r *pullRig) sampling.Seal { return sampling.Require(anyone{}) }

type anyone struct{}

func (anyone) Verify([]byte, []sampling.Signature) (string, error) { return "", nil }

// TestPullHoldsItsBudget checks that a flight log is no longer than policy and program say, the shorter of both.
func TestPullHoldsItsBudget(t *testing.T) {
	for _, row := range []struct{ policy, program, want int }{{8192, 0, 8192}, {0, 6000, 6000}, {8192, 6000, 6000}, {6000, 8192, 6000}} {
		synctest.Test(t, func(t *testing.T) {
			r := newPullRig(t)
			r.limits.Pull = krunk.AllowPull(row.program, false)
			r.start(t, sampling.Options{})
			for i := range 200 {
				r.client.Channel("net").Info(fmt.Sprintf("packet %d of %x", i, sha256.Sum256([]byte{byte(i)})))
			}
			more := `,"goroutines":true`
			if row.policy > 0 {
				more += fmt.Sprintf(`,"bytes":%d`, row.policy)
			}
			r.apply(t, asks("INC-1", "anna", more))
			list := r.logs()
			if len(list) != 1 || len(list[0].Raw) > row.want || len(list[0].Raw) < row.want/2 || list[0].Threads != nil {
				t.Errorf("%+v: %d flight logs", row, len(list))
				for _, e := range list {
					t.Errorf("of %d bytes, threads %v", len(e.Raw), e.Threads)
				}
			}
			r.client.Close(time.Second)
		})
	}
}

// TestPullTakesNothingAlong checks that a flight log is what AllowPull says and no attachment, and that its budget is that of no other event.
func TestPullTakesNothingAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newPullRig(t)
		r.limits.Pull = krunk.AllowPull(2000, false)
		r.start(t, sampling.Options{})
		read := 0
		if err := r.client.Attach(krunk.Attachment{Name: "map", Every: true, Read: func(int) ([]byte, error) { read++; return make([]byte, 10_000), nil }}); err != nil {
			t.Fatal(err)
		}
		r.apply(t, asks("INC-1", "anna", ""))
		list := r.logs()
		if len(list) != 1 || len(r.srv.Attachments(list[0].ID)) != 0 || read != 0 {
			t.Errorf("%d flight logs, %d attachments were read", len(list), read)
		}
		words := strings.Repeat("words ", 600)
		id := r.client.Feedback(words)
		r.client.Flush(time.Second)
		for _, f := range r.srv.Feedback() {
			if f.ID == id.String() && f.Message != strings.TrimSpace(words) && f.Message != words {
				t.Errorf("a feedback behind it was cut to %d of %d bytes", len(f.Message), len(words))
			}
		}
		r.client.Close(time.Second)
	})
}
