package main

import (
	"fmt"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
	"github.com/krunk-go/krunk/sampling/signed"
)

// follower is the part of a game client that keeps a controller on the server's policy. It is owned by one goroutine.
type follower struct {
	id    uint64 // of the connection
	link  link
	ctl   *sampling.Controller
	asked sampling.Version // newest version that was asked for, so that a refused one is not asked for again
}

// beat is one heartbeat: it says what runs here, and fetches what is newer on the same connection. An error means that the
// new policy was refused; what ran runs on, and the next heartbeat tells the server why.
func (f *follower) beat() error {
	newest := f.link.Heartbeat(f.id, f.ctl.Echo())
	if !f.ctl.Version().Less(newest) || newest == f.asked {
		return nil
	}
	f.asked = newest
	if err := f.ctl.Apply(f.link.Policy(), sampling.At{Source: "game"}); err != nil {
		return fmt.Errorf("gameserver: client %d: %w", f.id, err)
	}
	f.link.Heartbeat(f.id, f.ctl.Echo()) // at once, so that the page sees it arrive
	return nil
}

// channels are what the game records on; immutable.
var channels = [...]string{"net", "render", "ai"}

// player is a simulated client: a controller of its own and its channels, without the rest of a krunk.Client, which would take
// a ring of records and a sender for each of a thousand. It is owned by one worker.
type player struct {
	follower
	channels [len(channels)]*policy.Channel
	reports  bool                  // what reporting said last
	sent     [len(channels)]uint64 // records that passed
}

func newPlayer(n int, l link) (*player, error) {
	ctl, err := sampling.New(identity(n), sampling.Options{Hash: signed.SHA256})
	if err != nil {
		return nil, fmt.Errorf("gameserver: client %d: %w", n, err)
	}
	client, err := policy.Simulate(ctl)
	if err != nil {
		return nil, fmt.Errorf("gameserver: client %d: %w", n, err)
	}
	p := &player{follower: follower{id: uint64(n), link: l, ctl: ctl}}
	for i, name := range channels {
		p.channels[i] = client.Channel(name)
	}
	return p, nil
}

// identity is who client n is. The ids are the same in every run, and so is who comes first when the share is raised.
func identity(n int) sampling.Identity {
	g := &kinds[n%len(kinds)]
	return sampling.Identity{
		ID: fmt.Sprintf("install-%05d", n), Player: fmt.Sprintf("player-%d", n),
		Release: g.Release, Platform: g.Platform, Arch: g.Arch, Env: "demo", Build: "release",
	}
}

// kinds are the machines and releases of the players; immutable. Rules of a policy can tell them apart.
var kinds = [...]sampling.Identity{
	{Release: "moonfall@1.4.2", Platform: "windows", Arch: "amd64"},
	{Release: "moonfall@1.4.2", Platform: "linux", Arch: "amd64"},
	{Release: "moonfall@1.5.0", Platform: "windows", Arch: "amd64"},
	{Release: "moonfall@1.5.0", Platform: "linux", Arch: "arm64"},
}

// reporting says whether an error of this client would leave the machine, on any channel.
func (p *player) reporting() bool {
	for _, c := range p.channels {
		if c.Decide(policy.LevelError).Reports() {
			return true
		}
	}
	return false
}

// record does what a capture call does, and says whether the record left the machine.
func (p *player) record(channel int, l policy.Level, key uint64) bool {
	if !p.channels[channel].Record(l, key).Reports() {
		return false
	}
	p.sent[channel]++
	return true
}
