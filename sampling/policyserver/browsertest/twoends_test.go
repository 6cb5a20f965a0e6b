package browsertest

import (
	"testing"

	"github.com/krunk-go/krunk/sampling/policyserver"
)

// Two people end the same things: who is later is told by whom that was done already, what is left of the change can be published, and nothing
// is left over that cannot.
func TestTwoEndTheSame(t *testing.T) {
	g := newGame(t)
	change := func(c policyserver.Change, who string) {
		t.Helper()
		if _, err := g.Change(t.Context(), c, who); err != nil {
			t.Fatal(err)
		}
	}
	change(policyserver.Change{Connect: []policyserver.Connect{{Channel: "ui", Level: "debug", For: "1h"}}, Mute: []policyserver.Mute{{Kind: "0000000a", For: "24h"}},
		Pull: []policyserver.Pull{{Player: "p-17", ID: "INC-7"}}}, "anna")
	b := open(t, g.url+"/#key=s3cret")
	b.do(click(`[aria-label="End rule connect-3.1188-1"]`), click(`[aria-label="End mute of 0000000a"]`), click(`[aria-label="End request INC-7"]`))
	b.until(`document.querySelectorAll("#items li").length === 3 && !document.getElementById("publish").disabled`)
	change(policyserver.Change{End: []string{"connect-3.1188-1"}, Unpull: []string{"INC-7"}, Note: "is clear now"}, "bert")
	b.says("alert", "bert published 3.1189 (is clear now) meanwhile. It has ended rule connect-3.1188-1, request INC-7, which was taken out of your change.")
	b.until(`document.querySelectorAll("#items li").length === 1 && !document.getElementById("seen").hidden`)
	change(policyserver.Change{Unmute: []string{"0000000a"}}, "carla")
	b.says("alert", "carla published 3.1190 meanwhile. It has ended what was said about fault 0000000a, which was taken out of your change. Nothing of your change is left to do.")
	b.until(`document.getElementById("items").innerText === "" && document.getElementById("publish").disabled && document.getElementById("discard").disabled`)
	b.do(click(`[aria-label="Roll back to 3.1188"]`))
	b.until(`!document.getElementById("publish").disabled && document.getElementById("alert").textContent === ""`)
}
