package fromsentry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// row is one line of a table of README.md: the code of each column.
type row struct {
	line int
	code [3][]string
}

var span = regexp.MustCompile("`([^`]+)`")

// rows returns the lines of the tables whose first column is sentry-go.
func rows(t *testing.T) (all []row, text string) {
	t.Helper()
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	inside := false
	for i, line := range strings.Split(string(b), "\n") {
		if !strings.HasPrefix(line, "| ") {
			inside = inside && strings.HasPrefix(line, "|")
			continue
		}
		if strings.HasPrefix(line, "| sentry-go | Krunk |") {
			inside = true
			continue
		}
		if !inside {
			continue
		}
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|"), "|")
		if len(cells) != 3 {
			t.Fatalf("line %d has %d columns, want 3: %s", i+1, len(cells), line)
		}
		r := row{line: i + 1}
		for c, cell := range cells {
			for _, m := range span.FindAllStringSubmatch(cell, -1) {
				r.code[c] = append(r.code[c], m[1])
			}
		}
		all = append(all, r)
	}
	return all, string(b)
}

const sentrySide = `package compiled

import (
	"context"
	"net/http"
	"runtime"
	"time"

	"github.com/getsentry/sentry-go"
	"github.com/getsentry/sentry-go/attribute"
)

var (
	_ = attribute.Int
	ctx context.Context
	d time.Duration
	r *http.Request
	frame runtime.Frame
	options sentry.ClientOptions
	c *sentry.Client
	hub *sentry.Hub
	scope *sentry.Scope
	hint *sentry.EventHint
	event *sentry.Event
	crumb *sentry.Breadcrumb
	breadcrumbHint *sentry.BreadcrumbHint
	processor sentry.EventProcessor
	contexts map[string]sentry.Context
	propagation sentry.PropagationContext
	logger sentry.Logger
	tags map[string]string
	v any
	err error
	dsn, level, id, gpu, region, peer, name, trace, baggage string
	mods []string
	seq, match int
	body []byte
)

func play() {}

`

const krunkSide = `package compiled

import (
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/attachfile"
	"github.com/krunk-go/krunk/krunk/device"
	"github.com/krunk-go/krunk/transport/http1"
	"github.com/krunk-go/krunk/transport/nethttp"
)

var (
	_ = attachfile.File
	_ = device.Read
	_ = http1.Default
	_ = nethttp.Default
	d time.Duration
	config krunk.Config
	client *krunk.Client
	net *krunk.Channel
	id krunk.EventID
	attrs []krunk.Attr
	v any
	err error
	dsn, level, player, gpu, region, peer, name, trace, route, server, proxy string
	mods []string
	seq, match int
	body []byte
)

func play() {}

`

// Both columns compile, each entry in a function of its own, and so does what the third says of Krunk.
func TestColumnsCompile(t *testing.T) {
	all, _ := rows(t)
	if len(all) < 50 {
		t.Fatalf("%d rows in README.md, want 50 at least", len(all))
	}
	var left, right []string
	for _, r := range all {
		for _, code := range r.code[0] {
			left = append(left, entry(r.line, "sentry", code))
		}
		for _, code := range r.code[1] {
			right = append(right, entry(r.line, "krunk", code))
		}
		for _, code := range r.code[2] {
			if isKrunk(code) {
				right = append(right, entry(r.line, "krunk", code))
			}
		}
	}
	compile(t, sentrySide+strings.Join(left, ""))
	compile(t, krunkSide+strings.Join(right, ""))
}

// isKrunk tells code for Krunk from words in the third column.
func isKrunk(code string) bool {
	for _, start := range []string{"krunk.", "client.", "net.", "nethttp.", "http1.", "device.", "attachfile.", "defer ", "Config.", "Thresholds.", "Code."} {
		if strings.HasPrefix(code, start) {
			return true
		}
	}
	return false
}

var field = regexp.MustCompile(`^(ClientOptions|Config|Thresholds|Code)\.(\w+)$`)

// entry returns a function that does what code says. A field stands there as Type.Field.
func entry(line int, pkg, code string) string {
	if m := field.FindStringSubmatch(code); m != nil {
		code = pkg + "." + m[1] + "{}." + m[2]
	}
	if e, err := parser.ParseExpr(code); err == nil {
		if call, ok := e.(*ast.CallExpr); !ok || !isCall(call) {
			code = "_ = " + code
		}
	}
	return fmt.Sprintf("\nfunc _() {\n//line README.md:%d\n%s\n}\n", line, code)
}

// isCall tells a call from a conversion such as (*T)(nil), which is no statement.
func isCall(call *ast.CallExpr) bool {
	_, conversion := call.Fun.(*ast.ParenExpr)
	return !conversion
}

// compile type-checks a package of this module that is not there.
func compile(t *testing.T, source string) {
	t.Helper()
	if _, err := format.Source([]byte(source)); err != nil {
		t.Fatalf("%v\n%s", err, source)
	}
	dir := t.TempDir()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	file, overlay := filepath.Join(dir, "compiled.go"), filepath.Join(dir, "overlay.json")
	b, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "compiled", "compiled.go"): file}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{file: []byte(source), overlay: b} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("go", "build", "-gcflags=-e", "-overlay", overlay, "./compiled").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// Whatever sentry-go exports that a program calls or sets is in README.md, in a table or among what has no counterpart.
func TestNothingIsMissing(t *testing.T) {
	_, text := rows(t)
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/getsentry/sentry-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	named := make(map[string]bool)
	for _, word := range regexp.MustCompile(`\w+`).FindAllString(text, -1) {
		named[word] = true
	}
	n := 0
	for _, name := range exported(t, string(bytes.TrimSpace(dir))) {
		n++
		if !named[name] {
			t.Errorf("%s of sentry-go is not in README.md", name)
		}
	}
	if n < 100 {
		t.Errorf("%d names found in sentry-go, want its whole API", n)
	}
}

// exported returns functions, methods of Hub, Scope and Client, and fields of ClientOptions.
func exported(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no source of sentry-go in %s: %v", dir, err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name.Name != "sentry" {
			continue
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && (d.Recv == nil || strings.Contains(" Hub Scope Client ", " "+receiver(d)+" ")) {
					names = append(names, d.Name.Name)
				}
			case *ast.GenDecl:
				names = append(names, optionsOf(d)...)
			}
		}
	}
	return names
}

func receiver(d *ast.FuncDecl) string {
	if star, ok := d.Recv.List[0].Type.(*ast.StarExpr); ok {
		if id, ok := star.X.(*ast.Ident); ok {
			return id.Name
		}
	}
	return ""
}

func optionsOf(d *ast.GenDecl) (names []string) {
	for _, spec := range d.Specs {
		s, ok := spec.(*ast.TypeSpec)
		if !ok || s.Name.Name != "ClientOptions" {
			continue
		}
		for _, f := range s.Type.(*ast.StructType).Fields.List {
			for _, id := range f.Names {
				if id.IsExported() {
					names = append(names, id.Name)
				}
			}
		}
	}
	return names
}
