package krunkvet

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"
)

// guarded is a fact of a function: a panic in it is recovered or reported before it kills the program.
type guarded struct{}

func (*guarded) AFact()         {}
func (*guarded) String() string { return "guarded" }

// recovers is a fact of a function: deferred, it stops a panic.
type recovers struct{}

func (*recovers) AFact()         {}
func (*recovers) String() string { return "recovers" }

func goAnalyzer(allow *analysis.Analyzer) *analysis.Analyzer {
	var everywhere bool
	a := analyzer("go", "report goroutines whose panics krunk does not see", allow, func(c *check) { goroutines(c, everywhere) })
	a.Flags.BoolVar(&everywhere, "all", false, "look at packages that do not import krunk, too")
	a.FactTypes = []analysis.Fact{(*guarded)(nil), (*recovers)(nil)}
	return a
}

func goroutines(c *check, everywhere bool) {
	g := newGuards(c.Pass)
	g.export()
	if !everywhere && !importsKrunk(c.Pkg) {
		return
	}
	for n := range c.files.PreorderSeq((*ast.GoStmt)(nil), (*ast.CallExpr)(nil)) {
		if c.skips(n.Pos(), false) {
			continue
		}
		switch n := n.(type) {
		case *ast.GoStmt:
			if !g.call(n.Call) {
				c.report(analysis.Diagnostic{Pos: n.Pos(), End: n.Call.Lparen, Message: "a panic in this goroutine kills the program without a report: " +
					"start it by client.Go, or begin its function with defer client.Repanic() or, to go on, defer client.Recover()"})
			}
		case *ast.CallExpr:
			if name, f := starter(c.TypesInfo, n); f != nil && !g.value(f) {
				c.report(analysis.Diagnostic{Pos: n.Pos(), End: n.Lparen, Message: name + " runs this in a goroutine, where a panic kills the program without a report: " +
					"begin the function with defer client.Repanic() or, to go on, defer client.Recover()"})
			}
		}
	}
	c.done(false)
}

// starter returns the function that call runs in a goroutine as a go statement would, and who does that; nil for any other call.
func starter(info *types.Info, call *ast.CallExpr) (name string, f ast.Expr) {
	fn := typeutil.StaticCallee(info, call)
	if fn == nil {
		return "", nil
	}
	switch fn.FullName() {
	case "(*sync.WaitGroup).Go", "(*golang.org/x/sync/errgroup.Group).Go", "(*golang.org/x/sync/errgroup.Group).TryGo":
		return typeName(fn.Signature().Recv().Type()) + "." + fn.Name(), call.Args[0]
	case "time.AfterFunc":
		return "time.AfterFunc", call.Args[1]
	}
	return "", nil
}

// guards knows which functions of a package, and of those that it imports, let no panic out unseen.
type guards struct {
	*analysis.Pass
	decls map[*types.Func]*ast.FuncDecl
	local map[*types.Var][]ast.Expr // what variables are set to that hold functions
	seen  map[*ast.BlockStmt]bool   // false also for what is being looked at, so that recursion ends
}

func newGuards(pass *analysis.Pass) *guards {
	g := &guards{pass, make(map[*types.Func]*ast.FuncDecl), make(map[*types.Var][]ast.Expr), make(map[*ast.BlockStmt]bool)}
	for _, f := range pass.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if fn, ok := pass.TypesInfo.Defs[n.Name].(*types.Func); ok && n.Body != nil {
					g.decls[fn] = n
				}
			case *ast.AssignStmt:
				if len(n.Lhs) == len(n.Rhs) {
					for i := range n.Lhs {
						g.set(n.Lhs[i], n.Rhs[i])
					}
				}
			case *ast.ValueSpec:
				if len(n.Names) == len(n.Values) {
					for i := range n.Names {
						g.set(n.Names[i], n.Values[i])
					}
				}
			}
			return true
		})
	}
	return g
}

func (g *guards) set(to, value ast.Expr) {
	id, ok := to.(*ast.Ident)
	if !ok {
		return
	}
	v, ok := g.TypesInfo.ObjectOf(id).(*types.Var)
	if !ok {
		return
	}
	if _, ok := v.Type().Underlying().(*types.Signature); ok {
		g.local[v] = append(g.local[v], value)
	}
}

// export says of functions what packages that call them want to know.
func (g *guards) export() {
	for fn, d := range g.decls {
		if recv := fn.Signature().Recv(); !fn.Exported() || recv != nil && !ast.IsExported(typeName(recv.Type())) {
			continue
		}
		if g.body(d.Body) {
			g.ExportObjectFact(fn, new(guarded))
		}
		if g.recovers(d.Body) {
			g.ExportObjectFact(fn, new(recovers))
		}
	}
}

// call reports whether a panic in what call runs is seen.
func (g *guards) call(call *ast.CallExpr) bool {
	return builtin(g.TypesInfo, call, "close") || g.value(call.Fun)
}

// value is call for a function that somebody else calls.
func (g *guards) value(e ast.Expr) bool {
	if lit, ok := ast.Unparen(e).(*ast.FuncLit); ok {
		return g.body(lit.Body)
	}
	switch obj := use(g.TypesInfo, e).(type) {
	case *types.Func:
		return g.function(obj.Origin())
	case *types.Var:
		if types.TypeString(obj.Type(), nil) == "context.CancelFunc" {
			return true
		}
		values := g.local[obj]
		for _, v := range values {
			if _, ok := ast.Unparen(v).(*ast.FuncLit); !ok || !g.value(v) {
				return false
			}
		}
		return len(values) > 0
	}
	return false
}

func (g *guards) function(fn *types.Func) bool {
	if d := g.decls[fn]; d != nil {
		return g.body(d.Body)
	}
	switch fn.FullName() {
	case "(*sync.WaitGroup).Wait", "(*sync.WaitGroup).Done", "(*sync.Mutex).Lock", "(*sync.Mutex).Unlock":
		return true
	}
	return fn.Pkg() != nil && ours(fn.Pkg()) || g.ImportObjectFact(fn, new(guarded))
}

// body reports whether a panic in a function with that body is seen: it defers what recovers, or does nothing else than to call a
// function that does.
func (g *guards) body(b *ast.BlockStmt) bool {
	if ok, known := g.seen[b]; known {
		return ok
	}
	g.seen[b] = false
	g.seen[b] = g.defers(b) || g.quiet(b.List)
	return g.seen[b]
}

// defers reports whether b defers what recovers.
func (g *guards) defers(b *ast.BlockStmt) (found bool) {
	own(b, func(n ast.Node) {
		d, ok := n.(*ast.DeferStmt)
		found = found || ok && g.stops(d.Call)
	})
	return found
}

// stops reports whether call, deferred, stops a panic.
func (g *guards) stops(call *ast.CallExpr) bool {
	if recovering(g.TypesInfo, call) {
		return true
	}
	if lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
		return g.recovers(lit.Body)
	}
	fn, ok := use(g.TypesInfo, call.Fun).(*types.Func)
	if !ok {
		return false
	}
	if d := g.decls[fn.Origin()]; d != nil {
		return g.recovers(d.Body)
	}
	return g.ImportObjectFact(fn.Origin(), new(recovers))
}

// recovers reports whether b itself calls recover.
func (g *guards) recovers(b *ast.BlockStmt) (found bool) {
	own(b, func(n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		found = found || ok && builtin(g.TypesInfo, call, "recover")
	})
	return found
}

// own calls f for what is in b and in no function inside of it.
func own(b *ast.BlockStmt, f func(ast.Node)) {
	ast.Inspect(b, func(n ast.Node) bool {
		if _, ok := n.(*ast.FuncLit); ok {
			return false
		}
		if n != nil {
			f(n)
		}
		return true
	})
}

// quiet reports whether statements do nothing but to wait, to say that something is done, and to call functions that are guarded.
func (g *guards) quiet(list []ast.Stmt) bool {
	for _, s := range list {
		if !g.quietOne(s) {
			return false
		}
	}
	return true
}

func (g *guards) quietOne(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ExprStmt:
		return g.quietExpr(s.X)
	case *ast.DeferStmt:
		return g.quietExpr(s.Call)
	case *ast.SendStmt:
		return g.quietExpr(s.Value)
	case *ast.ReturnStmt:
		for _, e := range s.Results {
			if !g.quietExpr(e) {
				return false
			}
		}
		return true
	case *ast.BlockStmt:
		return g.quiet(s.List)
	case *ast.ForStmt:
		return s.Init == nil && s.Cond == nil && s.Post == nil && g.quiet(s.Body.List)
	case *ast.RangeStmt:
		return g.quietExpr(s.X) && g.quiet(s.Body.List)
	case *ast.SelectStmt:
		return g.quiet(s.Body.List)
	case *ast.CommClause:
		return (s.Comm == nil || g.quietOne(s.Comm)) && g.quiet(s.Body)
	case *ast.BranchStmt, *ast.EmptyStmt:
		return true
	}
	return false
}

// quietExpr is quiet for an expression. Fields and elements are believed to be there.
func (g *guards) quietExpr(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		for _, a := range e.Args {
			if !g.quietExpr(a) {
				return false
			}
		}
		return g.call(e)
	case *ast.UnaryExpr:
		return e.Op == token.ARROW && g.quietExpr(e.X)
	case *ast.BinaryExpr:
		return e.Op != token.QUO && e.Op != token.REM && g.quietExpr(e.X) && g.quietExpr(e.Y)
	case *ast.SelectorExpr:
		return g.quietExpr(e.X)
	case *ast.CompositeLit:
		return len(e.Elts) == 0
	case *ast.Ident, *ast.BasicLit, *ast.FuncLit:
		return true
	}
	return false
}
