package policyserver

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/krunk-go/krunk/internal/policydoc"
)

// document is a policy as text.
type document struct{ policydoc.Doc }

func textOf(b []byte) *document { return &document{policydoc.Doc{B: b}} }

// set is Doc.Set with where the error comes from.
func (d *document) set(key, value, after string) error {
	if err := d.Set(key, value, after); err != nil {
		return fmt.Errorf("policyserver: %w", err)
	}
	return nil
}

// ruleHead is what an edit and the page need to know of a rule.
type ruleHead struct {
	ID    string    `json:"id"`
	Until time.Time `json:"until"`
	raw   json.RawMessage
}

// from is when the rule begins, zero from the beginning.
func (h *ruleHead) from() time.Time {
	var r struct {
		When struct {
			From time.Time `json:"from"`
		} `json:"when"`
	}
	_ = json.Unmarshal(h.raw, &r) // what is not understood keeps the rule from matching
	return r.When.From
}

// outline is what the page shows of a document.
type outline struct {
	Clients  *float64                   `json:"clients"`
	Enabled  *bool                      `json:"enabled"`
	Panics   json.RawMessage            `json:"panics"`
	Channels map[string]json.RawMessage `json:"channels"`
	Rules    []json.RawMessage          `json:"rules"`
	Note     string                     `json:"note"`
	Salt     string                     `json:"salt"`
}

func (d *document) outline() (o outline, heads []ruleHead, err error) {
	if err := json.Unmarshal(d.B, &o); err != nil {
		return o, nil, fmt.Errorf("policyserver: the document: %w", err)
	}
	for _, raw := range o.Rules {
		h := ruleHead{raw: raw}
		if err := json.Unmarshal(raw, &h); err != nil {
			return o, nil, fmt.Errorf("policyserver: rule of the document: %w", err)
		}
		heads = append(heads, h)
	}
	return o, heads, nil
}

func (d *document) setRules(heads []ruleHead) error {
	list := make([]json.RawMessage, len(heads))
	for i, h := range heads {
		list[i] = h.raw
	}
	if err := d.SetList("rules", list); err != nil {
		return fmt.Errorf("policyserver: %w", err)
	}
	return nil
}

func quote(s string) string { return policydoc.Quote(s) }

func stamp(t time.Time) string { return policydoc.Stamp(t) }
