package policyserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// document is a policy as text, so that an edit keeps order, layout and every member as a person wrote them.
type document struct{ b []byte }

// member is where the value of one member of the document's object stands.
type member struct {
	key      string
	from, to int
}

// members lists the top level. Keys do not repeat: the document was parsed before.
func (d *document) members() ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(d.b))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("policyserver: the document is not a JSON object")
	}
	var out []member
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("policyserver: the document: %w", err)
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, fmt.Errorf("policyserver: the document: %w", err)
		}
		to := int(dec.InputOffset())
		out = append(out, member{key: key.(string), from: to - len(raw), to: to})
	}
	return out, nil
}

// set replaces a member's value; a new member goes behind the one called after, or else to the end.
func (d *document) set(key, value, after string) error {
	list, err := d.members()
	if err != nil {
		return err
	}
	at, between := 0, ",\n  "
	for _, m := range list {
		if m.key == key {
			d.splice(m.from, m.to, value)
			return nil
		}
		at = max(at, m.to)
	}
	for _, m := range list {
		if m.key == after {
			at, between = m.to, ", "
		}
	}
	if at == 0 {
		return errors.New("policyserver: the document is an empty object")
	}
	d.splice(at, at, between+strconv.Quote(key)+": "+value)
	return nil
}

func (d *document) splice(from, to int, text string) {
	b := append([]byte(nil), d.b[:from]...)
	b = append(b, text...)
	d.b = append(b, d.b[to:]...)
}

// ruleHead is what an edit and the page need to know of a rule.
type ruleHead struct {
	ID    string    `json:"id"`
	Until time.Time `json:"until"`
	raw   json.RawMessage
}

// outline is what the page shows of a document.
type outline struct {
	Clients  *float64                   `json:"clients"`
	Enabled  *bool                      `json:"enabled"`
	Panics   json.RawMessage            `json:"panics"`
	Channels map[string]json.RawMessage `json:"channels"`
	Rules    []json.RawMessage          `json:"rules"`
	Note     string                     `json:"note"`
}

func (d *document) outline() (o outline, heads []ruleHead, err error) {
	if err := json.Unmarshal(d.b, &o); err != nil {
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
	texts := make([]string, len(heads))
	for i, h := range heads {
		texts[i] = "\n    " + string(h.raw)
	}
	text := "[" + strings.Join(texts, ",")
	if len(texts) > 0 {
		text += "\n  "
	}
	return d.set("rules", text+"]", "")
}

// quote writes a string as JSON without escapes for HTML.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string can always be encoded
	return strings.TrimSuffix(b.String(), "\n")
}

func stamp(t time.Time) string { return quote(t.UTC().Format(time.RFC3339)) }
