package policyserver

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// words says in words for people whom a rule is for and what it sets. What is not known here stands as it is written.
func (h *ruleHead) words() (who, what string) {
	var r struct {
		When map[string]json.RawMessage `json:"when"`
		Set  map[string]json.RawMessage `json:"set"`
	}
	if json.Unmarshal(h.raw, &r) != nil {
		return "nobody, since it cannot be read", string(h.raw)
	}
	return whoseWords(r.When), setWords(r.Set)
}

// whoseWords puts conditions into words.
func whoseWords(when map[string]json.RawMessage) string {
	var not map[string]json.RawMessage
	_ = json.Unmarshal(when["not"], &not)
	delete(when, "not")
	delete(when, "from") // a time of its own on the page
	who := conditionWords(when)
	if len(not) > 0 && !nobody(not) {
		if who == "" {
			who = "everyone"
		}
		return who + ", but not " + conditionWords(not)
	}
	if who == "" {
		return "everyone"
	}
	return who
}

// nobody reports whether a condition is the one that everyone has in not.
func nobody(not map[string]json.RawMessage) bool {
	var envs []string
	return len(not) == 1 && json.Unmarshal(not["env"], &envs) == nil && len(envs) == 1 && envs[0] == "none"
}

// conditionWords joins conditions by "and".
func conditionWords(when map[string]json.RawMessage) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(when)) {
		var values []string
		if json.Unmarshal(when[key], &values) != nil {
			parts = append(parts, key+" "+string(when[key]))
			continue
		}
		name, tag := strings.CutPrefix(key, "tags.")
		if tag {
			name = "tag " + name
		}
		parts = append(parts, name+" "+someOf(values))
	}
	return strings.Join(parts, " and ")
}

// someOf joins at most three values by "or".
func someOf(values []string) string {
	if n := len(values); n > 3 {
		return fmt.Sprintf("%s or one of %d more", strings.Join(values[:3], ", "), n-3)
	}
	return strings.Join(values, " or ")
}

// settingWords are the settings of a channel or a rule in words, in their order; %s is the value. Immutable.
var settingWords = [...]struct{ key, words, off string }{
	{"enabled", "reporting: %s", ""},
	{"clients", "%s of the clients", ""},
	{"ramp", "rising by itself to %s", ""},
	{"trail", "keeps from %s", "keeps nothing"},
	{"send", "ships from %s", "ships nothing"},
	{"issue", "raises issues from %s", "raises no issues"},
	{"records", "%s of the records", ""},
	{"rate", "at most %s a client", ""},
	{"burst", "bursts of %s", ""},
	{"first", "the first %s of a kind always", ""},
	{"panics", "crashes of %s of the clients", ""},
	{"by", "drawn by %s", ""},
	{"salt", "drawn with a salt of its own", ""},
}

// setWords puts what a rule sets into words.
func setWords(set map[string]json.RawMessage) string {
	var channels map[string]map[string]json.RawMessage
	rest := maps.Clone(set)
	if json.Unmarshal(set["channels"], &channels) == nil {
		delete(rest, "channels")
	}
	var parts []string
	if words := fieldWords(rest); words != "" {
		parts = append(parts, words)
	}
	for _, name := range slices.Sorted(maps.Keys(channels)) {
		parts = append(parts, name+": "+fieldWords(channels[name]))
	}
	if len(parts) == 0 {
		return "sets nothing"
	}
	return strings.Join(parts, "; ")
}

func fieldWords(fields map[string]json.RawMessage) string {
	var parts []string
	rest := maps.Clone(fields)
	for _, s := range settingWords {
		raw, ok := fields[s.key]
		if !ok {
			continue
		}
		delete(rest, s.key)
		value := strings.Trim(string(raw), `"`)
		switch {
		case s.key == "ramp":
			value = rampWords(raw)
		case value == "off" && s.off != "":
			parts = append(parts, s.off)
			continue
		case s.key == "clients" || s.key == "records" || s.key == "panics":
			value += " %"
		}
		parts = append(parts, strings.Replace(s.words, "%s", value, 1))
	}
	for _, key := range slices.Sorted(maps.Keys(rest)) {
		parts = append(parts, key+" "+string(rest[key]))
	}
	return strings.Join(parts, ", ")
}

// rampWords is "5 % at 2026-10-10T14:00:00Z, 25 % at 2026-10-11T14:00:00Z".
func rampWords(raw json.RawMessage) string {
	var steps []struct {
		At      string  `json:"at"`
		Clients float64 `json:"clients"`
	}
	if json.Unmarshal(raw, &steps) != nil {
		return string(raw)
	}
	parts := make([]string, len(steps))
	for i, s := range steps {
		parts[i] = number(s.Clients) + " % at " + s.At
	}
	return strings.Join(parts, ", ")
}
