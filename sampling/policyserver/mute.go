package policyserver

import (
	"encoding/json"
	"fmt"
	"slices"
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

// single checks what a change says about one kind of issue.
func single(kind, length, rate string, now time.Time) (name string, until time.Time, err error) {
	if name, err = kindOf(kind); err != nil {
		return "", until, err
	}
	d, err := time.ParseDuration(length)
	if err != nil || d < time.Second || d > longestMute {
		return "", until, fmt.Errorf("policyserver: for %q; write a time from 1s to 720h (30 days), such as 168h", length)
	}
	if _, ok := policy.ParseRate(rate); !ok && rate != "" {
		return "", until, fmt.Errorf("policyserver: rate %q; write e.g. 5/h", rate)
	}
	return name, now.Add(d), nil
}

// once wants each kind once in a change: of two words about it one would be lost.
func (c *Change) once() error {
	all := slices.Clone(c.Unmute)
	for i := range c.Mute {
		all = append(all, c.Mute[i].Kind)
	}
	for i := range c.Raise {
		all = append(all, c.Raise[i].Kind)
	}
	seen := make(map[string]bool, len(all))
	for _, one := range all {
		kind, err := kindOf(one)
		if err != nil {
			return err
		}
		if seen[kind] {
			return fmt.Errorf("policyserver: kind %s stands twice in the change; write it once, in mute, raise or unmute", kind)
		}
		seen[kind] = true
	}
	return nil
}

// singles makes the changes to what is said about single kinds of issues.
func (d *document) singles(c *Change, now time.Time) error {
	if err := c.once(); err != nil {
		return err
	}
	if err := d.mute(c, now); err != nil {
		return err
	}
	return d.raise(c, now)
}

// mute makes the changes to what is kept back, and ends what is said about a kind.
func (d *document) mute(c *Change, now time.Time) error {
	for i := range c.Mute {
		m := &c.Mute[i]
		kind, until, err := single(m.Kind, m.For, m.Rate, now)
		if err != nil {
			return err
		}
		if err := d.Put("kinds", kind, policydoc.Mute(until, m.Rate, m.Panics)); err != nil {
			return fmt.Errorf("policyserver: %w", err)
		}
	}
	for _, one := range c.Unmute {
		kind, err := kindOf(one)
		if err != nil {
			return err
		}
		was, err := d.Take("kinds", kind)
		if err == nil && !was && c.Rollback == "" {
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
	What   string    `json:"what"`   // in words
	Raised bool      `json:"raised"` // and not kept back
	Over   bool      `json:"over"`
	Owner  string    `json:"owner"`
	Reason string    `json:"reason"`
	Since  string    `json:"since"`
}

// kinds lists what is kept back and what is raised.
func kinds(c *served, from map[string]origin, now time.Time) []jsonKind {
	out := []jsonKind{}
	list := c.policy.Document().Kinds
	for i := range list {
		k := &list[i]
		o := from[plan.KindPath(k.Kind)]
		j := jsonKind{Kind: plan.KindName(k.Kind), Until: k.Until.Time(), What: muteWords(k), Raised: k.Clients > 0,
			Over: plan.Over(k.Until.Time(), now), Owner: o.owner, Reason: o.reason, Since: o.since}
		if j.Raised {
			j.What = raiseWords(c.policy, k)
		}
		if k.Panics {
			j.What += ", panics too"
		}
		out = append(out, j)
	}
	return out
}

// muteWords says what of a kind is kept back.
func muteWords(k *plan.KindRule) string {
	if k.Silent {
		return "all but the first of each client and day"
	}
	return "all beyond " + sampling.Rate(k.Rate).String() + " of each client"
}

// membersOf returns the members of an object of a document as text.
func (d *document) membersOf(object string) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	_ = json.Unmarshal(d.Get(object), &out) // none if there is no such object
	return out
}
