package krunk_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// offline is a transport whose server cannot be reached until back is set.
type offline struct {
	back atomic.Bool
	next transport.Transport
}

func (o *offline) Send(ctx transport.Context, r *transport.Request) (transport.Response, error) {
	if !o.back.Load() {
		return transport.Response{}, errors.New("no route to host")
	}
	return o.next.Send(ctx, r)
}

// What the game said last about itself holds for every event captured after it, however full the ring was when it said so.
func TestScopeIsState(t *testing.T) {
	srv := sentrytest.New(sentrytest.Options{AnyTime: true})
	net := &offline{next: srv.Transport()}
	c := quiet(t, krunk.Config{DSN: srv.DSN(), Transport: net, MaxRepeats: -1, Memory: 256 << 10})
	c.SetUser(krunk.User{ID: "anna", Email: "anna@example.org"})
	c.SetTag("scene", "menu")
	c.SetTag("mods", "yes")
	c.SetContext("level", krunk.String("name", "swamp"))
	ch := c.Channel("net")
	fill(c, ch, "storm")
	lost := c.Stats().Losses
	for i := range 3000 { // a tag in every frame
		c.SetTag("frame", fmt.Sprint(i))
	}
	c.SetUser(krunk.User{ID: "bert"})
	c.SetTag("scene", "boss")
	c.RemoveTag("mods")
	c.SetContext("level", krunk.String("name", "castle"))
	if now := c.Stats().Losses; fmt.Sprint(now) != fmt.Sprint(lost) {
		t.Errorf("changes of the scope were counted as lost: %v, before %v", now, lost)
	}
	if id := c.ReportPanic("a panic in the storm"); id.IsZero() {
		t.Error("tags have used up the room of panics")
	}
	net.back.Store(true)
	if !c.Flush(time.Minute) {
		t.Fatal("not delivered")
	}
	ch.Report(errors.New("bert"))
	c.SetUser(krunk.User{})
	ch.Report(errors.New("nobody"))
	if !c.Flush(time.Minute) {
		t.Fatal("not delivered")
	}
	seen := 0
	for _, e := range srv.Events() {
		user, scene, mods, frame, level := "bert", "boss", "", "2999", "castle"
		switch text := e.Exceptions[0].Value; text {
		case "storm":
			user, scene, mods, frame, level = "anna", "menu", "yes", "", "swamp"
		case "nobody":
			user = ""
			seen++
		default:
			seen++
		}
		name, _ := e.Contexts["level"]["name"].(string)
		if e.User.ID != user || e.Tags["scene"] != scene || e.Tags["mods"] != mods || e.Tags["frame"] != frame || name != level {
			t.Fatalf("event %q: user %q, tags %v, level %q; want %q, %q, %q, %q, %q", e.Exceptions[0].Value, e.User.ID, e.Tags, name,
				user, scene, mods, frame, level)
		}
	}
	if seen != 3 {
		t.Errorf("%d events came after the storm, want the panic and two reports", seen)
	}
}

// A scope of more than its share of the memory is cut, and the events say so; tags and user stay.
func TestScopeIsBounded(t *testing.T) {
	srv := sentrytest.New(sentrytest.Options{AnyTime: true})
	c := quiet(t, krunk.Config{DSN: srv.DSN(), Transport: srv.Transport(), Memory: 256 << 10})
	for i := range 24 {
		c.SetContext(fmt.Sprint("group", i), krunk.String("long", strings.Repeat("x", 2000)), krunk.Int("n", i))
		c.Flush(time.Minute)
	}
	for i := range 50 {
		c.SetTag(fmt.Sprint("tag", i), strings.Repeat("v", 100))
	}
	c.SetUser(krunk.User{ID: "anna", Name: "Anna", Email: "anna@example.org"})
	c.Report(errors.New("boom"))
	if !c.Flush(time.Minute) {
		t.Fatal("not delivered")
	}
	e := srv.Events()[0]
	if e.Contexts["krunk"]["scope_cut"] != true {
		t.Errorf("the event does not say that its scope was cut: %v", e.Contexts["krunk"])
	}
	if e.User.ID != "anna" || e.Tags["tag49"] == "" || e.Tags["tag0"] == "" {
		t.Errorf("user %+v, tags %v", e.User, e.Tags)
	}
	if e.Contexts["group0"]["long"] == nil {
		t.Errorf("contexts %v", e.Contexts)
	}
}
