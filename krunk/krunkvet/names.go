package krunkvet

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/types/typeutil"
)

const (
	modulePath = "github.com/krunk-go/krunk"
	krunkPath  = modulePath + "/krunk"
	ownPath    = krunkPath + "/krunkvet"
)

// importsKrunk reports whether a file of p names package krunk.
func importsKrunk(p *types.Package) bool {
	return slices.ContainsFunc(p.Imports(), func(q *types.Package) bool { return q.Path() == krunkPath })
}

// ours reports whether Krunk promises that what it calls from there does not panic.
func ours(p *types.Package) bool {
	return p.Path() == krunkPath || strings.HasPrefix(p.Path(), krunkPath+"/") || strings.HasPrefix(p.Path(), modulePath+"/sampling") ||
		strings.HasPrefix(p.Path(), modulePath+"/transport")
}

// method returns the receiver's type and the name of the method of package krunk that call calls, "" for any other call.
func method(info *types.Info, call *ast.CallExpr) (typ, name string) {
	fn := typeutil.StaticCallee(info, call)
	if fn == nil || fn.Pkg() == nil || fn.Pkg().Path() != krunkPath {
		return "", ""
	}
	recv := fn.Signature().Recv()
	if recv == nil {
		return "", ""
	}
	return typeName(recv.Type()), fn.Name()
}

// typeName returns the name of a named type or of what a pointer points to.
func typeName(t types.Type) string {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := t.(*types.Named); ok {
		return n.Obj().Name()
	}
	return ""
}

// recovering reports whether call is one of Recover and Repanic of a client or channel.
func recovering(info *types.Info, call *ast.CallExpr) bool {
	typ, name := method(info, call)
	return (typ == "Client" || typ == "Channel") && (name == "Recover" || name == "Repanic")
}

// builtin reports whether call calls that built-in function.
func builtin(info *types.Info, call *ast.CallExpr, name string) bool {
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok || id.Name != name {
		return false
	}
	_, ok = info.Uses[id].(*types.Builtin)
	return ok
}

// use returns what an expression names: a variable, a function, a method, a field. Nil: it is no name.
func use(info *types.Info, e ast.Expr) types.Object {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return info.Uses[e]
	case *ast.SelectorExpr:
		return info.Uses[e.Sel]
	case *ast.IndexExpr: // an instance of a generic function
		return use(info, e.X)
	case *ast.IndexListExpr:
		return use(info, e.X)
	}
	return nil
}

// root returns the variable that a chain of fields, elements and dereferences begins with, nil where it begins with something else.
func root(info *types.Info, e ast.Expr) *types.Var {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		v, _ := info.ObjectOf(e).(*types.Var)
		return v
	case *ast.SelectorExpr:
		if id, ok := e.X.(*ast.Ident); ok {
			if _, ok := info.Uses[id].(*types.PkgName); ok {
				v, _ := info.Uses[e.Sel].(*types.Var)
				return v
			}
		}
		return root(info, e.X)
	case *ast.IndexExpr:
		return root(info, e.X)
	case *ast.StarExpr:
		return root(info, e.X)
	case *ast.UnaryExpr:
		return root(info, e.X)
	}
	return nil
}
