package krunkvet_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/krunk-go/krunk/krunk/krunkvet"
)

// TestMain fetches what testdata imports, as analysistest fetches nothing.
func TestMain(m *testing.M) {
	fetch := exec.Command("go", "mod", "download")
	fetch.Dir = "testdata"
	if out, err := fetch.CombinedOutput(); err != nil {
		os.Stderr.WriteString("go mod download in testdata: " + err.Error() + "\n" + string(out))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// All checks at once, as the command runs them, and what they would mend by themselves.
func TestChecks(t *testing.T) {
	all := krunkvet.Analyzers()
	if err := analysis.Validate(all); err != nil {
		t.Fatal(err)
	}
	analysistest.RunWithSuggestedFixes(t, analysistest.TestData(), together(all), "game/goroutines", "game/pumps", "game/deferred", "game/channels", "game/global", "game/formats", "game/allow")
}

// together makes one check of all, so that the standard library is read once.
func together(all []*analysis.Analyzer) *analysis.Analyzer {
	a := &analysis.Analyzer{Name: "together", Doc: "all checks", Requires: []*analysis.Analyzer{inspect.Analyzer, all[0]}}
	for _, one := range all {
		a.FactTypes = append(a.FactTypes, one.FactTypes...)
	}
	a.Run = func(pass *analysis.Pass) (any, error) {
		for _, one := range all {
			if _, err := one.Run(pass); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
	return a
}

// A program that names no client is looked at where one asks for it.
func TestEverywhere(t *testing.T) {
	for _, a := range krunkvet.Analyzers() {
		if a.Name != "krunkgo" {
			continue
		}
		if err := a.Flags.Set("all", "true"); err != nil {
			t.Fatal(err)
		}
		analysistest.Run(t, analysistest.TestData(), a, "game/far")
	}
}

// The command works as a tool of go vet, across packages, and the examples of this repository are as it wants them.
func TestCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("it looks at all that the examples import")
	}
	tool := filepath.Join(t.TempDir(), "krunkvet")
	if out, err := exec.Command("go", "build", "-o", tool, "./cmd/krunkvet").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	vet := func(dir string, args ...string) (string, error) {
		cmd := exec.Command("go", append([]string{"vet", "-vettool=" + tool}, args...)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := vet("testdata", "./goroutines")
	if err == nil || strings.Count(out, "a panic in this goroutine") != 11 || strings.Contains(out, "generated.go") {
		t.Errorf("go vet in testdata: %v, want its findings\n%s", err, out)
	}
	for _, dir := range []string{"../..", "../../examples/fromsentry", "../../examples/launcher", "../../examples/logbridge"} {
		if out, err := vet(dir, "./..."); err != nil {
			t.Errorf("go vet in %s: %v\n%s", dir, err, out)
		}
	}
}
