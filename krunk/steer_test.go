package krunk_test

import (
	"testing"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/sampling"
)

// A rule that names a player finds the one of SetUser, unless the game told the controller another.
func TestSetUserIsThePlayerOfRules(t *testing.T) {
	const rule = `"rules":[{"id":"r","when":{"player":["anna"]},"set":{"channels":{"net":{"send":"debug"}}}}]`
	steps := []struct {
		name   string
		do     func(*krunk.Client)
		picked bool
	}{
		{"before login", func(*krunk.Client) {}, false},
		{"anna logs in", func(c *krunk.Client) { c.SetUser(krunk.User{ID: "anna"}) }, true},
		{"anna changes her name", func(c *krunk.Client) { c.SetUser(krunk.User{ID: "anna", Name: "Anna"}) }, true},
		{"bert takes over", func(c *krunk.Client) { c.SetUser(krunk.User{ID: "bert"}) }, false},
		{"the game says anna", func(c *krunk.Client) { c.Sampling().Update(func(id *sampling.Identity) { id.Player = "anna" }) }, true},
		{"and is believed", func(c *krunk.Client) { c.SetUser(krunk.User{ID: "carla"}) }, true},
		{"the game says nothing more", func(c *krunk.Client) { c.Sampling().Update(func(id *sampling.Identity) { id.Player = "" }) }, false},
		{"log-out", func(c *krunk.Client) { c.SetUser(krunk.User{}) }, false},
	}
	c, _ := controlled(t, krunk.Config{}, rule)
	for _, s := range steps {
		s.do(c)
		if got := c.Channel("net").Enabled(krunk.LevelDebug) && len(c.Sampling().Status().Rules) == 1; got != s.picked {
			t.Errorf("%s: picked %v, want %v", s.name, got, s.picked)
		}
	}
	early, _ := controlled(t, krunk.Config{}, "")
	early.SetUser(krunk.User{ID: "anna"})
	apply(t, early.Sampling(), 1, rule)
	if s := early.Sampling().Status(); len(s.Rules) != 1 || s.Sticky {
		t.Errorf("login before the controller: %+v, want the rule, and a share that is not sticky", s)
	}
}
