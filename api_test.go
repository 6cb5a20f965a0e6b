package krunk_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
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
		if strings.HasPrefix(short, "internal/") || strings.HasPrefix(short, "examples/") || short == module {
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
