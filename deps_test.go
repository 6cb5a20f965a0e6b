package krunk_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/krunk-go/krunk"

// rule says what a package must not link, directly or through others, and why. This is a statement of policy: do not change
// it to make a build pass.
type rule struct {
	pkg    string
	tags   string
	direct bool // only what it imports itself; the linker drops what the standard library imports and nobody calls
	banned map[string]string
}

var imports = func() []rule {
	const (
		http  = "net/http and crypto/tls cost 4 MiB natively and 7.5 MiB in a browser; the transport brings them"
		slog  = "log/slog costs 0.5 MiB on 32-bit ARM; package krunkslog brings it"
		dce   = "keeps every exported method of every type alive"
		hot   = "the hot path formats nothing and reflects on nothing"
		lean  = "the lean build is hello + 350 KiB"
		pages = "brings 32 MiB of zero pages and panics on some consoles"
	)
	core := map[string]string{
		"net/http": http, "crypto/tls": http, "log/slog": slog, "regexp": "slow to start and large", "text/template": dce,
		"github.com/klauspost/compress/flate": "package transport/deflate brings it", "compress/flate": "package transport/deflate brings it",
		"runtime/pprof": "0.5 MiB", "os/exec": "consoles forbid it", "os/user": "who plays is nobody's business",
	}
	leanOnly := map[string]string{
		"net": lean, "crypto/rand": pages, "encoding/json": lean, "github.com/goccy/go-json": lean, "github.com/google/uuid": pages, "fmt": lean,
	}
	for k, v := range core {
		leanOnly[k] = v
	}
	formats := map[string]string{"fmt": hot, "reflect": hot}
	return []rule{
		{pkg: module + "/krunk", banned: core},
		{pkg: module + "/krunk", tags: "krunk_lean", banned: leanOnly},
		{pkg: module + "/sampling", banned: leanOnly},
		{pkg: module + "/sampling", banned: map[string]string{module + "/sampling/policy": "what people read about policies is not for a game"}},
		{pkg: module + "/internal/blackbox", direct: true, banned: formats},
		{pkg: module + "/internal/record", direct: true, banned: formats},
		{pkg: module + "/internal/gate", direct: true, banned: formats},
		{pkg: module + "/internal/session", direct: true, banned: map[string]string{"time": "who owns a session gives the times", "sync": "its words are single stores", "fmt": lean}},
		{pkg: module + "/internal/runfile", banned: map[string]string{
			"os": "325 KiB on linux/arm", "runtime/debug": "brings os and fmt", "fmt": lean, "time": "times are numbers here",
		}},
		{pkg: module + "/transport", banned: map[string]string{
			"net": "a console's own HTTP has no use for it", "context": "its name brings time.Time's methods and the time zones, 58 KiB",
		}},
		{pkg: module + "/internal/sender", banned: map[string]string{
			module + "/internal/record": "the sender sees bytes, not events", module + "/internal/stack": "the sender sees bytes, not events",
		}},
	}
}()

func TestDependencies(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("skipped: the go tool is not there to list dependencies")
	}
	for _, r := range imports {
		name := strings.TrimPrefix(r.pkg, module+"/")
		if r.tags != "" {
			name += " " + r.tags
		}
		t.Run(name, func(t *testing.T) {
			deps := list(t, r.tags, "-deps", r.pkg)
			if r.direct {
				deps = list(t, r.tags, "-f", `{{join .Imports "\n"}}`, r.pkg)
			}
			for _, dep := range deps {
				if why, bad := r.banned[dep]; bad {
					t.Errorf("%s links %s: %s", r.pkg, dep, why)
				}
			}
		})
	}
}

// Nothing imports krunk but bridges, examples and tests.
func TestNothingImportsKrunk(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("skipped: the go tool is not there to list dependencies")
	}
	for _, line := range list(t, "", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...") {
		pkg, imports, _ := strings.Cut(line, " ")
		if strings.HasPrefix(pkg, module+"/examples/") || strings.HasPrefix(pkg, module+"/krunk/") {
			continue
		}
		for _, dep := range strings.Fields(imports) {
			if dep == module+"/krunk" {
				t.Errorf("%s imports krunk; only bridges, examples and tests may", pkg)
			}
		}
	}
}

// The root module needs three modules and no toolchain line: what needs more is a module of its own.
func TestRequirements(t *testing.T) {
	b, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{"github.com/goccy/go-json": true, "github.com/google/uuid": true, "github.com/klauspost/compress": true}
	inside := false
	for _, line := range strings.Split(string(b), "\n") {
		f := strings.Fields(line)
		switch {
		case len(f) == 0:
		case f[0] == "require" && f[1] == "(":
			inside = true
		case f[0] == ")":
			inside = false
		case inside && !allowed[f[0]], f[0] == "require" && !allowed[f[1]]:
			t.Errorf("go.mod requires %s", line)
		case f[0] == "toolchain" || f[0] == "replace":
			t.Errorf("go.mod has a line %q", line)
		}
	}
}

func list(t *testing.T, tags string, args ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-tags", tags}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}
