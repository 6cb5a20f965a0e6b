package policyserver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

type jsonEntry struct {
	Version  string    `json:"version"`
	Replaced string    `json:"replaced"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Note     string    `json:"note"`
	Audit    string    `json:"audit"`
}

// past is the history as it was read last; it stands until another version is current. It is immutable after remember.
type past struct {
	version sampling.Version
	entries []Entry // the newest first
	list    []jsonEntry
	origins map[string]origin // of what the newest version has, by path: rules, kinds, pulls
}

// origin is where a rule comes from.
type origin struct{ owner, reason, since string }

// remember reads the history, unless it is known.
func (s *Server) remember(ctx context.Context) (*past, error) {
	v := s.current.Load().version()
	if p := s.view.past.Load(); p != nil && p.version == v {
		return p, nil
	}
	entries, err := s.store.History(ctx, keep)
	if err != nil {
		return nil, err
	}
	p := &past{version: v, entries: entries, list: historyJSON(entries), origins: origins(entries)}
	s.view.past.Store(p)
	return p, nil
}

// recall is remember for who must not wait for a store: what is not known yet is read beside, and nil until then.
func (s *Server) recall() *past {
	p := s.view.past.Load()
	if p != nil && p.version == s.current.Load().version() {
		return p
	}
	if s.view.recalling.CompareAndSwap(false, true) {
		go func() {
			defer s.view.recalling.Store(false)
			ctx, stop := context.WithTimeout(context.Background(), rereadEvery)
			defer stop()
			_, _ = s.remember(ctx) // the status tells what is wrong with the store
		}()
	}
	return nil
}

// origins finds for each rule, kind and pull of the newest entry the version since which it stands as it is. What stands in the oldest entry that is
// kept may be older, and has none.
func origins(entries []Entry) map[string]origin {
	out := make(map[string]origin)
	var open map[string]string // what stands unchanged so far
	for i := range entries {
		parts, note := partsOf(entries[i].Bytes)
		if i == 0 {
			open = parts
		}
		for path, text := range open {
			if parts[path] != text {
				delete(open, path)
				continue
			}
			out[path] = origin{entries[i].By, note, entries[i].Version.String()}
		}
	}
	if len(entries) >= keep {
		for path := range open {
			delete(out, path)
		}
	}
	return out
}

// partsOf returns the rules, kinds and pulls of a document by path, without white space, and its note.
func partsOf(b []byte) (parts map[string]string, note string) {
	parts = make(map[string]string)
	doc, _, err := sampling.OpenEnvelope(b)
	if err != nil {
		return parts, ""
	}
	d := textOf(doc)
	o, heads, err := d.outline()
	if err != nil {
		return parts, ""
	}
	add := func(path string, raw []byte) {
		var text bytes.Buffer
		if json.Compact(&text, raw) == nil {
			parts[path] = text.String()
		}
	}
	for _, h := range heads {
		add(rulePath(h.ID), h.raw)
	}
	for _, object := range [...]string{"kinds", "pulls"} {
		for name, raw := range d.membersOf(object) {
			add(object+"["+strconv.Quote(name)+"]", raw)
		}
	}
	return parts, o.Note
}

// rulePath is how differences call a rule.
func rulePath(id string) string { return "rules[" + strconv.Quote(id) + "]" }

func (s *Server) history(w http.ResponseWriter, r *http.Request) {
	p, err := s.remember(r.Context())
	if err != nil {
		answer(w, http.StatusServiceUnavailable, failure{Error: err.Error()})
		return
	}
	answer(w, http.StatusOK, p.list)
}

func historyJSON(list []Entry) []jsonEntry {
	out := make([]jsonEntry, 0, len(list))
	for _, e := range list {
		j := jsonEntry{Version: e.Version.String(), Replaced: e.Replaced.String(), By: e.By, At: e.At, Audit: e.Audit}
		if doc, _, err := sampling.OpenEnvelope(e.Bytes); err == nil {
			if p, err := sampling.Parse(doc); err == nil {
				j.Note = p.Note()
			}
		}
		out = append(out, j)
	}
	return out
}

type jsonComparison struct {
	From     string       `json:"from"`
	To       string       `json:"to"`
	Changes  []jsonChange `json:"changes"`
	Document string       `json:"document"` // of To
}

// compare answers what differs between two versions that are kept. Without from it lists all that one says.
func (s *Server) compare(w http.ResponseWriter, r *http.Request) {
	p, err := s.remember(r.Context())
	if err != nil {
		answer(w, http.StatusServiceUnavailable, failure{Error: err.Error()})
		return
	}
	q := r.URL.Query()
	j := jsonComparison{From: q.Get("from"), To: q.Get("to"), Changes: []jsonChange{}}
	to, err := p.find(j.To)
	var from *served
	if err == nil && j.From != "" {
		from, err = p.find(j.From)
	}
	if err != nil {
		answer(w, http.StatusNotFound, failure{Error: err.Error()})
		return
	}
	var old *sampling.Policy
	if from != nil {
		old = from.policy
	}
	for _, c := range differences(old, to.policy) {
		j.Changes = append(j.Changes, jsonChange(c))
	}
	j.Document = string(to.doc)
	answer(w, http.StatusOK, j)
}

// find returns a version that is kept.
func (p *past) find(version string) (*served, error) {
	i := slices.IndexFunc(p.entries, func(e Entry) bool { return e.Version.String() == version })
	if i < 0 {
		return nil, fmt.Errorf("version %q is not among the last %d; write one such as %q", clean(version), keep, p.version)
	}
	return prepare(p.entries[i])
}
