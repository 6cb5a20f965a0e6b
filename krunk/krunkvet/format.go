package krunkvet

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"
)

func formatAnalyzer(allow *analysis.Analyzer) *analysis.Analyzer {
	return analyzer("format", "report values that are formatted in arguments of capture calls", allow, func(c *check) {
		for at := range c.files.Root().Preorder((*ast.CallExpr)(nil)) {
			call := at.Node().(*ast.CallExpr)
			if _, name := method(c.TypesInfo, call); captures(name) && !c.skips(call.Pos(), false) {
				c.arguments(at, call, name)
			}
		}
		c.done(false)
	})
}

// captures reports whether a method of Client and Channel makes a record of its arguments at once.
func captures(name string) bool {
	switch name {
	case "Trace", "Debug", "Info", "Warn", "Error", "Log", "Report", "ReportPanic", "Recover", "Repanic":
		return true
	}
	return false
}

// message returns which argument is the message, -1 if none is.
func message(name string) int {
	switch name {
	case "Trace", "Debug", "Info", "Warn", "Error":
		return 0
	case "Log":
		return 1
	}
	return -1
}

func (c *check) arguments(at inspector.Cursor, call *ast.CallExpr, name string) {
	wanted := c.asked(at)
	for i, arg := range call.Args {
		if i == message(name) {
			c.template(call, arg)
		} else if !wanted {
			c.attribute(call, arg)
		}
	}
}

// asked reports whether an if statement around at asks first whether the record is wanted.
func (c *check) asked(at inspector.Cursor) bool {
	for up := at; up.Node() != nil; up = up.Parent() {
		if up.ParentEdgeKind() != edge.IfStmt_Body {
			if _, ok := up.Node().(*ast.File); ok {
				return false
			}
			continue
		}
		found := false
		ast.Inspect(up.Parent().Node().(*ast.IfStmt).Cond, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				_, name := method(c.TypesInfo, call)
				found = found || name == "Enabled"
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// template reports a message that is put together while the program runs.
func (c *check) template(call *ast.CallExpr, arg ast.Expr) {
	const why = ", and events are grouped by their message: write a constant, and put the value into an attribute"
	switch e := ast.Unparen(arg).(type) {
	case *ast.BinaryExpr:
		if e.Op == token.ADD && c.TypesInfo.Types[e].Value == nil {
			c.report(analysis.Diagnostic{Pos: e.Pos(), End: e.End(), Message: "this message holds a value" + why}, call.Pos())
		}
	case *ast.CallExpr:
		fn := typeutil.StaticCallee(c.TypesInfo, e)
		if name, _ := formatter(fn); name != "" {
			c.report(analysis.Diagnostic{Pos: e.Pos(), End: e.End(), Message: name + " makes a message that holds a value" + why}, call.Pos())
		} else if isErrorText(c.TypesInfo, e) {
			c.report(analysis.Diagnostic{Pos: e.Pos(), End: e.End(), Message: "the message is the text of an error: call Report(err), which keeps its chain and groups by its type"}, call.Pos())
		}
	}
}

// isErrorText reports whether call is err.Error().
func isErrorText(info *types.Info, call *ast.CallExpr) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Error" || len(call.Args) > 0 {
		return false
	}
	t := info.TypeOf(sel.X)
	return t != nil && types.Implements(t, types.Universe.Lookup("error").Type().Underlying().(*types.Interface))
}

// attribute reports what an attribute, or an argument of any other kind, formats.
func (c *check) attribute(call *ast.CallExpr, arg ast.Expr) {
	ast.Inspect(arg, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			fn := typeutil.StaticCallee(c.TypesInfo, n)
			if fn != nil && fn.FullName() == krunkPath+".Group" {
				return false // a key that is no text would be none
			}
			if name, instead := formatter(fn); name != "" {
				c.report(analysis.Diagnostic{Pos: n.Pos(), End: n.End(), Message: name + " formats before the threshold is asked, whether the record is wanted or not: " +
					"hand the value over by " + instead}, call.Pos())
				return false
			}
		}
		return true
	})
}

// formatter returns the name of a function that makes text of values, and the attribute that takes the value itself; "" for any other.
func formatter(fn *types.Func) (name, instead string) {
	if fn == nil || fn.Pkg() == nil {
		return "", ""
	}
	switch fn.FullName() {
	case "fmt.Sprintf", "fmt.Sprint", "fmt.Sprintln", "fmt.Append", "fmt.Appendf", "fmt.Appendln":
		return "fmt." + fn.Name(), "krunk.Int, krunk.String and the like, one for each, or krunk.Any"
	case "strconv.Itoa":
		return "strconv.Itoa", "krunk.Int"
	case "strconv.FormatInt":
		return "strconv.FormatInt", "krunk.Int64"
	case "strconv.FormatUint":
		return "strconv.FormatUint", "krunk.Uint64"
	case "strconv.FormatFloat":
		return "strconv.FormatFloat", "krunk.Float64"
	case "strconv.FormatBool":
		return "strconv.FormatBool", "krunk.Bool"
	case "strconv.Quote":
		return "strconv.Quote", "krunk.String"
	case "(time.Time).Format", "(time.Time).String":
		return "Time." + fn.Name(), "krunk.Time"
	case "(time.Duration).String":
		return "Duration.String", "krunk.Duration"
	}
	return "", ""
}
