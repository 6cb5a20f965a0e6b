package krunkvet

import (
	"go/ast"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
)

func recoverAnalyzer(allow *analysis.Analyzer) *analysis.Analyzer {
	return analyzer("recover", "report Recover, Repanic and ReportPanic where they see no panic", allow, func(c *check) {
		for at := range c.files.Root().Preorder((*ast.CallExpr)(nil)) {
			call := at.Node().(*ast.CallExpr)
			if c.skips(call.Pos(), true) {
				continue
			}
			if recovering(c.TypesInfo, call) {
				c.undeferred(at, call)
			} else if _, name := method(c.TypesInfo, call); name == "ReportPanic" {
				c.early(at, call)
			}
		}
		c.done(true)
	})
}

// undeferred reports call unless it is what a defer statement calls: only there does recover see the panic, and not where that statement
// is all that another deferred function does.
func (c *check) undeferred(at inspector.Cursor, call *ast.CallExpr) {
	_, name := method(c.TypesInfo, call)
	d := analysis.Diagnostic{Pos: call.Pos(), End: call.End(), Message: name + " does nothing in a function that is deferred: defer it itself"}
	if stmt := onlyOf(at); stmt != nil {
		d.SuggestedFixes = []analysis.SuggestedFix{{Message: "defer " + name + " itself", TextEdits: []analysis.TextEdit{
			{Pos: stmt.Call.Pos(), End: call.Pos()}, {Pos: call.End(), End: stmt.End()},
		}}}
		c.report(d, stmt.Pos())
	} else if at.ParentEdgeKind() != edge.DeferStmt_Call {
		d.Message = name + " does nothing where it is not deferred itself: write defer x." + name + "() in the function that may panic"
		c.report(d)
	}
}

// onlyOf returns the statement defer func() { call }(), nil where call stands elsewhere.
func onlyOf(at inspector.Cursor) *ast.DeferStmt {
	lit := at.Parent().Parent().Parent() // statement, block, function
	f, ok := lit.Node().(*ast.FuncLit)
	if !ok || len(f.Body.List) != 1 || lit.ParentEdgeKind() != edge.CallExpr_Fun {
		return nil
	}
	stmt, ok := lit.Parent().Parent().Node().(*ast.DeferStmt)
	if !ok || lit.Parent().ParentEdgeKind() != edge.DeferStmt_Call || len(stmt.Call.Args) > 0 {
		return nil
	}
	return stmt
}

// early reports defer c.ReportPanic(recover()): a deferred call's arguments are asked for when it is deferred.
func (c *check) early(at inspector.Cursor, call *ast.CallExpr) {
	if at.ParentEdgeKind() != edge.DeferStmt_Call || len(call.Args) == 0 {
		return
	}
	if r, ok := ast.Unparen(call.Args[0]).(*ast.CallExpr); ok && builtin(c.TypesInfo, r, "recover") {
		c.report(analysis.Diagnostic{Pos: call.Pos(), End: call.End(), Message: "recover is called when this is deferred, before there is a panic, so that nothing is reported: write defer x.Recover()"})
	}
}
