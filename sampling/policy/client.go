package policy

import (
	"errors"

	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

// Client is a simulated client: it is decided about as a krunk.Client is, and has no ring of records and no sender, so that
// thousands of them fit into a program. Its methods may be called by any goroutine, Channel by one at a time.
type Client struct {
	controls gate.Controls
	channels map[string]*Channel
}

// Simulate puts a client without settings of its own under a controller, which must steer no other one and whose clock stands from
// then on, at the At.ServerTime of what is applied, so that nothing starts or ends in the middle.
func Simulate(ctl *sampling.Controller) (*Client, error) {
	c := &Client{channels: make(map[string]*Channel)}
	return c, ctl.Join(&c.controls, &gate.Program{Still: true})
}

// Panics reports whether this client sends panics.
func (c *Client) Panics() bool {
	_, wanted := c.controls.Panics()
	return wanted
}

// Channel returns the channel with that name, the same one for every call; names fold to lower case.
func (c *Client) Channel(name string) *Channel {
	name = gate.Fold(name)
	ch, ok := c.channels[name]
	if !ok {
		ch = &Channel{gate.NewChannel(name), &c.controls}
		h := c.controls.Hooks()
		h.Adopt(h.Owner, ch.state)
		c.channels[name] = ch
	}
	return ch
}

// Channel is a channel of a simulated client.
type Channel struct {
	state    *gate.Channel
	controls *gate.Controls
}

// Verdict says what becomes of one record.
type Verdict struct {
	Trail bool // it is kept in the black box
	Send  bool // it is shipped as a log record
	Issue bool // it is raised as an event
}

// Reports reports whether the record leaves the machine.
func (v Verdict) Reports() bool { return v.Send || v.Issue }

func verdict(v gate.Verdict) Verdict {
	return Verdict{Trail: v&gate.Trail != 0, Send: v&gate.Send != 0, Issue: v&gate.Issue != 0}
}

// Decide returns what thresholds and cohort say about a record of level l, without draws and rates. An issue is of a kind about which the
// policy says nothing; see WeighKind.
func (c *Channel) Decide(l Level) Verdict {
	v := c.state.Decide(gate.Level(l))
	if c.state.Outside() {
		v &= gate.Trail
	}
	return verdict(v)
}

// Record does what a capture call does for a record of level l: thresholds and cohort, then the draw, then the rates, which it
// uses up. The key is the record's fingerprint, for "first". An issue is of a kind about which the policy says nothing; see WeighKind.
func (c *Channel) Record(l Level, key uint64) Verdict {
	v, _ := c.Weigh(l, key)
	return v
}

// SetDice has records drawn by f, so that a simulation can be repeated. It is called before the first record, and by the one goroutine
// that uses the channel then.
func (c *Channel) SetDice(f func() uint64) { c.state.SetDice(f) }

// Weigh is Record, and says for how many records one that reports stands: the sum over all that report on all clients is the number
// of all records, apart from what Withheld tells. Of one that is raised and sent as well it is the weight of the event.
func (c *Channel) Weigh(l Level, key uint64) (v Verdict, weight float64) {
	d, share := c.take(l, key, 0)
	if d&gate.Doubt != 0 {
		e := gate.Event{Kind: uint32(key>>32) ^ uint32(key), Level: gate.Level(l), Share: share, Drawn: d&gate.Drawn != 0, Sent: d&gate.Send != 0}
		if s, ok := c.state.Settle(&e); ok {
			share = s
		} else {
			d &^= gate.Issue
		}
	}
	weight, _ = gate.Weight(share)
	return verdict(d), weight
}

// WeighKind is Weigh for an issue that is no log record, of a kind, by the tag krunk.kind of its event: one that is raised, muted or thinned
// out is decided about by that. It fails for what is no kind.
func (c *Channel) WeighKind(l Level, key uint64, kind string) (v Verdict, weight float64, err error) {
	k, ok := plan.ParseKind(kind)
	if !ok {
		return Verdict{}, 1, errors.New("sampling/policy: " + plan.Quoted(kind) + " is not a kind; write eight of 0-9 and a-f")
	}
	d, share := c.take(l, key, gate.Send)
	if d&gate.Issue != 0 {
		e := gate.Event{Kind: k, Level: gate.Level(l), Share: share, Doubt: d&gate.Doubt != 0, Channel: c.state}
		if f := c.controls.Settle(&e); f == gate.Goes || f == gate.Raised {
			share = e.Share
		} else {
			d &^= gate.Issue
		}
	}
	weight, _ = gate.Weight(share)
	return verdict(d), weight, nil
}

func (c *Channel) take(l Level, key uint64, without gate.Verdict) (gate.Verdict, uint32) {
	d := c.state.Decide(gate.Level(l)) &^ without
	if d&gate.Draw == 0 || d&(gate.Send|gate.Issue) == 0 {
		return d, Million
	}
	return c.state.Take(d, gate.Level(l), key)
}

// Withheld returns how many records rates have kept back for which no later one stands; a client tells them by a client report, once
// nothing comes any more and at its end.
func (c *Channel) Withheld() uint64 {
	d := c.state.Dropped()
	return d.LimitedRecords + d.LimitedEvents + d.LimitedBoth
}

// Million is the share of everything, in parts per million.
const Million = 1_000_000

// Bucket returns the place of id in the population, 0 to 999,999. An id is inside a cohort of p ppm if its bucket is below p,
// so raising p only adds. The formula is called "m3/1" in a policy and never changes under that name. It does not allocate up
// to 255 bytes.
func Bucket(salt, id string) uint32 { return gate.Bucket(salt, id) }
