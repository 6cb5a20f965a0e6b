package recorder

import (
	"fmt"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/ident"
	"github.com/krunk-go/krunk/internal/record"
)

// crumbs returns what the breadcrumbs of an event say.
func crumbs(ev decoded) (out []string) {
	for _, c := range ev.Breadcrumbs.Values {
		out = append(out, c.Message)
	}
	return out
}

// What was raised as an issue is a breadcrumb of later events: type, text and support code. All of a kind are one, so a burst
// pushes nothing out.
func TestIssuesLeaveBreadcrumbs(t *testing.T) {
	g := newRig(1<<20, nil)
	trail := record.Head{Type: record.LogType, Flags: record.FlagTrail}
	g.put(t, blackbox.History, encoded(trail, "what led to it", nil, nil))
	h := raised(record.ErrorType)
	h.Suppressed = 2
	for i := range 300 {
		h.ID[1], h.Time = byte(i), int64(i)*1e6
		g.put(t, blackbox.Event, encoded(h, "", []uintptr{1}, []record.Error{{Type: "*fmt.wrapError", Text: fmt.Sprint("save ", i)}, {Type: "*fs.PathError"}}))
		g.put(t, blackbox.Event, encoded(record.Head{Type: record.LogType, Flags: record.FlagID, ID: [16]byte{9}}, "lost it", []uintptr{2}, nil))
		for _, ok := g.sent(); ok; _, ok = g.sent() {
		}
		g.drain()
	}
	for _, ok := g.sent(); ok; _, ok = g.sent() {
	}
	h.ID = [16]byte{77}
	g.put(t, blackbox.Event, encoded(h, "", []uintptr{3}, []record.Error{{Type: "T", Text: "x"}}))
	ev := g.only(t)
	code := func(id [16]byte) string { return string(ident.AppendShort(nil, id)) }
	want := []string{
		"what led to it",
		"*fs.PathError: save 0 [" + code([16]byte{7}) + "] ×900 in 299 ms",
		"lost it [" + code([16]byte{9}) + "] ×300",
	}
	if got := crumbs(ev); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if ev.Breadcrumbs.Values[1].Type != "error" || ev.Breadcrumbs.Values[0].Type != "" {
		t.Errorf("breadcrumbs %+v", ev.Breadcrumbs.Values)
	}
	if ev.Tags["support_code"] != code([16]byte{77}) {
		t.Errorf("support code %s", ev.Tags["support_code"])
	}
}

// Bugsink shows the message alone and Spotlight the data alone, so each holds some of the other.
func TestBreadcrumbsTellMessageAndValues(t *testing.T) {
	g := newRig(1<<20, nil)
	put := func(text string, fields ...record.Field) {
		h := record.Head{Type: record.LogType, Flags: record.FlagTrail}
		g.put(t, blackbox.History, encoded(h, text, nil, nil, fields...))
	}
	put("socket open")
	put("packet lost", num("seq", 119), str("peer", "a b"), str("map", "dust"), str("long", strings.Repeat("x", 100)), num("a", 1), num("b", 2))
	put("mine", str("message", "said by the game"))
	for range 120 {
		put("slow frame", num("ms", 40))
	}
	g.put(t, blackbox.Event, encoded(raised(record.ErrorType), "", nil, []record.Error{{Type: "T", Text: "x"}}))
	ev := g.only(t)
	want := []string{"socket open", `packet lost seq=119 peer="a b" map=dust a=1`, "mine", "slow frame ms=40 ×120"}
	if got := crumbs(ev); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	c := ev.Breadcrumbs.Values
	if c[0].Data != nil || c[1].Data["message"] != "packet lost" || c[1].Data["seq"] != 119.0 || c[2].Data["message"] != "said by the game" {
		t.Errorf("data %v, %v, %v", c[0].Data, c[1].Data, c[2].Data)
	}
}
