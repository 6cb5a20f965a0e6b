package krunkvet

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
)

// unset is a fact of a package-level variable: it is nil, or holds a client that is, while package-level variables are initialised.
type unset struct{}

func (*unset) AFact()         {}
func (*unset) String() string { return "unset" }

func channelAnalyzer(allow *analysis.Analyzer) *analysis.Analyzer {
	a := analyzer("channel", "report Channel in loops, and of clients that are nil yet", allow, channels)
	a.FactTypes = []analysis.Fact{(*unset)(nil)}
	return a
}

func channels(c *check) {
	c.empty = emptyVars(c.Pass)
	for v := range c.empty {
		if v.Exported() && importsKrunk(c.Pkg) {
			c.ExportObjectFact(v, new(unset))
		}
	}
	for at := range c.files.Root().Preorder((*ast.CallExpr)(nil)) {
		call := at.Node().(*ast.CallExpr)
		if typ, name := method(c.TypesInfo, call); typ != "Client" || name != "Channel" || len(call.Args) != 1 || c.skips(call.Pos(), true) {
			continue
		}
		if loops, inside := around(c.TypesInfo, at); !inside {
			c.mute(call)
		} else if !c.inTest(call.Pos()) {
			c.repeated(at, call, loops)
		}
	}
	c.done(true)
}

// mute reports a channel of a client that is nil.
func (c *check) mute(call *ast.CallExpr) {
	v := root(c.TypesInfo, receiver(call))
	if v == nil || v.IsField() || !c.empty[v] && !c.ImportObjectFact(v, new(unset)) {
		return
	}
	c.report(analysis.Diagnostic{Pos: call.Pos(), End: call.End(), Message: v.Name() + " is nil when this variable is initialised, " +
		"and a nil client's channel stays mute for good: call Channel after Start"})
}

// repeated reports a channel that is asked for again and again.
func (c *check) repeated(at inspector.Cursor, call *ast.CallExpr, loops []inspector.Cursor) {
	for _, loop := range loops {
		if !c.wasteful(at, call, loop) {
			continue
		}
		where := "in a loop"
		if _, ok := loop.Node().(*ast.FuncDecl); ok {
			where = "in every frame"
		}
		c.report(analysis.Diagnostic{Pos: call.Pos(), End: call.End(), Message: "Channel takes a lock, and is called " + where + ": call it once, before, and keep what it returns"})
		return
	}
}

// emptyVars returns the package-level variables that nothing has been written to when others are initialised.
func emptyVars(pass *analysis.Pass) map[*types.Var]bool {
	empty := make(map[*types.Var]bool)
	for _, f := range pass.Files {
		for _, d := range f.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok || gen.Tok != token.VAR {
				continue
			}
			for _, spec := range gen.Specs {
				if spec := spec.(*ast.ValueSpec); len(spec.Values) == 0 {
					for _, id := range spec.Names {
						if v, ok := pass.TypesInfo.Defs[id].(*types.Var); ok {
							empty[v] = true
						}
					}
				}
			}
		}
	}
	return empty
}

func receiver(call *ast.CallExpr) ast.Expr {
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		return sel.X
	}
	return nil
}

// around returns the loops that run at again and again, the innermost first, and at last the method of a game that runs in every frame;
// and whether at is inside of any function, literals included.
func around(info *types.Info, at inspector.Cursor) (loops []inspector.Cursor, inside bool) {
	child := at
	for up := at.Parent(); up.Node() != nil; up = up.Parent() {
		switch n := up.Node().(type) {
		case *ast.ForStmt:
			if child.ParentEdgeKind() != edge.ForStmt_Init {
				loops = append(loops, up)
			}
		case *ast.RangeStmt:
			if child.ParentEdgeKind() == edge.RangeStmt_Body {
				loops = append(loops, up)
			}
		case *ast.FuncLit:
			inside = true
		case *ast.FuncDecl:
			if ofFrame(info, n) {
				loops = append(loops, up)
			}
			return loops, true
		case *ast.File:
			return loops, inside
		}
		child = up
	}
	return loops, inside
}

// ofFrame reports whether f is a method that Ebitengine calls in every frame.
func ofFrame(info *types.Info, f *ast.FuncDecl) bool {
	fn, ok := info.Defs[f.Name].(*types.Func)
	if !ok || fn.Signature().Recv() == nil || f.Name.Name != "Update" && f.Name.Name != "Draw" && f.Name.Name != "Layout" {
		return false
	}
	t := fn.Signature().Recv().Type()
	if _, ok := t.(*types.Pointer); !ok {
		t = types.NewPointer(t)
	}
	set := types.NewMethodSet(t)
	for _, name := range []string{"Update", "Draw", "Layout"} {
		if set.Lookup(nil, name) == nil {
			return false
		}
	}
	return true
}

// wasteful reports whether call could stand before loop: its client is the same each time, and so is its name, or what it returns is
// used once and forgotten.
func (c *check) wasteful(at inspector.Cursor, call *ast.CallExpr, loop inspector.Cursor) bool {
	client := root(c.TypesInfo, receiver(call))
	if client == nil || c.changes(client, loop) {
		return false
	}
	expr := at // what the result becomes in its statement
	for isExpr(expr.Parent().Node()) {
		expr = expr.Parent()
	}
	switch stmt := expr.Parent().Node().(type) {
	case *ast.ReturnStmt:
		return false
	case *ast.AssignStmt:
		if conditional(expr, loop) && c.outlives(stmt, loop.Node()) {
			return false // made when it is needed first
		}
	}
	if c.TypesInfo.Types[call.Args[0]].Value != nil {
		return true
	}
	if at.ParentEdgeKind() != edge.SelectorExpr_X {
		return false
	}
	used, ok := at.Parent().Parent().Node().(*ast.CallExpr)
	if !ok {
		return false
	}
	_, name := method(c.TypesInfo, used)
	return captures(name)
}

func isExpr(n ast.Node) bool {
	switch n.(type) {
	case ast.Expr, *ast.KeyValueExpr:
		_, function := n.(*ast.FuncLit)
		return !function
	}
	return false
}

// conditional reports whether an if statement inside of loop decides about at.
func conditional(at, loop inspector.Cursor) bool {
	for up := range at.Enclosing((*ast.IfStmt)(nil)) {
		return loop.Contains(up)
	}
	return false
}

// outlives reports whether stmt writes to what was declared outside of loop.
func (c *check) outlives(stmt *ast.AssignStmt, loop ast.Node) bool {
	for _, to := range stmt.Lhs {
		if v := root(c.TypesInfo, to); v != nil && (v.Pos() < loop.Pos() || loop.End() <= v.Pos() || isReceiver(v, loop)) {
			return true
		}
	}
	return false
}

// isReceiver reports whether v is the receiver of a method.
func isReceiver(v *types.Var, n ast.Node) bool {
	f, ok := n.(*ast.FuncDecl)
	return ok && f.Recv.Pos() <= v.Pos() && v.Pos() < f.Recv.End()
}

// changes reports whether loop declares v or writes to it or into it.
func (c *check) changes(v *types.Var, loop inspector.Cursor) bool {
	if n := loop.Node(); n.Pos() <= v.Pos() && v.Pos() < n.End() && !isReceiver(v, n) {
		return true
	}
	if _, method := loop.Node().(*ast.FuncDecl); method {
		return false
	}
	for at := range loop.Preorder((*ast.AssignStmt)(nil)) {
		for _, to := range at.Node().(*ast.AssignStmt).Lhs {
			if root(c.TypesInfo, to) == v {
				return true
			}
		}
	}
	return false
}
