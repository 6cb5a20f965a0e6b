package main

import (
	"encoding/json"
	"time"

	"github.com/krunk-go/krunk/internal/policydoc"
)

// document is a policy as text.
type document struct{ policydoc.Doc }

func textOf(b []byte) *document { return &document{policydoc.Doc{B: b}} }

// ruleHead is what an edit needs to know of a rule.
type ruleHead struct {
	ID    string                     `json:"id"`
	Until time.Time                  `json:"until"`
	When  map[string]json.RawMessage `json:"when"`
	Set   struct {
		Channels map[string]json.RawMessage `json:"channels"`
	} `json:"set"`
}

func (r *ruleHead) ended(now time.Time) bool { return !r.Until.IsZero() && !now.Before(r.Until) }

// rules returns the rules as text and what stands in them.
func (d *document) rules() (raw []json.RawMessage, heads []ruleHead, err error) {
	text := d.Get("rules")
	if text == nil {
		return nil, nil, nil
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, nil, err
	}
	err = json.Unmarshal(text, &heads)
	return raw, heads, err
}

func (d *document) setRules(raw []json.RawMessage) error { return d.SetList("rules", raw) }

// dropEnded takes out the rules that are over, whose end would not be after the new "issued". It returns their ids.
func (d *document) dropEnded(now time.Time) (gone []string, err error) {
	raw, heads, err := d.rules()
	if err != nil {
		return nil, err
	}
	var left []json.RawMessage
	for i := range raw {
		if heads[i].ended(now) {
			gone = append(gone, heads[i].ID)
			continue
		}
		left = append(left, raw[i])
	}
	if len(gone) == 0 {
		return nil, nil
	}
	return gone, d.setRules(left)
}

func quote(s string) string { return policydoc.Quote(s) }
