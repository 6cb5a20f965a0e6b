package browsertest

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
	"github.com/krunk-go/krunk/sampling/policyserver"
)

func share(percent float64, note string) policyserver.Change {
	return policyserver.Change{Clients: &percent, Note: note}
}

// crowded is a game with 40 channels, 20 rules, two platforms and a past.
func crowded(t *testing.T) *game {
	t.Helper()
	g := &game{count: make(map[string]uint64)}
	names := []string{"net", "net.http", "net.udp", "net.dns", "net.relay", "net.voice"}
	for i := len(names); i < 40; i++ {
		names = append(names, fmt.Sprintf("game.part%02d", i))
	}
	for i, name := range names {
		g.count[name] = uint64(1000 + 977*i)
	}
	s, err := policyserver.New(&g.store, policyserver.Options{Page: true, Channels: names, Authorize: authorize, Counters: g.counters, Player: func(name string) (policyserver.Player, error) {
		return policyserver.Player{Identity: sampling.Identity{ID: "5f0c2c1e-77aa-4f6e-9f5e-2f1f3b1c9d10", Player: name, Release: "moonfall@1.4.2", Platform: "windows", Region: "eu"}, Here: true, Beat: 7}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	g.Server = s
	now := time.Now().UTC()
	var rules []string
	for i := range 20 {
		when := `"platform": ["windows"], "release": [">=1.4 <1.5"]`
		if i%4 == 1 {
			when = `"player": ["p-1", "p-2", "sha256:0123456789abcdef", "p-4", "p-5"]`
		}
		if i%4 == 2 {
			when = `"not": { "env": ["none"] }`
		}
		rules = append(rules, fmt.Sprintf(`{ "id": "rule-%02d", "until": %q, "when": { %s }, "set": { "channels": { "game.part%02d": { "trail": "debug", "send": "debug", "rate": "%d/m" } } } }`,
			i, now.Add(time.Duration(i+1)*time.Hour).Format(time.RFC3339), when, 10+i, 10*(i+1)))
	}
	doc := func(n int, rules []string) []byte {
		return fmt.Appendf(nil, `{
  "krunk": 1, "epoch": 3, "version": %d, "issued": %q, "author": "carla", "note": "INC-%d: players lose their connection after the update",
  "salt": "2026-w48", "enabled": true, "panics": 100, "clients": %d,
  "ceiling": { "clients": 60, "records": 80 },
  "channels": { "*": { "send": "error", "rate": "60/m" }, "net": { "send": "warn" }, "net.http": { "trail": "debug", "send": "debug", "records": 25 } },
  "kinds": { "9f2c41d0": { "until": %q, "mute": true }, "0c0ffee0": { "until": %[5]q, "rate": "5/h", "panics": true }, "000ca5e5": { "until": %[5]q, "clients": 60, "rate": "20/h" } },
  "pulls": { "INC-4711": { "until": %[5]q, "player": ["sha256:0123456789abcdef"], "goroutines": true } },
  "rules": [%[6]s]
}`, n, now.Format(time.RFC3339), 4000+n, 10+n%50, now.Add(48*time.Hour).Format(time.RFC3339), strings.Join(rules, ",\n    "))
	}
	for n := range 30 {
		who, list := "bert", rules[:0]
		if n >= 20 {
			who, list = "carla@live-ops", rules[:2*(n-19)]
		}
		if _, err := s.Publish(t.Context(), doc(n+1, list), who); err != nil {
			t.Fatal(err)
		}
	}
	s.Observe(policyserver.Observation{Clients: 8000, Groups: []policyserver.Group{
		{Identity: sampling.Identity{Release: "moonfall@1.4.2", Platform: "windows"}, Clients: 5000},
		{Identity: sampling.Identity{Release: "moonfall@1.4.2", Platform: "linux"}, Clients: 3000},
	}, Volumes: []policyserver.Volume{{Channel: "net", Level: policy.LevelWarn, PerSecond: 200}, {Channel: "net.http", Level: policy.LevelDebug, PerSecond: 1500}}})
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	g.url = srv.URL
	for i := range 1000 {
		echo := "have=3.30"
		if i%100 == 0 {
			echo = "have=3.29; seen=3.30; err=E06"
		} else if i%9 == 0 {
			echo = "have=3.29"
		}
		g.HeartbeatEcho(uint64(i), echo)
	}
	return g
}

// Without a draft the page says what runs: levels of each channel, share, crashes, ceiling, and the rules in words.
func TestPageShowsWhatRuns(t *testing.T) {
	g := crowded(t)
	b := open(t, g.url)
	for _, want := range []string{"40 %", "of all clients", "clients 60 %, records 80 %", "2026-w48"} {
		b.says("runs", want)
	}
	line := func(channel string) string {
		return b.eval(fmt.Sprintf(`[...[...document.querySelectorAll("#levels tbody tr")].find((r) => r.querySelector("code").textContent === %q).cells].map((c) => c.innerText.trim()).slice(1, 6).join(" | ")`, channel))
	}
	for channel, want := range map[string]string{
		"net.http":    "debug | debug | error | 40 % | 25 % of records, at most 60/m",
		"net":         "debug | warn | error | 40 % | 80 % of records, at most 60/m",
		"net.voice":   "debug | warn | error | 40 % | 80 % of records, at most 60/m",
		"game.part12": "debug | debug | error | 40 % | 80 % of records, at most 30/m",
		"*":           "debug | error | error | 40 % | 80 % of records, at most 60/m",
	} {
		if got := line(channel); got != want {
			t.Errorf("%s: %s, want %s", channel, got, want)
		}
	}
	b.until(`document.getElementById("levels").innerText.includes("rules differ for 3,000 clients")`)
	b.says("rules", "platform windows and release >=1.4 <1.5")
	b.says("rules", "player p-1, p-2, sha256:0123456789abcdef or one of 2 more")
	b.says("rules", "game.part10: keeps from debug, ships from debug, at most 10/m a client")
	b.says("rules", "for 5,000 clients")
	b.says("rules", "by carla@live-ops in 3.21: INC-4021")
	b.do(chromedp.Focus("#whole summary"))
	b.keys(kb.Enter)
	b.says("running-document", `"version": 30`)
}

// What is prepared can be taken apart, and one bad part says that it is the bad one.
func TestPendingTakenApart(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url+"/#key=s3cret")
	b.do(chromedp.Focus("#slider"))
	b.keys(kb.End)
	for _, channel := range []string{"net.*.http", "ui"} {
		b.do(chromedp.Focus("#channel"))
		b.keys(channel, kb.Enter)
	}
	b.until(`document.querySelectorAll("#items li").length === 3`)
	b.says("problems", "Connect net.*.http:")
	b.until(`document.querySelector("#items li.bad").innerText.includes("net.*.http") && document.getElementById("publish").disabled`)
	b.do(click(`[aria-label^="Take out: Connect net.*.http"]`))
	b.until(`document.querySelectorAll("#items li").length === 2 && document.getElementById("problems").innerText === "" && !document.getElementById("publish").disabled`)
	b.says("diff", `channels["ui"].send`)
	if strings.Contains(b.eval(`document.getElementById("diff").innerText`), "env: none") {
		t.Error("the condition that stands for everyone is shown as it is written")
	}
	b.says("diff", "everyone")
	b.do(click(`[aria-label^="Take out: Share of clients"]`))
	b.until(`document.getElementById("share").value === "10" && !document.getElementById("publish").disabled`)

	// A roll back keeps what else is prepared, and the slider shows the share that comes with it.
	if _, err := g.Change(t.Context(), share(70, "more"), "bert"); err != nil {
		t.Fatal(err)
	}
	b.until(`!document.getElementById("seen").hidden`)
	b.do(click("#seen"), click(`[aria-label="Roll back to 3.1187"]`))
	b.until(`document.querySelectorAll("#items li").length === 2 && document.getElementById("share").value === "10" && !document.getElementById("publish").disabled`)

	// "Why" leads on to the button.
	b.do(chromedp.Focus("#note"))
	b.keys("back", kb.Enter)
	b.until(`document.activeElement.id === "publish"`)
	b.keys(kb.Enter)
	b.says("said", "Published 3.1189")
	g.wants(t, 1189, `"clients": 10`, `"ui"`)
}

// A channel for one player, with what a Connect can say beside.
func TestConnectOnePlayer(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url+"/#key=s3cret")
	b.do(chromedp.SendKeys("#channel", "net"), chromedp.Focus("#more summary"))
	b.keys(kb.Enter)
	b.do(chromedp.SendKeys("#c-rate", "240/m"), chromedp.SendKeys("#c-player", "p-17"))
	b.keys(kb.Enter)
	b.says("items", "Connect net from debug for 1h, at most 240/m, for player p-17")
	b.until(`!document.getElementById("publish").disabled`)
	b.do(click("#publish"))
	b.says("said", "Published 3.1188")
	g.wants(t, 1188, `"rate": "240/m"`, `"player": ["sha256:`)
	b.says("rules", "player sha256:")
}

// Any two versions can be compared, the line of the log is reached by keyboard, and ages go on.
func TestHistoryOfThePage(t *testing.T) {
	g := newGame(t)
	for _, x := range []float64{20, 30} {
		if _, err := g.Change(t.Context(), share(x, fmt.Sprint("to ", x)), "bert"); err != nil {
			t.Fatal(err)
		}
	}
	b := open(t, g.url)
	b.says("history", "3.1187")
	b.eval(`document.getElementById("from").value = "3.1187"; document.getElementById("to").value = "3.1189"; ""`)
	b.do(chromedp.Focus("#compare-go"))
	b.keys(kb.Enter)
	b.says("comparison", "From 3.1187 to 3.1189")
	b.until(`document.querySelector("#comparison tbody").innerText.replace(/\s+/g, " ").includes("clients 10 30")`)
	b.says("compared-document", "")
	b.do(chromedp.Focus(`[aria-label="Changes of 3.1188"]`))
	b.keys(kb.Enter)
	b.says("comparison", "From 3.1187 to 3.1188")
	b.do(chromedp.Focus(`[aria-label="Log line of 3.1188"]`))
	b.keys(kb.Enter)
	b.until(`document.querySelector("#history details[open]").innerText.includes('"bert" published 3.1188 over 3.1187: clients 10 -> 20')`)
	// However long it took until here: five seconds after the publication, and then 70 more.
	b.eval(`setClock = () => {}; skew = 0; Date.now = () => Date.parse(document.querySelector("#history time").dateTime) + 5000; ""`)
	b.until(`document.querySelector("#history time").textContent === "just now"`)
	b.eval(`{ const was = Date.now; Date.now = () => was() + 70000; } ""`)
	b.until(`document.querySelector("#history time").textContent === "1 min ago" && document.querySelector("#running time").textContent === "1 min ago"`)
}

// While all is stopped the page says so wherever somebody could think that something happens.
func TestPageSaysThatAllIsStopped(t *testing.T) {
	g := newGame(t)
	if _, err := g.Kill(t.Context(), "INC-1", "bert"); err != nil {
		t.Fatal(err)
	}
	b := open(t, g.url+"/#key=s3cret")
	b.until(`[...document.querySelectorAll("[data-killed]")].every((e) => !e.hidden)`)
	b.until(`document.querySelector("#levels tbody").innerText.includes("warn")`) // what holds afterwards
	b.do(chromedp.Focus("#slider"))
	b.keys(kb.End)
	b.says("effect", "because the kill switch is thrown")
	b.until(`document.getElementById("share").getAttribute("aria-invalid") === "false"`)
	b.do(chromedp.Focus("#share"))
	b.eval(`document.getElementById("share").select()+""`)
	b.keys("5", "0", "0")
	b.until(`document.getElementById("share").getAttribute("aria-invalid") === "true"`)
}

// Several servers over one store: the page shows the whole fleet, and a server that says what cannot be is marked and breaks nothing.
func TestPageOfThreeServers(t *testing.T) {
	g := newGame(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { _ = g.Run(ctx) }()
	for i := range 2 {
		s, err := policyserver.New(&g.store, policyserver.Options{Server: fmt.Sprint("us-", i+1)})
		if err != nil {
			t.Fatal(err)
		}
		for client := range 500 * (i + 1) {
			s.HeartbeatEcho(uint64(client), "have=3.1187")
		}
		go func() { _ = s.Run(ctx) }()
	}
	b := open(t, g.url)
	b.says("heard", "2,500 clients heard of on the game's connection within 300 s, by all 3 servers")
	b.says("servers-summary", "3 servers")
	if err := g.store.PutSummary(ctx, "us-3", []byte("<b>torn")); err != nil {
		t.Fatal(err)
	}
	b.says("servers-summary", "4 servers, 1 not counted")
	b.says("servers", "what it says is torn or no summary")
	b.says("heard", "by 3 of 4 servers")
	b.shoot("page-servers.png")
}

// Who connects a channel over a compiled default that lets each client send 10 records an hour is told so before it is published, and what to fill in;
// where the page does not know what is compiled in, it says that.
func TestConnectUnderCautious(t *testing.T) {
	cautious, err := sampling.Parse(sampling.Cautious())
	if err != nil {
		t.Fatal(err)
	}
	g := newGameWith(t, policyserver.Options{Under: policy.Under{Default: cautious}})
	if _, err := g.Publish(t.Context(), []byte(`{"krunk":1,"epoch":3,"version":1188,"salt":"2026-w41","clients":10}`), "anna@studio"); err != nil {
		t.Fatal(err)
	}
	b := open(t, g.url+"/#key=s3cret")
	b.says("running", "Version 3.1188")
	b.do(chromedp.SendKeys("#channel", "net"), chromedp.Focus("#more summary"))
	b.keys(kb.Enter)
	b.do(chromedp.SendKeys("#c-rate", "240/m"), click("#add"))
	b.says("warnings", `Connect net: each client sends no more than 10/h of all channels together, which the compiled default says for "*"; to see more of it, connect it once more and fill in “All channels, a client”, such as 120/m`)
	b.shoot("page-shared-1280.png")
	b.do(chromedp.SendKeys("#channel", "net"), chromedp.SendKeys("#c-rate", "240/m"), chromedp.SendKeys("#c-shared", "600/m"), click("#add"))
	b.says("items", "Connect net from debug for 1h, at most 240/m, of all channels together at most 600/m")
	b.until(`!document.getElementById("publish").disabled && document.getElementById("warnings").textContent === ""`)
	b.do(click("#publish"))
	b.says("said", "Published 3.1189")
	g.wants(t, 1189, `"*": { "rate": "600/m" }, "net": {`)

	if b.eval(`String(document.getElementById("connect-unknown").hidden)`) != "true" {
		t.Error("the page says that it does not know what is compiled in, and was told")
	}
	plain := newGame(t)
	b = open(t, plain.url+"/#key=s3cret")
	b.says("running", "Version 3.1187")
	if b.eval(`String(document.getElementById("connect-unknown").hidden)`) != "true" {
		t.Error("the page minds what is compiled in where the policy has a rate for all channels")
	}
	if _, err := plain.Publish(t.Context(), []byte(`{"krunk":1,"epoch":3,"version":1188,"salt":"2026-w41","clients":10}`), "anna@studio"); err != nil {
		t.Fatal(err)
	}
	b.until(`!document.getElementById("connect-unknown").hidden`)
}
