// Package policydoc edits a policy document as text, so that a new version keeps order, layout and every member as a person
// wrote them. The page of package policyserver and the command krunkpolicy make their versions with it.
package policydoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Doc is a document. Editing makes a new B and leaves the bytes it was given alone.
type Doc struct{ B []byte }

// member is where the value of one member of the document's object stands.
type member struct {
	key      string
	from, to int
}

// members lists the top level. Keys do not repeat: the document was read by package sampling before.
func (d *Doc) members() ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(d.B))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("the document is not a JSON object")
	}
	var out []member
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("the document: %w", err)
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, fmt.Errorf("the document: %w", err)
		}
		to := int(dec.InputOffset())
		out = append(out, member{key: key.(string), from: to - len(raw), to: to})
	}
	return out, nil
}

// Get returns the text of a member, nil if there is none. It is part of B and must not be modified.
func (d *Doc) Get(key string) json.RawMessage {
	list, _ := d.members() // what cannot be listed is not there
	for _, m := range list {
		if m.key == key {
			return d.B[m.from:m.to]
		}
	}
	return nil
}

// Set replaces a member's value; a new member goes behind the one called after, or else to the end. The value is JSON.
func (d *Doc) Set(key, value, after string) error {
	list, err := d.members()
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return errors.New("the document is an empty object")
	}
	at, between := list[len(list)-1].to, ",\n  "
	for _, m := range list {
		switch m.key {
		case key:
			d.splice(m.from, m.to, value)
			return nil
		case after:
			at, between = m.to, ", "
		}
	}
	d.splice(at, at, between+Quote(key)+": "+value)
	return nil
}

// Drop takes a member out, with the comma beside it; one that is not there is not an error.
func (d *Doc) Drop(key string) error {
	list, err := d.members()
	for i, m := range list {
		if m.key != key {
			continue
		}
		from, to := bytes.IndexByte(d.B, '{')+1, m.to
		if i > 0 {
			from = list[i-1].to
		} else if len(list) > 1 {
			to = m.to + bytes.IndexByte(d.B[m.to:], ',') + 1
		}
		d.splice(from, to, "")
	}
	return err
}

// Put sets one member of an object that is itself a member of the document, which it makes where there is none.
func (d *Doc) Put(object, key, value string) error {
	inner := Doc{d.Get(object)}
	if list, _ := inner.members(); len(list) == 0 {
		return d.Set(object, "{\n    "+Quote(key)+": "+value+"\n  }", "")
	}
	list, err := inner.members()
	if err != nil {
		return err
	}
	at := list[len(list)-1].to
	for _, m := range list {
		if m.key == key {
			inner.splice(m.from, m.to, value)
			return d.Set(object, string(inner.B), "")
		}
	}
	inner.splice(at, at, ",\n    "+Quote(key)+": "+value)
	return d.Set(object, string(inner.B), "")
}

// Take takes one member out of an object that is a member of the document, and the object if nothing is left of it. It reports whether
// there was one.
func (d *Doc) Take(object, key string) (bool, error) {
	inner := Doc{d.Get(object)}
	if inner.Get(key) == nil {
		return false, nil
	}
	if err := inner.Drop(key); err != nil {
		return true, err
	}
	if list, _ := inner.members(); len(list) == 0 {
		return true, d.Drop(object)
	}
	return true, d.Set(object, string(inner.B), "")
}

// TakeEnded takes out of such objects whatever has an "until" that has come at now, and returns the places.
func (d *Doc) TakeEnded(now time.Time, objects ...string) (gone []string, err error) {
	for _, object := range objects {
		inner := Doc{d.Get(object)}
		list, _ := inner.members()
		for _, m := range list {
			var head struct {
				Until time.Time `json:"until"`
			}
			if json.Unmarshal(inner.B[m.from:m.to], &head) != nil || head.Until.IsZero() || now.Before(head.Until) {
				continue
			}
			if _, err := d.Take(object, m.key); err != nil {
				return gone, err
			}
			gone = append(gone, object+"["+Quote(m.key)+"]")
		}
	}
	return gone, nil
}

// SetList sets a member to a list with one element on each line.
func (d *Doc) SetList(key string, list []json.RawMessage) error {
	if len(list) == 0 {
		return d.Set(key, "[]", "")
	}
	return d.Set(key, "[\n    "+string(bytes.Join(rows(list), []byte(",\n    ")))+"\n  ]", "")
}

func rows(list []json.RawMessage) [][]byte {
	out := make([][]byte, len(list))
	for i, raw := range list {
		out[i] = raw
	}
	return out
}

func (d *Doc) splice(from, to int, text string) {
	b := append([]byte(nil), d.B[:from]...)
	d.B = append(append(b, text...), d.B[to:]...)
}

// Quote writes a string as JSON without escapes for HTML.
func Quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string can always be encoded
	return strings.TrimSuffix(b.String(), "\n")
}

// Stamp writes a time as JSON, in seconds and UTC.
func Stamp(t time.Time) string { return Quote(t.UTC().Format(time.RFC3339)) }
