package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// document is a policy as text, so that a new version keeps order, layout and every member as a person wrote them.
type document struct{ b []byte }

// member is where one member of the document's object stands.
type member struct {
	key      string
	from, to int // of its value
}

// members lists the top level. The document has passed ParseStrict, so keys do not repeat.
func (d *document) members() ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(d.b))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	var out []member
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, err
		}
		to := int(dec.InputOffset())
		out = append(out, member{key: key.(string), from: to - len(raw), to: to})
	}
	return out, nil
}

// get returns the text of a member, nil if there is none.
func (d *document) get(key string) json.RawMessage {
	list, _ := d.members()
	for _, m := range list {
		if m.key == key {
			return d.b[m.from:m.to]
		}
	}
	return nil
}

// set replaces a member. A new one goes behind the member called after, or else to the front.
func (d *document) set(key, value, after string) error {
	list, err := d.members()
	if err != nil {
		return err
	}
	behind := -1
	for _, m := range list {
		switch m.key {
		case key:
			d.splice(m.from, m.to, value)
			return nil
		case after:
			behind = m.to
		}
	}
	text := fmt.Sprintf("%q: %s", key, value)
	switch {
	case behind >= 0:
		d.splice(behind, behind, ", "+text)
	case len(list) > 0:
		last := list[len(list)-1].to
		d.splice(last, last, ",\n  "+text)
	default:
		return errors.New("an empty object")
	}
	return nil
}

func (d *document) splice(from, to int, text string) {
	b := append([]byte(nil), d.b[:from]...)
	d.b = append(append(b, text...), d.b[to:]...)
}

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
	text := d.get("rules")
	if text == nil {
		return nil, nil, nil
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, nil, err
	}
	err = json.Unmarshal(text, &heads)
	return raw, heads, err
}

func (d *document) setRules(raw []json.RawMessage) error {
	if len(raw) == 0 {
		return d.set("rules", "[]", "")
	}
	texts := make([]string, len(raw))
	for i, r := range raw {
		texts[i] = string(r)
	}
	return d.set("rules", "[\n    "+strings.Join(texts, ",\n    ")+"\n  ]", "")
}

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

// quote writes a string as JSON.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string can always be encoded
	return strings.TrimSuffix(b.String(), "\n")
}
