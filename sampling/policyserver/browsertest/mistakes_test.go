package browsertest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policyserver"
)

// front passes requests on to the game's server, unless a test answers them itself.
func front(t *testing.T, g *game, answer func(w http.ResponseWriter, r *http.Request) bool) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !answer(w, r) {
			g.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// typeShare types into the share's field.
func (b tab) typeShare(keys ...string) {
	b.t.Helper()
	b.do(chromedp.Focus("#share"))
	b.eval(`document.getElementById("share").select()+""`)
	b.keys(keys...)
}

// What cannot be published stays on the screen and keeps the change back, also when the field is left: the number before it was never meant.
// Who empties the field wants no other share.
func TestLeavingAWrongShare(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url+"/#key=s3cret")
	b.typeShare("5", "0")
	b.until(`!document.getElementById("publish").disabled`)
	b.keys("0", kb.Tab) // 500
	b.until(`document.activeElement.id !== "share"`)
	time.Sleep(600 * time.Millisecond) // a draft that was under way
	if got := b.eval(`[document.getElementById("share").value, document.getElementById("publish").disabled, document.getElementById("share").getAttribute("aria-invalid")].join(" ")`); got != "500 true true" {
		t.Errorf("after the field was left: %s, want 500 true true", got)
	}
	b.typeShare(kb.Backspace, kb.Tab)
	b.until(`document.getElementById("share").value === "10" && document.getElementById("items").innerText === "" && document.getElementById("invalid").textContent === ""`)
}

// What was discarded can be brought back until something else is prepared.
func TestDiscardIsTakenBack(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url+"/#key=s3cret")
	b.typeShare("5", "0")
	b.do(chromedp.Focus("#channel"))
	b.keys("ui", kb.Enter)
	b.until(`document.querySelectorAll("#items li").length === 2 && !document.getElementById("publish").disabled`)
	b.do(click("#discard"))
	b.until(`document.getElementById("items").innerText === "" && document.activeElement.id === "undo"`)
	if _, err := g.Change(t.Context(), share(20, "bert was faster"), "bert"); err != nil {
		t.Fatal(err)
	}
	b.says("running", "bert was faster")
	b.keys(kb.Enter)
	b.says("alert", "bert published 3.1188")
	b.says("effect", "200 → 500")
	b.until(`document.querySelectorAll("#items li").length === 2 && document.getElementById("undo").hidden && document.getElementById("publish").disabled`)
	b.do(click("#seen"), click("#publish"))
	b.says("said", "Published 3.1189")
	g.wants(t, 1189, `"clients": 50`, `"ui"`)
	b.until(`document.getElementById("undo").hidden`)
}

// A policy that hides crashes wants to know why. The page says so at the field, and goes on once it is filled.
func TestNoteThatIsMissing(t *testing.T) {
	g := newGame(t)
	doc := strings.Replace(strings.Replace(start, `"panics": 100`, `"panics": 50`, 1), "1187", "1188", 1)
	if _, err := g.Publish(t.Context(), []byte(doc), "anna"); err != nil {
		t.Fatal(err)
	}
	b := open(t, g.url+"/#key=s3cret")
	b.do(chromedp.Focus("#slider"))
	b.keys(kb.End)
	b.says("problems", "hides crashes")
	b.until(`document.getElementById("note").getAttribute("aria-invalid") === "true"`)
	b.do(chromedp.Focus("#note"))
	b.keys("INC-1", kb.Enter)
	b.until(`!document.getElementById("publish").disabled && document.getElementById("problems").innerText === "" && document.getElementById("note").getAttribute("aria-invalid") === "false"`)
	b.do(click("#publish"))
	b.says("said", "Published 3.1189")

	// The kill switch needs no word, and what runs is there again afterwards.
	b.do(click("#kill"))
	b.until(`document.getElementById("confirm").open`)
	b.keys(kb.Enter)
	b.says("chip", "Killed")
	g.wants(t, 1190, `"panics": 50`, `"clients": 100`, `"net"`, `"note": "kill switch"`)
}

// A key with a percent sign of its own stops nothing.
func TestKeyWithAPercent(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url+"/#key=50%")
	b.says("chip", "Reporting, 10 %")
	b.until(`document.getElementById("key").value === "50%"`)
}

// Behind a balancer the next answer may come from a server that has not read the store yet, and a slow answer may come after a newer one. The
// page does not go back, and takes nothing of it for what somebody else has done.
func TestPageBehindABalancer(t *testing.T) {
	g := newGame(t)
	var old atomic.Pointer[[]byte]
	url := front(t, g, func(w http.ResponseWriter, r *http.Request) bool {
		b := old.Load()
		if r.URL.Path != "/policy/status" || b == nil {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(*b)
		return true
	})
	b := open(t, url+"/#key=s3cret")
	was := httptest.NewRecorder()
	g.ServeHTTP(was, httptest.NewRequest("GET", "/policy/status", nil))
	body := was.Body.Bytes()
	b.typeShare("5", "0")
	b.until(`!document.getElementById("publish").disabled`)
	old.Store(&body)
	b.do(click("#publish"))
	b.says("said", "Published 3.1188")
	b.do(chromedp.Focus("#channel"))
	b.keys("ui", kb.Enter)
	b.says("behind", "A server that answered just now still serves 3.1187, and 3.1188 is the newest.")
	if got := b.eval(`document.getElementById("alert").textContent`); strings.Contains(got, "meanwhile") {
		t.Errorf("the page takes an old answer for a publication: %s", got)
	}
	old.Store(nil)
	b.says("running", "3.1188")
	b.until(`!document.getElementById("publish").disabled && document.getElementById("alert").textContent === "" && document.getElementById("behind").textContent === ""`)
	b.do(click("#publish"))
	b.says("said", "Published 3.1189")
	g.wants(t, 1189, `"clients": 50`, `"ui"`)
}

// While a version goes out nothing can be typed that would be lost, and the kill switch stays at hand.
func TestPublishThatTakesLong(t *testing.T) {
	g := newGame(t)
	leave := make(chan struct{})
	free := sync.OnceFunc(func() { close(leave) })
	defer free()
	url := front(t, g, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			select {
			case <-leave:
			case <-r.Context().Done():
			}
		}
		return false
	})
	b := open(t, url+"/#key=s3cret")
	b.typeShare("5", "0")
	b.until(`!document.getElementById("publish").disabled`)
	b.do(click("#publish"))
	b.until(`document.getElementById("main").inert`)
	b.do(click("#kill"))
	b.until(`document.getElementById("confirm").open`)
	b.keys(kb.Escape)
	free()
	b.says("said", "Published 3.1188")
	b.until(`!document.getElementById("main").inert`)
	g.wants(t, 1188, `"clients": 50`)
}

// A machine whose clock is an hour wrong shows ends and ages as they are.
func TestClockOfThePage(t *testing.T) {
	g := newGame(t)
	if _, err := g.Change(t.Context(), share(20, "now"), "bert"); err != nil {
		t.Fatal(err)
	}
	b := open(t, g.url+"/#key=s3cret")
	b.eval(`{ const was = Date.now; Date.now = () => was() - 3600000 * 5; } ""`)
	b.do(chromedp.Focus("#channel"))
	b.keys("ui", kb.Enter)
	b.until(`!document.getElementById("publish").disabled`)
	b.do(click("#publish"))
	b.matches("rules", "ends in (60|5[0-9]) min")
	b.until(`/^(just now|[1-9] min ago)$/.test(document.querySelector("#history time").textContent)`)
}

// A policy that is over decides nothing any more, whatever share it names.
func TestPolicyThatIsOver(t *testing.T) {
	g := newGame(t)
	over := time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
	doc := strings.Replace(strings.Replace(start, `"salt"`, `"expires": "`+over+`", "salt"`, 1), "1187", "1188", 1)
	v := sampling.Version{Epoch: 3, N: 1188}
	if err := g.store.Publish(t.Context(), policyserver.Entry{Version: v, Bytes: []byte(doc), By: "anna"}, sampling.Version{Epoch: 3, N: 1187}); err != nil {
		t.Fatal(err)
	}
	s, err := policyserver.New(&g.store, policyserver.Options{Page: true, Authorize: authorize}) // it was away when the policy ended
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	b := open(t, srv.URL)
	b.says("chip", "Policy is over")
	b.says("running", "is over, so clients report as they were compiled")
	b.says("levels-hint", "No policy runs")
}

// The last word about a fault counts.
func TestFaultInTwoMinds(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url+"/#key=s3cret")
	mute := func() {
		t.Helper()
		b.do(chromedp.SendKeys("#m-kind", "9f2c41d0"), click("#m-add"))
	}
	mute()
	b.until(`!document.getElementById("publish").disabled`)
	b.do(click("#publish"))
	b.says("kinds", "9f2c41d0")
	mute()
	b.says("items", "in place of what holds for it now")
	b.do(click(`[aria-label="End mute of 9f2c41d0"]`))
	b.until(`document.querySelectorAll("#items li").length === 1`)
	b.says("items", "Keep fault 9f2c41d0 back no longer")
	mute()
	b.until(`document.querySelectorAll("#items li").length === 1`)
	b.says("items", "Keep fault 9f2c41d0 back for 7 days")
}

// What is wrong in a part that is folded away is shown, and what is hidden keeps nothing back.
func TestFoldedFields(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url+"/#key=s3cret")
	b.do(chromedp.SendKeys("#channel", "ui"))
	b.eval(`document.getElementById("c-rate").value = "often"; ""`)
	b.do(click("#add"))
	b.until(`document.getElementById("more").open && document.activeElement.id === "c-rate"`)
	b.eval(`document.getElementById("m-do").value = "thin"; showDoing(); document.getElementById("m-rate").value = "often"; document.getElementById("m-do").value = "mute"; showDoing(); ""`)
	b.do(chromedp.SendKeys("#m-kind", "9f2c41d0"), click("#m-add"))
	b.says("items", "Keep fault 9f2c41d0 back for 7 days, but the first of each client and day")
}

// One answer that fails does not close the view of a player.
func TestPlayerOverAHiccup(t *testing.T) {
	g := newGame(t)
	var broken atomic.Bool
	hiccups := make(chan bool, 100)
	url := front(t, g, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/policy/player" && broken.Load() {
			w.WriteHeader(http.StatusBadGateway)
			hiccups <- true
			return true
		}
		return false
	})
	b := tab{t, browser(t)}
	b.do(chromedp.Navigate(url + "/#key=s3cret"))
	b.until("document.body.dataset.ready !== undefined")
	b.do(chromedp.Focus("#p-name"))
	b.keys("p-17", kb.Enter)
	b.says("p-says", "p-17")
	broken.Store(true)
	<-hiccups
	broken.Store(false)
	b.says("p-says", "p-17")
	b.do(click("#p-raise"))
	b.says("items", "Connect * from debug for 1h, for player p-17")
	b.until(`document.getElementById("p-raise").disabled`)
	b.do(click(`[aria-label^="Take out: Connect *"]`))
	b.until(`!document.getElementById("p-raise").disabled`)
}

// A store that hangs keeps the history back and nothing else; once it answers the history is there.
func TestHistoryThatHangs(t *testing.T) {
	g := newGame(t)
	var asked atomic.Int32
	answers := make(chan struct{})
	url := front(t, g, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/policy/history" || asked.Add(1) > 1 {
			return false
		}
		select {
		case <-answers:
		case <-r.Context().Done():
		}
		http.Error(w, `{"error":"db: connection refused"}`, http.StatusServiceUnavailable)
		return true
	})
	b := tab{t, browser(t)}
	b.do(chromedp.Navigate(url + "/#key=s3cret"))
	b.until("document.body.dataset.ready !== undefined")
	b.do(chromedp.Focus("#slider"))
	b.keys(kb.End)
	b.says("effect", "100 → 1,000")
	if got := b.eval(`String(document.querySelectorAll("#history tbody tr").length)`); got != "0" {
		t.Errorf("%s versions are shown of a history that nobody has read", got)
	}
	close(answers)
	b.says("history-count", "The history cannot be read: db: connection refused")
	b.says("history", "3.1187")
	b.until(`document.getElementById("history-count").textContent === "1 version"`)
}

// What is wrong is called by what the person sees, and marked where it stands.
func TestStepThatGoesDown(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url+"/#key=s3cret")
	b.eval(`document.getElementById("rise").open = true; ""`)
	b.do(click("#step-usual"))
	b.until(`!document.getElementById("publish").disabled`)
	b.eval(`{ const e = document.querySelector("#steps li:nth-child(2) input:last-of-type"); e.value = "2"; e.dispatchEvent(new Event("input", { bubbles: true })); } ""`)
	b.says("problems", "Step 2: 2 is not above 5")
	b.until(`document.querySelector("#items li.bad").innerText.includes("Rising by itself") && document.getElementById("publish").disabled`)
}

// Whoever goes back to a version that stopped everything is told that this stops everything.
func TestBackToAKill(t *testing.T) {
	g := newGame(t)
	if _, err := g.Kill(t.Context(), "INC-1", "bert"); err != nil {
		t.Fatal(err)
	}
	on := true
	if _, err := g.Change(t.Context(), policyserver.Change{Enabled: &on, Note: "again"}, "bert"); err != nil {
		t.Fatal(err)
	}
	b := open(t, g.url+"/#key=s3cret")
	b.do(click(`[aria-label="Roll back to 3.1188"]`))
	b.says("warnings", "This throws the kill switch")
	b.says("effect", "100 → 0")
}

// What holds for a while is not drawn as if the share took steps.
func TestWhatEndsIsNoStep(t *testing.T) {
	g := newGame(t)
	c := policyserver.Change{Mute: []policyserver.Mute{{Kind: "0000000a", For: "24h"}, {Kind: "0000000b", For: "48h"}}, Pull: []policyserver.Pull{{Player: "p-17", ID: "INC-7"}}}
	if _, err := g.Change(t.Context(), c, "bert"); err != nil {
		t.Fatal(err)
	}
	b := open(t, g.url+"/#key=s3cret")
	b.says("kinds", "0000000b")
	b.until(`document.getElementById("ahead-box").hidden`)
	b.do(chromedp.Focus("#slider"))
	b.keys(kb.End)
	b.until(`document.querySelectorAll("#draft-ahead > li").length === 2`)
	b.says("draft-ahead", "What holds for a while starts or ends at 2 times")
	b.do(click("#draft-ahead summary"))
	b.says("draft-ahead", "what is said about fault 0000000a ends; nobody is asked for flight log INC-7 any more")
}
