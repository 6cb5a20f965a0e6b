// Package krunkvet finds uses of Krunk that compile and do not do what they look like. It is a module of its own, with a command for
// go vet:
//
//	go install github.com/krunk-go/krunk/krunk/krunkvet/cmd/krunkvet@latest
//	go vet -vettool=$(which krunkvet) ./...
//
// Four checks, each an analyzer that a flag switches off (-krunkgo=false) or runs alone (-krunkgo):
//
//   - krunkgo: a go statement (or sync.WaitGroup.Go, errgroup's Group.Go, time.AfterFunc) whose function nobody recovers: a panic
//     there kills the program without a report. Client.Go, or a deferred Recover, Repanic or function that calls recover, answers it,
//     in the function itself or in the one that it does nothing but call, also of another package. Only in packages that import krunk,
//     as others cannot name a client; -krunkgo.all looks at all of them.
//   - krunkrecover: Recover or Repanic that is not deferred itself, such as defer func() { c.Recover() }(), and a deferred
//     ReportPanic(recover()), whose argument is asked for before anything has happened. Both do nothing.
//   - krunkchannel: Channel("net") in a loop, or in Update, Draw or Layout of an Ebitengine game, which takes a lock in each frame; and
//     Channel of a client that is nil yet when a package-level variable asks it, which stays mute for good.
//   - krunkformat: a value formatted in an argument of a capture call (fmt.Sprintf, strconv.Itoa, Time.Format, +). It is formatted
//     before the threshold is asked, and a message with values in it makes an issue of its own for each.
//
// What is right as it is, is said to be so, with a reason, at the end of the line or in the line above:
//
//	//krunk:allow go the pump recovers by itself, in C
//	go pump()
//
// In the doc comment of a function that holds for the whole function, above the package clause for the whole file. The names are go,
// recover, channel and format. A comment without a reason, with another name, or that answers nothing (any more) is reported as well,
// by krunkallow.
//
// In the examples of Ebitengine v2.8.8 -krunkgo.all finds 6 goroutines, all of which decode or load; in nats-server v2.15.3, which has no
// single place where its goroutines start, 134, of which 5 do nothing that can panic (closing a connection, os.RemoveAll): for those the comment is.
//
// Test files, and those that import package testing, are looked at for what does nothing, and not for what is slow or lost; generated files are not looked at.
package krunkvet

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
)

// Analyzers returns the checks. Each call makes new ones: one set belongs into one driver.
func Analyzers() []*analysis.Analyzer {
	allow := allowAnalyzer()
	return []*analysis.Analyzer{allow, goAnalyzer(allow), recoverAnalyzer(allow), channelAnalyzer(allow), formatAnalyzer(allow)}
}

// check is one check at work on one package.
type check struct {
	*analysis.Pass
	name    string // as comments call it
	files   *inspector.Inspector
	allowed allowances
	empty   map[*types.Var]bool // of krunkchannel
}

// newCheck returns a check of pass.
func newCheck(pass *analysis.Pass, name string, allow *analysis.Analyzer) *check {
	return &check{
		Pass: pass, name: name, files: pass.ResultOf[inspect.Analyzer].(*inspector.Inspector), allowed: pass.ResultOf[allow].(allowances),
	}
}

// skips reports whether nobody wants to hear of the file at pos: it is generated, or a test.
func (c *check) skips(pos token.Pos, tests bool) bool {
	for _, f := range c.Files {
		if f.FileStart <= pos && pos < f.FileEnd {
			return ast.IsGenerated(f) || !tests && c.inTest(pos)
		}
	}
	return false
}

// inTest reports whether pos is in a test, or in a helper of tests: a file that imports package testing.
func (c *check) inTest(pos token.Pos) bool {
	if strings.HasSuffix(c.Fset.File(pos).Name(), "_test.go") {
		return true
	}
	for _, f := range c.Files {
		if f.FileStart <= pos && pos < f.FileEnd {
			return slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing"` })
		}
	}
	return false
}

// report tells a finding, unless a comment at one of its places answers it.
func (c *check) report(d analysis.Diagnostic, places ...token.Pos) {
	if c.allowed.answer(c.Fset, c.name, append(places, d.Pos)) {
		return
	}
	d.Message += " (or say why not: //krunk:allow " + c.name + " …)"
	c.Report(d)
}

// done reports comments that answered nothing, where the check was at work.
func (c *check) done(tests bool) {
	for _, a := range c.allowed {
		if a.check == c.name && !a.used && !c.skips(a.pos, tests) {
			c.Reportf(a.pos, "//krunk:allow %s answers nothing here; remove it", c.name)
		}
	}
}

// names are the checks as comments call them.
func names() []string { return []string{"go", "recover", "channel", "format"} }

// analyzer makes one of them.
func analyzer(name, doc string, allow *analysis.Analyzer, run func(*check)) *analysis.Analyzer {
	if !slices.Contains(names(), name) {
		panic("krunkvet: names lacks " + name)
	}
	return &analysis.Analyzer{
		Name: "krunk" + name, Doc: doc, URL: "https://pkg.go.dev/" + ownPath,
		Requires: []*analysis.Analyzer{inspect.Analyzer, allow},
		Run: func(pass *analysis.Pass) (any, error) {
			run(newCheck(pass, name, allow))
			return nil, nil
		},
	}
}
