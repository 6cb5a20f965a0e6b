package browsertest

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/krunk-go/krunk/sampling/policyserver"
)

// A server that knows neither channels nor counters and has published nothing shows a page that works.
func TestPageOfABareServer(t *testing.T) {
	s, err := policyserver.New(new(policyserver.Memory), policyserver.Options{
		Page: true, Authorize: func(*http.Request) (string, error) { return "anna", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close) // after the page, which would complain
	b := open(t, srv.URL)
	b.says("running", "No policy was published yet")
	b.until(`document.getElementById("alert").textContent === ""`)
}

// The kill switch works before anything is known of what runs.
func TestKillBeforeTheFirstStatus(t *testing.T) {
	g := newGame(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/policy/status" {
			select {
			case <-time.After(5 * time.Second):
			case <-r.Context().Done():
			}
		}
		g.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close) // after the page, which would complain
	b := tab{t, browser(t)}
	b.do(chromedp.Navigate(srv.URL + "/#key=s3cret"))
	b.do(chromedp.Focus("#kill"))
	b.keys(kb.Enter)
	b.until(`document.getElementById("confirm").open`)
	b.says("c-title", "Stop all reporting?")
	b.do(click("#c-yes"))
	b.until(`document.getElementById("said").textContent.includes("Published")`)
	if _, p := g.current(t); p.Enabled() {
		t.Errorf("version %v does not kill", p.Version())
	}
}

// A number that cannot be published does not leave the one before it publishable.
func TestShareThatIsNoShare(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url+"/#key=s3cret")
	b.do(chromedp.Focus("#share"))
	b.eval(`document.getElementById("share").select()+""`)
	b.keys("5", "0")
	b.until(`!document.getElementById("publish").disabled`)
	b.keys("0") // 500
	b.until(`document.getElementById("publish").disabled`)
	b.says("invalid", "a number from 0 to 100")
	b.keys(kb.Backspace)
	b.until(`!document.getElementById("publish").disabled && document.getElementById("invalid").textContent === ""`)
	b.keys(kb.Backspace, kb.Backspace)
	b.until(`document.getElementById("publish").disabled`)
}

// What somebody was preparing is there again after a kill.
func TestKillKeepsWhatWasPrepared(t *testing.T) {
	g := newGame(t)
	b := open(t, g.url+"/#key=s3cret")
	b.do(chromedp.Focus("#share"))
	b.eval(`document.getElementById("share").select()+""`)
	b.keys("5", "0")
	b.until(`!document.getElementById("publish").disabled`)
	b.do(chromedp.Focus("#kill"))
	b.keys(kb.Enter)
	b.until(`document.getElementById("confirm").open`)
	b.do(click("#c-yes"))
	b.until(`document.getElementById("chip").textContent.startsWith("Killed") && !document.getElementById("publish").disabled`)
	if got := b.eval(`document.getElementById("share").value`); got != "50" {
		t.Errorf("the share that was prepared is %s", got)
	}
}
