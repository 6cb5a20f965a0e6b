package policyserver

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/internal/policydoc"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// Mute keeps one fault back: issues of one kind, all but the first of each client and day, or all over a rate.
type Mute struct {
	Kind   string `json:"kind"`             // the tag krunk.kind of an event, eight hexadecimal digits; "krunk.kind: 9f2c41d0" is understood too
	For    string `json:"for"`              // such as "168h", at most 720h
	Rate   string `json:"rate,omitempty"`   // lets so many of each client through, such as "5/h"; empty: the first of a day
	Panics bool   `json:"panics,omitempty"` // panics of that kind as well
}

// longestMute is how long a fault may be kept back, as strict reading has it.
const longestMute = 30 * 24 * time.Hour

// kindOf reads a kind as people paste it.
func kindOf(s string) (string, error) {
	kind := strings.ToLower(strings.TrimSpace(s))
	if rest, is := strings.CutPrefix(kind, "krunk.kind"); is {
		kind = strings.Trim(rest, ":= \"\t")
	}
	if _, ok := plan.ParseKind(kind); !ok {
		return "", fmt.Errorf("policyserver: %q is not a kind; paste the tag krunk.kind of an event, eight of 0-9 and a-f", s)
	}
	return kind, nil
}

// mute makes the changes to what is kept back.
func (d *document) mute(c *Change, now time.Time) error {
	for i := range c.Mute {
		m := &c.Mute[i]
		kind, err := kindOf(m.Kind)
		if err != nil {
			return err
		}
		length, err := time.ParseDuration(m.For)
		if err != nil || length < time.Second || length > longestMute {
			return fmt.Errorf("policyserver: for %q; write a time from 1s to 720h (30 days), such as 168h", m.For)
		}
		if _, ok := policy.ParseRate(m.Rate); !ok && m.Rate != "" {
			return fmt.Errorf("policyserver: rate %q; write e.g. 5/h", m.Rate)
		}
		if err := d.Put("kinds", kind, policydoc.Mute(now.Add(length), m.Rate, m.Panics)); err != nil {
			return fmt.Errorf("policyserver: %w", err)
		}
	}
	for _, one := range c.Unmute {
		kind, err := kindOf(one)
		if err != nil {
			return err
		}
		was, err := d.Take("kinds", kind)
		if err == nil && !was {
			err = fmt.Errorf("nothing is said about kind %s", kind)
		}
		if err != nil {
			return fmt.Errorf("policyserver: %w", err)
		}
	}
	return nil
}

type jsonKind struct {
	Kind   string    `json:"kind"`
	Until  time.Time `json:"until"`
	What   string    `json:"what"` // in words
	Over   bool      `json:"over"`
	Owner  string    `json:"owner"`
	Reason string    `json:"reason"`
	Since  string    `json:"since"`
}

// kinds lists what is kept back.
func kinds(c *served, from map[string]origin, now time.Time) []jsonKind {
	out := []jsonKind{}
	list := c.policy.Document().Kinds
	for i := range list {
		k := &list[i]
		name := plan.KindName(k.Kind)
		o := from[plan.KindPath(k.Kind)]
		j := jsonKind{Kind: name, Until: k.Until.Time(), Over: plan.Over(k.Until.Time(), now), Owner: o.owner, Reason: o.reason, Since: o.since, What: "all but the first of each client and day"}
		if !k.Silent {
			j.What = "all beyond " + sampling.Rate(k.Rate).String() + " of each client"
		}
		if k.Panics {
			j.What += ", panics too"
		}
		out = append(out, j)
	}
	return out
}

// membersOf returns the members of an object of a document as text.
func (d *document) membersOf(object string) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	_ = json.Unmarshal(d.Get(object), &out) // none if there is no such object
	return out
}
