package krunk_test

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// The exported API of every public package stands in testdata/api.golden; a change there is a decision, and goes into the
// CHANGELOG.
func TestAPI(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("skipped: the go tool is not there to print the API")
	}
	var got bytes.Buffer
	for _, pkg := range list(t, "", "./...") {
		short := strings.TrimPrefix(pkg, module+"/")
		if strings.Contains(short, "internal/") || strings.HasPrefix(short, "examples/") || short == module {
			continue
		}
		out, err := exec.Command("go", "doc", "-all", pkg).Output()
		if err != nil {
			t.Fatalf("go doc %s: %v", pkg, err)
		}
		got.WriteString("# " + short + "\n")
		got.Write(declarations(out))
	}
	const golden = "testdata/api.golden"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the exported API is not what %s says; if that is meant, run go test -run TestAPI -update . and note it in CHANGELOG.md\n%s", golden, diff(want, got.Bytes()))
	}
}

// An exported struct has at most 18 fields: more than that is no longer one thing.
func TestStructsStaySmall(t *testing.T) {
	const most = 18
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != "." {
				return filepath.SkipDir
			}
			return nil
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || !spec.Name.IsExported() {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok && s.Fields.NumFields() > most {
				t.Errorf("%s: %s has %d fields, want at most %d", path, spec.Name, s.Fields.NumFields(), most)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Every package that a user imports shows in a runnable example what to call first.
func TestPackagesHaveExamples(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("skipped: the go tool is not there to list packages")
	}
	for _, line := range list(t, "", "-f", "{{.Name}} {{.ImportPath}} {{join .XTestGoFiles \" \"}}", "./...") {
		f := strings.Fields(line)
		path := strings.TrimPrefix(f[1], module+"/")
		if f[0] == "main" || path == module || strings.Contains(path, "internal/") {
			continue
		}
		shown := false
		for _, file := range f[2:] {
			b, err := os.ReadFile(filepath.Join(path, file))
			if err != nil {
				t.Fatal(err)
			}
			shown = shown || bytes.Contains(b, []byte("\nfunc Example")) && bytes.Contains(b, []byte("// Output:"))
		}
		if !shown {
			t.Errorf("%s has no example that go test runs", path)
		}
	}
}

// declarations drops the prose of go doc -all and keeps what is declared.
func declarations(doc []byte) []byte {
	var out bytes.Buffer
	depth := 0
	for _, line := range strings.Split(string(doc), "\n") {
		trimmed := strings.TrimSpace(line)
		starts := false
		for _, k := range []string{"func ", "type ", "const ", "var "} {
			starts = starts || strings.HasPrefix(line, k)
		}
		if depth == 0 && !starts || depth > 0 && (trimmed == "" || strings.HasPrefix(trimmed, "//")) {
			continue
		}
		code, _, _ := strings.Cut(line, " // ")
		out.WriteString(strings.TrimRight(code, " ") + "\n")
		depth += strings.Count(code, "{") + strings.Count(code, "(") - strings.Count(code, "}") - strings.Count(code, ")")
	}
	return out.Bytes()
}

// diff names the lines that only one side has.
func diff(want, got []byte) string {
	count := make(map[string]int)
	for _, l := range strings.Split(string(want), "\n") {
		count[l]--
	}
	for _, l := range strings.Split(string(got), "\n") {
		count[l]++
	}
	var out strings.Builder
	for l, n := range count {
		switch {
		case n < 0:
			out.WriteString("- " + l + "\n")
		case n > 0:
			out.WriteString("+ " + l + "\n")
		}
	}
	return out.String()
}
