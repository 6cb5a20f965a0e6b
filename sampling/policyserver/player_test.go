package policyserver

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// What is decided for one player is what their client does, with reasons, and whether it follows.
func TestPlayer(t *testing.T) {
	synctest.Test(t, testPlayer) // "0s ago" is so however long a request takes
}

func testPlayer(t *testing.T) {
	inside, outside := "", ""
	for i := 0; inside == "" || outside == ""; i++ {
		id := fmt.Sprint("install-", i)
		if b := policy.Bucket("w41", id); b < 50_000 {
			inside = id
		} else if b > 500_000 {
			outside = id
		}
	}
	s := serving(t, Options{Channels: []string{"net", "ui"}, Player: func(name string) (Player, error) {
		switch name {
		case "p-in":
			return Player{sampling.Identity{ID: inside, Platform: "windows", Release: "moonfall@1.4.2"}, true, 7}, nil
		case "p-out":
			return Player{sampling.Identity{ID: outside}, true, 8}, nil
		}
		return Player{}, errors.New("nobody is called that")
	}})
	s.HeartbeatEcho(7, "have=3.1187")
	ask := func(body string) (jsonPlayer, int) {
		w := do(s, "POST", "/policy/player", body, "Authorization", "Bearer secret")
		if w.Code != 200 {
			return jsonPlayer{Known: w.Body.String()}, w.Code
		}
		return decoded[jsonPlayer](t, w), w.Code
	}
	p, _ := ask(`{"player":"p-in"}`)
	if !p.In || !p.Current || !p.Panics || p.Client != "" || !strings.HasPrefix(p.Follows, "Their client is on 1187, as it said 0s ago") || !strings.Contains(p.Known, "platform windows") {
		t.Errorf("%+v", p)
	}
	if c := p.Channels[1]; c.Channel != "net" || c.Send != "info" || !c.In || !strings.Contains(strings.Join(c.Why, "; "), `shipped by policy: channels["net"].send`) {
		t.Errorf("%+v", c)
	}
	p, _ = ask(`{"player":"p-out"}`)
	if p.In || p.Current || !strings.HasPrefix(p.Follows, "Nothing was heard") || !strings.HasPrefix(p.Channels[0].Why[0], "outside of 10 %, place ") {
		t.Errorf("%+v", p)
	}

	// Their level is raised for an hour: they are picked by a hash, and the page sees that they are.
	if _, err := s.Change(t.Context(), Change{Connect: []Connect{{Channel: "*", Level: "debug", For: "1h", Player: "p-out"}}}, "anna"); err != nil {
		t.Fatal(err)
	}
	p, _ = ask(`{"player":"p-out"}`)
	if !p.In || p.Channels[0].Send != "debug" || !p.Channels[0].Forced || len(p.Rules) != 1 || !p.Rules[0].Applies {
		t.Errorf("%+v", p)
	}
	if p, _ = ask(`{"player":"p-in"}`); len(p.Rules) != 1 || p.Rules[0].Applies || p.Rules[0].Why == "" {
		t.Errorf("%+v", p)
	}

	for body, want := range map[string]int{`{"player":"x"}`: 422, `{}`: 400, `7`: 400, `{"player":"` + strings.Repeat("x", 300) + `"}`: 400} {
		if _, code := ask(body); code != want {
			t.Errorf("%.40s: %d, want %d", body, code, want)
		}
	}
	for body, want := range map[string]string{
		`{"player":"sha256:zz"}`: "player \"sha256:zz\" is the hash of no id; write sha256: and 16 of 0-9 and a-f, or the id itself", `{"player":"p-in","client":"sha256:1"}`: "install id \"sha256:1\" is the hash of no id",
	} {
		plain := serving(t, Options{})
		if w := do(plain, "POST", "/policy/player", body, "Authorization", "Bearer secret"); w.Code != 422 || !strings.Contains(decoded[failure](t, w).Error, want) {
			t.Errorf("%s: %d %s, want %s", body, w.Code, w.Body, want)
		}
	}
	if w := do(s, "POST", "/policy/player", `{"player":"p-in"}`); w.Code != 403 {
		t.Errorf("without the right: %d", w.Code)
	}
	plain := serving(t, Options{})
	w := do(plain, "POST", "/policy/player", `{"player":"p-in","client":"`+inside+`"}`, "Authorization", "Bearer secret")
	if p := decoded[jsonPlayer](t, w); !p.In || !strings.Contains(p.Follows, "Options.Player") {
		t.Errorf("without Options.Player: %+v", p)
	}
	w = do(plain, "POST", "/policy/player", `{"player":"p-in"}`, "Authorization", "Bearer secret")
	if p := decoded[jsonPlayer](t, w); !strings.Contains(p.Client, "cannot be told") {
		t.Errorf("without an install id: %+v", p)
	}
}

// Who looks at one player sees more than the 10 records an hour that a launch lets everybody send, on one channel as well.
func TestOnePlayerIsNotHeldBackByWhatAllShare(t *testing.T) {
	for name, made := range map[string]Connect{
		"all channels": {Channel: "*"}, "one channel": {Channel: "net"}, "one channel, at a rate": {Channel: "Net", Rate: "100/s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				made.Level, made.For, made.Player = "debug", "1h", "p-17"
				s := serving(t, Options{})
				if _, err := s.Change(t.Context(), Change{Connect: []Connect{made}, Note: "INC-17"}, "anna"); err != nil {
					t.Fatal(err)
				}
				ctl, err := sampling.New(sampling.Identity{ID: "a", Player: "p-17"}, sampling.Options{Default: sampling.Cautious(), Hash: sum256})
				if err != nil {
					t.Fatal(err)
				}
				defer ctl.Close()
				doc, _ := s.Bytes()
				if err := ctl.Apply(doc); err != nil {
					t.Fatal(err)
				}
				c, err := policy.Simulate(ctl)
				if err != nil {
					t.Fatal(err)
				}
				net, sent := c.Channel("net"), 0
				for range 100 {
					if net.Record(policy.LevelDebug, 0).Send {
						sent++
					}
					time.Sleep(time.Second / 10)
				}
				if sent != 100 {
					t.Errorf("%d of 100 records in 10 s are sent, want all", sent)
				}
			})
		})
	}
}
