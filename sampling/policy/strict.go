package policy

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

// Problem is one finding of a strict reading, in words for the person who writes policies.
type Problem struct {
	Code         string // row of the validation table: E01 to E21, W01 to W05
	Path         string // such as channels["net"].send; empty for the document itself
	Line, Column int    // from 1; columns count characters
	What         string // what is wrong, with the value given
	Write        string // what to write instead
}

// String is "path: what; write".
func (p Problem) String() string {
	s := p.What
	if p.Path != "" {
		s = p.Path + ": " + s
	}
	if p.Write != "" {
		s += "; " + p.Write
	}
	return s
}

// Warning is a finding that does not stop a policy from being published.
type Warning struct{ Problem }

// Errors is everything that is wrong with a policy, sorted by path, at most 20.
type Errors struct {
	Version sampling.Version // zero if the document does not tell
	List    []Problem
}

// Error has one line for each problem: "policy 3.1187: 12:5: path: what; write".
func (e *Errors) Error() string {
	lines := make([]string, len(e.List))
	for i, p := range e.List {
		lines[i] = "policy " + e.Version.String() + ": " + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column) + ": " + p.Code + " " + p.String()
	}
	return strings.Join(lines, "\n")
}

// ParseStrict reads a policy as a publisher does: whatever Parse would ignore is an error too, and all errors are listed
// with places and what to write, in an *Errors. Warnings come with a policy and with errors alike.
func ParseStrict(b []byte) (*sampling.Policy, []Warning, error) {
	d := plan.Decode(b)
	if d.Fault.Code == "" {
		linter{d}.lint()
	}
	var errs Errors
	var warnings []Warning
	for _, p := range d.Problems {
		if p.Kind == plan.KFraction && d.P.Note != "" {
			continue // a note that stands behind the number silences it too
		}
		at := p.At
		if at == 0 && p.Path != "" && !strings.ContainsAny(p.Path, "[") {
			at = find(b, p.Path)
		}
		line, column := position(b, at)
		fill(&p, d.P, b)
		out := Problem{Code: p.Kind.Code(), Path: p.Path, Line: line, Column: column}
		if out.What, out.Write = text(&p); p.Kind <= plan.KUTF8 && p.Kind != plan.KShape {
			out.Path = "" // the text says where: the path ends where reading stopped
		}
		if warns(p.Kind) {
			warnings = append(warnings, Warning{out})
		} else {
			errs.List = append(errs.List, out)
		}
	}
	slices.SortStableFunc(errs.List, func(a, b Problem) int { return strings.Compare(a.Path, b.Path) })
	slices.SortStableFunc(warnings, func(a, b Warning) int { return strings.Compare(a.Path, b.Path) })
	if len(errs.List) == 0 {
		p, err := sampling.Parse(b)
		return p, warnings, err
	}
	errs.Version, errs.List = sampling.Version(d.P.Version), errs.List[:min(len(errs.List), plan.MaxProblems)]
	return nil, warnings, &errs
}

func warns(k plan.Kind) bool {
	switch k {
	case plan.KFraction, plan.KNoEffect, plan.KShadowed, plan.KNoChannel, plan.KReshuffle, plan.KRaiseWide, plan.KRaiseThin:
		return true
	}
	return false
}

// find returns where the value of a member such as "expires" or "poll.every" that was judged once all was read stands; 0 if it is not there.
func find(b []byte, path string) int {
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return 0
	}
	name, rest, deeper := strings.Cut(path, ".")
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return 0
		}
		var v json.RawMessage
		if d.Decode(&v) != nil {
			return 0
		}
		if at := int(d.InputOffset()) - len(v); key == name {
			if !deeper {
				return at
			}
			if in := find(v, rest); in > 0 {
				return at + in
			}
		}
	}
	return 0
}

// position turns an offset into line and column, both from 1.
func position(b []byte, at int) (line, column int) {
	at = min(max(at, 0), len(b))
	head := string(b[:at])
	start := strings.LastIndexByte(head, '\n') + 1
	return strings.Count(head, "\n") + 1, utf8.RuneCountInString(head[start:]) + 1
}
