package channels

import (
	"game/global"

	"github.com/krunk-go/krunk/krunk"
)

var client *krunk.Client

var started = start()

var app struct{ client *krunk.Client }

var (
	net     = client.Channel("net")                                         // want `client is nil when this variable is initialised, and a nil client's channel stays mute for good: call Channel after Start`
	far     = global.Client.Channel("far")                                  // want `Client is nil when this variable is initialised`
	inside  = app.client.Channel("app")                                     // want `app is nil when this variable is initialised`
	list    = []*krunk.Channel{client.Channel("a").With(krunk.Int("n", 1))} // want `client is nil when`
	later   = func() *krunk.Channel { return client.Channel("later") }
	alive   = started.Channel("alive")
	farther = global.Started.Channel("farther")
)

func start() *krunk.Client { c, _ := krunk.Start(krunk.Config{}); return c }

func init() { net = client.Channel("net") }

type system struct {
	client *krunk.Client
	net    *krunk.Channel
	names  []string
}

func loops(c *krunk.Client, s *system, name string) {
	for range 3 {
		c.Channel("net").Info("round")        // want `Channel takes a lock, and is called in a loop: call it once, before, and keep what it returns`
		s.client.Channel("net").Info("round") // want `Channel takes a lock, and is called in a loop`
		ch := c.Channel("ai")                 // want `Channel takes a lock, and is called in a loop`
		ch.Info("round")
		c.Channel("net." + name).Info("round")         // want `Channel takes a lock, and is called in a loop`
		client.Channel("global").Info("round")         // want `Channel takes a lock, and is called in a loop`
		c.Go(func() { c.Channel("go").Info("round") }) // want `Channel takes a lock, and is called in a loop`
	}
	for i := 0; c.Channel("cond").Enabled(krunk.LevelInfo) && i < 3; i++ { // want `Channel takes a lock, and is called in a loop`
	}
}

// What is made once, or anew for each client, belongs there.
func made(c *krunk.Client, s *system, clients []*krunk.Client) *krunk.Channel {
	channels := make(map[string]*krunk.Channel)
	for _, name := range s.names {
		channels[name] = c.Channel(name)
		ch := c.Channel("system." + name)
		ch.Info("made")
	}
	for ch := c.Channel("init"); ch != nil; ch = nil {
	}
	for range c.Channel("once").Name() {
	}
	for _, c := range clients {
		c.Channel("net").Info("each")
	}
	for range 3 {
		c, err := krunk.Start(krunk.Config{})
		if err != nil {
			continue
		}
		c.Channel("net").Info("started")
		s.client = c
		s.client.Channel("net").Info("started")
		start().Channel("net").Info("started")
	}
	var late *krunk.Channel
	for {
		if late == nil {
			late = c.Channel("late")
		}
		if s.net == nil {
			s.net = c.Channel("net")
		}
		if late != nil {
			return c.Channel("left")
		}
	}
}

type game struct {
	client *krunk.Client
	net    *krunk.Channel
}

func (g *game) Update() error {
	g.client.Channel("net").Info("round") // want `Channel takes a lock, and is called in every frame`
	if g.net == nil {
		g.net = g.client.Channel("net")
	}
	return nil
}

func (g *game) Draw(screen any) {
	client.Channel("draw").Info("round") // want `Channel takes a lock, and is called in every frame`
}

func (g *game) Layout(w, h int) (int, int) { return w, h }

// Update of something else.
func (s *system) Update() error {
	s.client.Channel("net").Info("round")
	return nil
}
