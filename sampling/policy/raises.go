package policy

import (
	"time"

	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

// Raise is what a policy that raises a kind of issue means for one client.
type Raise struct {
	Kind   string        // the tag krunk.kind of its events
	Until  time.Time     // when it ends
	PPM    uint32        // share of all clients that send all of the kind: as stated, or that of the ceiling
	Rate   sampling.Rate // of each client; zero: none
	Panics bool          // panics of the kind too, where more clients send them than without
	Sends  bool          // this client sends all of the kind
	Why    string        // such as "in the 25 % that send all of it"
}

// Raises lists the kinds of issues that a policy raises at that time, and whether a client sends them on a channel. It fails as Explain does.
func Raises(p *sampling.Policy, id sampling.Identity, channel string, u Under) ([]Raise, error) {
	s, err := u.situation(p, id)
	if err != nil || s.Policy == nil && s.Fallback == nil {
		return nil, err
	}
	now := s.Plan()
	r := now.Resolve(gate.Fold(channel))
	doc := s.Policy
	if doc == nil {
		doc = s.Fallback
	}
	var out []Raise
	for i := range doc.Kinds {
		k := &doc.Kinds[i]
		if k.Clients == 0 || k.Until.Over(s.Now) {
			continue
		}
		raise := Raise{Kind: plan.KindName(k.Kind), Until: k.Until.Time(), Rate: sampling.Rate(k.Rate), Panics: k.Panics}
		var in bool
		raise.PPM, in = now.Raised(k)
		share := percentText(raise.PPM) + " %"
		switch {
		case now.Killed:
			raise.Why = "the kill switch is thrown"
		case r.Forced:
			raise.Why = "picked by name, so decided about as if nothing were raised"
		case r.Issue == gate.LevelOff:
			raise.Why = "no issue of this channel is raised"
		case in:
			raise.Sends, raise.Why = true, "in the "+share+" that send all of it"
		case !now.Known():
			raise.Why = "not in the " + share + " that send it: drawn by " + now.By.String() + ", which is not known"
		default:
			raise.Why = "not in the " + share + " that send it"
		}
		out = append(out, raise)
	}
	return out, nil
}
