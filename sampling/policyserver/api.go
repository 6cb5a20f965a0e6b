package policyserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// failure is the body of an answer that says no.
type failure struct {
	Error    string        `json:"error"`
	Problems []jsonProblem `json:"problems,omitempty"`
	Current  string        `json:"current,omitempty"` // version, after a conflict
	By       string        `json:"by,omitempty"`      // who published it
	Reload   bool          `json:"reload,omitempty"`  // the page's token is not this server's
}

type jsonProblem struct {
	Code   string `json:"code"`
	Path   string `json:"path"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	What   string `json:"what"`
	Write  string `json:"write,omitempty"`
	Item   int    `json:"item,omitempty"` // of a draft: which of Change.Connect it is about, from 1
}

type jsonChange struct {
	Path string `json:"path"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

type jsonOutcome struct {
	Clients float64  `json:"clients"`
	Records *float64 `json:"records"` // null: not known
}

type jsonChannel struct {
	Channel  string      `json:"channel"`
	OldSend  string      `json:"oldSend"`
	NewSend  string      `json:"newSend"`
	OldIssue string      `json:"oldIssue"`
	NewIssue string      `json:"newIssue"`
	Before   jsonOutcome `json:"before"`
	After    jsonOutcome `json:"after"`
}

type jsonReport struct {
	Version  string        `json:"version"`
	Replaces string        `json:"replaces"`
	ETag     string        `json:"etag,omitempty"`
	Document string        `json:"document,omitempty"` // of a draft
	Ended    []string      `json:"ended,omitempty"`
	Clients  float64       `json:"clients"`            // of a draft: the share that it states
	Killed   bool          `json:"killed"`             // of a draft: the kill switch is thrown in it, so that nothing else has an effect
	Unstored string        `json:"unstored,omitempty"` // why a kill switch is served from memory alone
	Ahead    *jsonAhead    `json:"ahead,omitempty"`    // of a draft: what happens by itself under it
	Changes  []jsonChange  `json:"changes"`
	Warnings []jsonProblem `json:"warnings"`
	Effect   struct {
		Text     string        `json:"text"`
		Clients  int           `json:"clients"`
		Before   jsonOutcome   `json:"before"`
		After    jsonOutcome   `json:"after"`
		Channels []jsonChannel `json:"channels"`
		More     int           `json:"more"` // channels that change beside those
		Raises   []jsonRaise   `json:"raises"`
	} `json:"effect"`
}

type jsonRaise struct {
	Kind   string   `json:"kind"`
	Before float64  `json:"before"` // clients that send every event of it
	After  float64  `json:"after"`
	Most   *float64 `json:"most"` // events per second at most; null: no rate bounds them
	Text   string   `json:"text"`
}

func outcomeJSON(o Outcome) jsonOutcome {
	if o.Records < 0 {
		return jsonOutcome{Clients: o.Clients}
	}
	return jsonOutcome{o.Clients, &o.Records}
}

func (r *Report) json() jsonReport {
	j := jsonReport{Version: r.Version.String(), Replaces: r.Replaced.String(), ETag: r.ETag, Changes: []jsonChange{}, Warnings: problems(nil)}
	if r.Unstored != nil {
		j.Unstored = r.Unstored.Error()
	}
	for _, c := range r.Changes {
		j.Changes = append(j.Changes, jsonChange(c))
	}
	for _, w := range r.Warnings {
		j.Warnings = append(j.Warnings, problemJSON(w.Problem))
	}
	e := &j.Effect
	e.Text, e.Clients, e.Before, e.After = r.Effect.Text, r.Effect.Clients, outcomeJSON(r.Effect.Before), outcomeJSON(r.Effect.After)
	e.Channels, e.More, e.Raises = []jsonChannel{}, r.Effect.More, []jsonRaise{}
	for _, x := range r.Effect.Raises {
		raise := jsonRaise{Kind: x.Kind, Before: x.Clients, After: x.NewClients, Text: x.words(r.Effect.Clients)}
		if x.Most >= 0 {
			raise.Most = &x.Most
		}
		e.Raises = append(e.Raises, raise)
	}
	for _, c := range r.Effect.Channels {
		e.Channels = append(e.Channels, jsonChannel{c.Channel, c.OldSend.String(), c.NewSend.String(), c.OldIssue.String(), c.NewIssue.String(),
			outcomeJSON(Outcome{c.Clients, c.Records}), outcomeJSON(Outcome{c.NewClients, c.NewRecords})})
	}
	return j
}

func problems(list []policy.Problem) []jsonProblem {
	out := []jsonProblem{}
	for _, p := range list {
		out = append(out, problemJSON(p))
	}
	return out
}

func problemJSON(p policy.Problem) jsonProblem {
	return jsonProblem{Code: p.Code, Path: p.Path, Line: p.Line, Column: p.Column, What: p.What, Write: p.Write}
}

// answer sends v as JSON that nobody caches.
func answer(w http.ResponseWriter, status int, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	if err := e.Encode(v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the caller is gone, or has it
}

// refuse answers with what an error means.
func (s *Server) refuse(w http.ResponseWriter, err error) {
	f, status := failure{Error: err.Error()}, http.StatusUnprocessableEntity
	strict, isStrict := isStrict(err)
	switch {
	case isStrict:
		f.Error, f.Problems = counted(strict), problems(strict.List)
	case errors.Is(err, ErrConflict):
		status = http.StatusConflict
		if c := s.current.Load(); c != nil {
			f.Current, f.By = c.entry.Version.String(), c.entry.By
		}
	case denied(err):
		status = http.StatusForbidden
	case errors.Is(err, ErrKilled):
		status = http.StatusPreconditionRequired
	case errors.Is(err, errLarge), errors.Is(err, sampling.ErrTooLarge):
		status = http.StatusRequestEntityTooLarge
	case s.failure.Load() != nil, errors.As(err, new(storeError)):
		status = http.StatusServiceUnavailable
	}
	answer(w, status, f)
}

func counted(e *policy.Errors) string {
	if len(e.List) == 1 {
		return "the policy has a mistake"
	}
	return fmt.Sprintf("the policy has %d mistakes", len(e.List))
}

// bodyWithin is how long a body may take.
const bodyWithin = 15 * time.Second

// body reads a request's body, of at most n bytes, within the deadline that ServeHTTP has set.
func body(w http.ResponseWriter, r *http.Request, n int) ([]byte, error) {
	b, err := readAtMost(http.MaxBytesReader(w, r.Body, int64(n)+1), n)
	if err != nil {
		return nil, fmt.Errorf("policyserver: body of the request: %w (at most %d bytes)", err, n)
	}
	return b, nil
}

// put publishes.
func (s *Server) put(w http.ResponseWriter, r *http.Request) {
	who, ok := s.allow(w, r)
	if !ok {
		return
	}
	b, err := body(w, r, sampling.MaxEnvelope)
	if err != nil {
		s.refuse(w, err)
		return
	}
	if err := s.fresh(r.Context(), disables(b)); err != nil {
		s.refuse(w, err)
		return
	}
	replaces, status, err := s.expected(r)
	if err != nil {
		if status == http.StatusConflict {
			s.refuse(w, err)
			return
		}
		answer(w, status, failure{Error: err.Error()})
		return
	}
	report, err := s.Replace(r.Context(), Proposal{Bytes: b, Signature: r.Header.Get("Krunk-Signature"), By: who, Replaces: replaces, Restart: r.URL.Query().Get("restart") == "1",
		permit: s.permitted(r, who)})
	if err != nil {
		s.refuse(w, err)
		return
	}
	w.Header().Set("Etag", report.ETag)
	answer(w, http.StatusOK, report.json())
}

// kill throws the kill switch.
func (s *Server) kill(w http.ResponseWriter, r *http.Request) {
	who, ok := s.allow(w, r)
	if !ok {
		return
	}
	b, err := body(w, r, sampling.MaxDocument)
	if err != nil && !errors.Is(err, errLarge) {
		s.refuse(w, err)
		return
	}
	var c struct{ Note string }
	_ = json.Unmarshal(b, &c) // a note that cannot be read keeps nobody from stopping everything
	report, err := s.change(r.Context(), Change{Enabled: new(bool), Note: c.Note}, Proposal{By: who, permit: s.permitted(r, who)})
	if err != nil {
		s.refuse(w, err)
		return
	}
	answer(w, http.StatusOK, report.json())
}

// expected returns the version that the request means to replace.
func (s *Server) expected(r *http.Request) (v sampling.Version, status int, err error) {
	cur := s.current.Load()
	if tag := r.Header.Get("If-Match"); tag != "" {
		if cur == nil || !matches(tag, cur) {
			return v, http.StatusConflict, fmt.Errorf("%w: to replace %s", ErrConflict, clean(tag))
		}
		return cur.version(), 0, nil
	}
	text := r.URL.Query().Get("replaces")
	if text == "" {
		if cur == nil {
			return v, 0, nil
		}
		return v, http.StatusPreconditionRequired, fmt.Errorf("say which version is to be replaced: If-Match with its ETag, or ?replaces=%s", cur.version())
	}
	v, ok := sampling.ParseVersion(text)
	if !ok {
		return v, http.StatusBadRequest, fmt.Errorf("replaces=%q is not a version; write one such as 3.1187", text)
	}
	return v, 0, nil
}

// draft says what a change would do.
func (s *Server) draft(w http.ResponseWriter, r *http.Request) {
	who, ok := s.allow(w, r)
	if !ok {
		return
	}
	b, err := body(w, r, 16<<10)
	if err != nil {
		s.refuse(w, err)
		return
	}
	var c Change
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		answer(w, http.StatusBadRequest, failure{Error: "the change is not as it should be: " + err.Error()})
		return
	}
	if len(c.Connect) > 16 || len(c.End) > 128 || len(c.Ramp) > maxSteps || len(c.Mute)+len(c.Raise)+len(c.Unmute) > plan.MaxKinds || len(c.Pull)+len(c.Unpull) > 2*plan.MaxPulls {
		answer(w, http.StatusBadRequest, failure{Error: "a change may connect 16 channels, end 128 rules, have 64 steps, mute or raise 64 kinds and pull 16 flight logs"})
		return
	}
	d, err := s.Draft(r.Context(), c, who)
	if seen := r.URL.Query().Get("replaces"); err == nil && seen != "" && seen != d.Replaces.String() {
		err = fmt.Errorf("%w: to replace %s, but %s is current", ErrConflict, clean(seen), d.Replaces)
	}
	if permit := s.permitted(r, who); err == nil && permit != nil {
		err = permit(s.current.Load(), d.Document, d.policy, &d.Report, time.Now())
	}
	if err != nil {
		if strict, is := isStrict(err); is {
			answer(w, http.StatusUnprocessableEntity, failure{Error: counted(strict), Problems: d.named(problems(strict.List))})
			return
		}
		s.refuse(w, err)
		return
	}
	j := d.Report.json()
	j.Document, j.Ended, j.Replaces = string(d.Document), d.Ended, d.Replaces.String()
	j.Warnings = d.named(j.Warnings)
	j.Clients, j.Killed = shareAt(d.policy, time.Now()), !d.policy.Enabled()
	if len(policy.Moments(d.policy, time.Now())) > 0 {
		ahead := s.ahead(d.policy, time.Now().UTC())
		j.Ahead = &ahead
	}
	answer(w, http.StatusOK, j)
}

// named calls the rules in paths by their ids, where a person has not seen the text and its numbers.
func (d *Draft) named(list []jsonProblem) []jsonProblem {
	_, heads, err := textOf(d.Document).outline()
	for i := range list {
		p := &list[i]
		rest, is := strings.CutPrefix(p.Path, "rules[")
		number, tail, is2 := strings.Cut(rest, "]")
		n, err2 := strconv.Atoi(number)
		if err != nil || !is || !is2 || err2 != nil || n >= len(heads) {
			continue
		}
		id := heads[n].ID
		p.Path, p.Line, p.Column = rulePath(id)+tail, 0, 0
		if of, is := strings.CutPrefix(id, connectPrefix+d.Version.String()+"-"); is {
			p.Item, _ = strconv.Atoi(of)
		}
	}
	return list
}

// matches reports whether an If-Match header, which may be a list, names a version, also by the tag of its gzip and by a weak one, as
// proxies make of either: the tag holds a hash of the document, so what it names is what was seen. "*" is not taken: it would
// overwrite what nobody has seen.
func matches(header string, c *served) bool {
	for one := range strings.SplitSeq(header, ",") {
		if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == c.tag || one == c.shortTag {
			return true
		}
	}
	return false
}
