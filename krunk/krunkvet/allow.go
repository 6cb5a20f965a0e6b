package krunkvet

import (
	"bytes"
	"go/ast"
	"go/token"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
)

const directive = "//krunk:allow"

// allowance is a comment that answers findings of one check on some lines.
type allowance struct {
	check    string
	file     *token.File
	from, to int // lines
	pos      token.Pos
	used     bool // owned by the check of that name
}

type allowances []*allowance

// answer reports whether a comment answers a finding with these places.
func (all allowances) answer(fset *token.FileSet, check string, places []token.Pos) bool {
	found := false
	for _, pos := range places {
		file := fset.File(pos)
		line := file.Line(pos)
		for _, a := range all {
			if a.check == check && a.file == file && a.from <= line && line <= a.to {
				a.used, found = true, true
			}
		}
	}
	return found
}

// allowAnalyzer reads the comments of a package for the checks, and reports those that none of them understands.
func allowAnalyzer() *analysis.Analyzer {
	return &analysis.Analyzer{
		Name: "krunkallow", Doc: "report comments //krunk:allow that name no check or give no reason", URL: "https://pkg.go.dev/" + ownPath,
		ResultType: reflect.TypeFor[allowances](),
		Run: func(pass *analysis.Pass) (any, error) {
			var all allowances
			for _, f := range pass.Files {
				found, err := allowancesOf(pass, f)
				if err != nil {
					return nil, err
				}
				all = append(all, found...)
			}
			return all, nil
		},
	}
}

func allowancesOf(pass *analysis.Pass, f *ast.File) (all allowances, err error) {
	for _, group := range f.Comments {
		for _, comment := range group.List {
			rest, ok := strings.CutPrefix(comment.Text, directive)
			if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
				continue
			}
			name, why, _ := strings.Cut(strings.TrimSpace(rest), " ")
			switch {
			case !slices.Contains(names(), name):
				pass.Reportf(comment.Pos(), "%s %s: there is no such check; write one of %s and the reason", directive, name, strings.Join(names(), ", "))
				continue
			case strings.TrimSpace(why) == "" || strings.HasPrefix(why, "//"):
				pass.Reportf(comment.Pos(), "%s %s: write the reason behind it", directive, name)
				continue
			}
			a := &allowance{check: name, file: pass.Fset.File(comment.Pos()), pos: comment.Pos()}
			if err := a.reach(pass, f, group); err != nil {
				return nil, err
			}
			all = append(all, a)
		}
	}
	return all, nil
}

// reach finds the lines that the comment answers for: its own behind code, else the one below, or all of a function or file.
func (a *allowance) reach(pass *analysis.Pass, f *ast.File, group *ast.CommentGroup) error {
	a.from = a.file.Line(a.pos)
	a.to = a.from
	if group.End() < f.Package {
		a.to = a.file.LineCount()
		return nil
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Doc == group {
			a.to = a.file.Line(fn.End())
			return nil
		}
	}
	src, err := pass.ReadFile(a.file.Name())
	if err != nil {
		return err
	}
	start := min(a.file.Offset(a.file.LineStart(a.from)), len(src))
	if before := src[start:min(a.file.Offset(a.pos), len(src))]; len(bytes.TrimSpace(before)) == 0 {
		a.to = a.file.Line(group.End()) + 1
	}
	return nil
}
