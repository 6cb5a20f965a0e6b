package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/sampling"
)

var update = flag.Bool("update", false, "write the golden files")

// result is one run of the command.
type result struct {
	code     int
	out, err string
}

func call(stdin string, args ...string) result {
	var out, err bytes.Buffer
	code := run(args, strings.NewReader(stdin), &out, &err)
	return result{code, out.String(), err.String()}
}

func (r result) String() string {
	return fmt.Sprintf("exit %d\n--- stdout\n%s--- stderr\n%s", r.code, r.out, r.err)
}

// workplace makes a new directory with the inputs of testdata, of which keys are private, and goes there.
func workplace(t *testing.T) (golden string) {
	t.Helper()
	golden, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, pattern := range []string{"*.json", "*.policy", "*.key", "*.pub"} {
		names, _ := filepath.Glob(filepath.Join(golden, pattern))
		if len(names) == 0 {
			t.Fatalf("no %s in testdata", pattern)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, filepath.Base(name)), b, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Chdir(dir)
	return golden
}

func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", filepath.Base(path), got, want)
	}
}

const now = "-now=2026-10-10T13:00:00Z"

// goldens are the calls whose whole output is kept.
var goldens = []struct {
	name string
	args []string
}{
	{"overview", []string{"help"}},
	{"lint", []string{"lint", now, "base.json", "bad.json", "warn.json", "missing.json"}},
	{"lint_known", []string{"lint", now, "-channels", "net,net.http,match", "-previous", "base.json", "warn.json"}},
	{"lint_json", []string{"lint", now, "--json", "bad.json", "base.json"}},
	{"lint_times", []string{"lint", "-now", "2026-10-09T13:00:00Z", "base.json", "unending.json"}},
	{"lint_expired", []string{"lint", "-now", "2027-10-09T13:00:00Z", "base.json"}},
	{"diff", []string{"diff", now, "-clients", "20000", "base.json", "next.json"}},
	{"diff_back", []string{"diff", now, "-clients", "2000", "next.json", "base.json"}},
	{"diff_json", []string{"diff", now, "-clients", "2000", "--json", "base.json", "next.json"}},
	{"diff_expired", []string{"diff", "-now", "2027-01-01T00:00:00Z", "-clients", "2000", "base.json", "next.json"}},
	{"diff_raise", []string{"diff", now, "-clients", "2000", "base.json", "raised.policy"}},
	{"explain", []string{"explain", now, "-channel", "Net.HTTP", "-client", "c-1", "-release", "game@1.42.0", "-platform", "windows", "base.json"}},
	{"explain_in", []string{"explain", now, "-channel", "net", "-client", "c-1", "base.json"}},
	{"explain_noid", []string{"explain", now, "-channel", "match", "base.json"}},
	{"explain_raise", []string{"explain", now, "-channel", "net", "-client", "c-1", "raised.policy"}},
	{"explain_raise_off", []string{"explain", now, "-channel", "anticheat", "-client", "c-1", "--json", "raised.policy"}},
	{"explain_json", []string{"explain", now, "-channel", "net", "-client", "c-1", "-tag", "a=b", "--json", "base.json"}},
	{"simulate", []string{"simulate", now, "-clients", "20000", "-mix", "release=1.41.0:70,1.42.0:30", "-mix", "platform=windows:90,linux:10",
		"-rate", "*=0.01", "-rate", "net:info=2", "-rate", "net.http:trace=5", "base.json"}},
	{"simulate_json", []string{"simulate", now, "-clients", "2000", "-seed", "7", "--json", "base.json"}},
	{"simulate_raise", []string{"simulate", now, "-clients", "2000", "--json", "raised.policy"}},
	{"debug", []string{"debug", now, "-player", "anna", "-for", "90m", "-author", "bob", "-note", "INC-4712", "base.json"}},
	{"debug_client", []string{"debug", "-now", "2026-10-11T00:00:00Z", "-client", "c-1", "-level", "fatal", "-channel", "net", "-rate", "10/s", "unending.json"}},
	{"mute", []string{"mute", now, "-kind", "krunk.kind: 9F2C41D0", "-note", "INC-4713", "base.json"}},
	{"mute_rate", []string{"mute", now, "-kind", "9f2c41d0", "-rate", "5/h", "-panics", "-for", "720h", "base.json"}},
	{"mute_all", []string{"mute", now, "-kind", "*", "base.json"}},
	{"mute_long", []string{"mute", now, "-kind", "9f2c41d0", "-for", "721h", "base.json"}},
	{"mute_end", []string{"mute", now, "-kind", "9f2c41d0", "-end", "base.json"}},
	{"raise", []string{"raise", now, "-kind", "krunk.kind: 9F2C41D0", "-clients", "25", "-rate", "20/h", "-note", "INC-4715", "base.json"}},
	{"raise_all", []string{"raise", now, "-kind", "9f2c41d0", "-clients", "100", "-panics", "-for", "720h", "base.json"}},
	{"raise_none", []string{"raise", now, "-kind", "9f2c41d0", "base.json"}},
	{"raise_most", []string{"raise", now, "-kind", "9f2c41d0", "-clients", "101", "base.json"}},
	{"raise_fine", []string{"raise", now, "-kind", "9f2c41d0", "-clients", "0.00001", "base.json"}},
	{"raise_end", []string{"raise", now, "-kind", "9f2c41d0", "-end", "base.json"}},
	{"raise_end_all", []string{"raise", now, "-kind", "9f2c41d0", "-end", "-clients", "25", "base.json"}},
	{"pull", []string{"pull", now, "-player", "anna", "-player", "bob", "-id", "INC-4714", "-goroutines", "-bytes", "65536", "base.json"}},
	{"pull_match", []string{"pull", now, "-match", "m-17", "base.json"}},
	{"pull_two", []string{"pull", now, "-match", "m-17", "-player", "anna", "base.json"}},
	{"pull_end", []string{"pull", now, "-end", "-id", "x", "base.json"}},
	{"kill", []string{"kill", "-now", "2026-10-12T00:00:00Z", "-note", "storm <&>", "base.json"}},
	{"rollback", []string{"rollback", now, "-from", ".", "1187"}},
	{"sign", []string{"sign", "-key", "ops.key", "-kid", "ops-2026", "base.json"}},
	{"sign_header", []string{"sign", "-key", "ops.key", "-kid", "ops-2026", "-header", "base.json"}},
	{"sign_unending", []string{"sign", "-key", "ops.key", "-kid", "ops-2026", "unending.json"}},
	{"verify_unsigned", []string{"verify", "-key", "ops-2026=ops.pub", "base.json"}},
}

func TestGolden(t *testing.T) {
	for _, g := range goldens {
		t.Run(g.name, func(t *testing.T) {
			dir := workplace(t)
			if g.name == "rollback" {
				os.Remove("warn.json") // another 3.1188
			}
			compare(t, filepath.Join(dir, g.name+".golden"), call("", g.args...).String())
		})
	}
}

func TestUsageOfEveryCommand(t *testing.T) {
	dir := workplace(t)
	var all strings.Builder
	for _, c := range commands() {
		r := call("", c.name, "-h")
		if r.code != exitGood || r.err != "" {
			t.Errorf("%s -h: %s", c.name, r)
		}
		if again := call("", "help", c.name); again != r {
			t.Errorf("help %s: got\n%s\nwant\n%s", c.name, again, r)
		}
		fmt.Fprintf(&all, "== %s\n%s\n", c.name, r.out)
	}
	compare(t, filepath.Join(dir, "usage.golden"), all.String())
}

func TestInputIsNeverChanged(t *testing.T) {
	workplace(t)
	before, err := os.ReadFile("base.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"kill", now, "-o", "base.json", "base.json"},
		{"debug", now, "-player", "a", "-o", "./base.json", "base.json"},
		{"sign", "-key", "ops.key", "-kid", "k", "-o", "base.json", "base.json"},
	} {
		r := call("", args...)
		if r.code != exitNo || !strings.Contains(r.err, "is the input; name another file") {
			t.Errorf("%v: %s", args, r)
		}
	}
	if r := call("", "kill", now, "-o", "new.json", "base.json"); r.code != exitGood || r.out != "" {
		t.Errorf("got %s", r)
	}
	if after, _ := os.ReadFile("base.json"); !bytes.Equal(before, after) {
		t.Error("base.json was changed")
	}
	if r := call("", "lint", "new.json"); r.code != exitGood {
		t.Errorf("got %s", r)
	}
	if left, _ := filepath.Glob(".krunkpolicy-*"); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestStandardInputAndMixedFlags(t *testing.T) {
	workplace(t)
	b, err := os.ReadFile("base.json")
	if err != nil {
		t.Fatal(err)
	}
	if r := call(string(b), "lint", now, "-"); r.code != exitGood || r.out != "-: policy 3.1187 is good\n" {
		t.Errorf("got %s", r)
	}
	behind, before := call("", "kill", "base.json", now, "-note", "x"), call("", "kill", now, "-note", "x", "base.json")
	if behind != before || behind.code != exitGood {
		t.Errorf("got %s, want %s", behind, before)
	}
	if r := call("", "lint", "--", "-json"); r.code != exitLost || !strings.HasPrefix(r.out, "-json: open -json:") {
		t.Errorf("got %s", r)
	}
}

// Whatever is wrong with the policy that runs, the command makes a kill switch over it, which clients take.
func TestKillOfWhateverRuns(t *testing.T) {
	workplace(t)
	full := `{"krunk":1,"version":7,"salt":"s","channels":{` + strings.Repeat(" ", sampling.MaxDocument-48) + `}}`
	for name, row := range map[string]struct{ doc, version, want string }{
		"mistakes":     {`{"krunk":1,"epoch":2,"version":7,"salt":"w41","note":"n","panics":10,"clients":5,"cleints":5}`, "2.8", `"panics": 10`},
		"rejected":     {`{"krunk":1,"version":7,"clients":150,"panics":200}`, "0.8", `"enabled": false`},
		"torn":         {`{"krunk":1,"version":7,"clients":5,"channels":{"net":{"se`, "0.8", `"enabled": false`},
		"no room":      {full, "0.8", `"salt": "s"`},
		"last version": {`{"krunk":1,"epoch":4,"version":9007199254740991}`, "5.1", `"enabled": false`},
	} {
		if err := os.WriteFile("runs.json", []byte(row.doc), 0o600); err != nil {
			t.Fatal(err)
		}
		r := call("", "kill", "-note", "storm", "runs.json")
		c, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = c.Apply([]byte(r.out))
		if s := c.Status(); r.code != exitGood || err != nil || !s.Killed || s.Running.String() != row.version || !strings.Contains(r.out, row.want) || !strings.Contains(r.out, `"note": "storm"`) {
			t.Errorf("%s: %v, %s", name, err, r)
		}
		c.Close()
	}
}

// A file that a command left empty is told as that, and one that is missing as another thing than a bad policy.
func TestLintOfNoPolicy(t *testing.T) {
	workplace(t)
	if err := os.WriteFile("empty.json", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		args string
		code int
		want string
	}{
		{"empty.json", exitNo, "empty.json: is empty; did the command that was to write it fail?\n"},
		{"missing.json", exitLost, "missing.json: open missing.json: no such file or directory\n"},
		{"base.json missing.json", exitLost, "base.json: policy 3.1187 is good\nmissing.json: open missing.json: no such file or directory\n"},
		{"missing.json empty.json", exitNo, "missing.json: open missing.json: no such file or directory\nempty.json: is empty; did the command that was to write it fail?\n"},
	} {
		if r := call("", append([]string{"lint", now}, strings.Fields(row.args)...)...); r.code != row.code || r.out != row.want {
			t.Errorf("%s: got %s", row.args, r)
		}
	}
}

func TestVersion(t *testing.T) {
	if r := call("", "version"); r.code != exitGood || !strings.HasPrefix(r.out, "krunkpolicy ") || !strings.Contains(r.out, "go1.") {
		t.Errorf("got %s", r)
	}
}

func TestKeygen(t *testing.T) {
	workplace(t)
	r := call("", "keygen", "-out", "fresh")
	if want := regexp.MustCompile(`^wrote fresh\.key \(keep it secret\) and fresh\.pub\nkey id: fresh\npublic key: [A-Za-z0-9+/]{43}=\n$`); r.code != exitGood || !want.MatchString(r.out) {
		t.Fatalf("got %s", r)
	}
	st, err := os.Stat("fresh.key")
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want mode 0600", st.Mode(), err)
	}
	if r := call("", "sign", "-key", "fresh.key", "-kid", "f", "-o", "signed.json", "base.json"); r.code != exitGood {
		t.Errorf("got %s", r)
	}
	if r := call("", "verify", "-key", "f=fresh.pub", "signed.json"); r.code != exitGood || r.out != "signed.json: policy 3.1187 is signed by f\n" {
		t.Errorf("got %s", r)
	}
	call("", "sign", "-key", "fresh.key", "-kid", "fresh", "-o", "named.json", "base.json")
	if r := call("", "verify", "-key", "fresh.pub", "named.json"); r.code != exitGood || r.out != "named.json: policy 3.1187 is signed by fresh\n" {
		t.Errorf("the key as keygen named it: %s", r)
	}
	secret, _ := os.ReadFile("fresh.key")
	for _, gone := range []string{"", "fresh.pub"} {
		if gone != "" {
			os.Remove(gone)
		}
		if r := call("", "keygen", "-out", "fresh"); r.code != exitNo || !strings.Contains(r.err, "exists and is not overwritten") {
			t.Errorf("got %s", r)
		}
	}
	if again, _ := os.ReadFile("fresh.key"); !bytes.Equal(secret, again) {
		t.Error("the private key was overwritten")
	}
	if _, err := os.Stat("fresh.pub"); err == nil {
		t.Error("a public key without its private key was left")
	}
}

func TestSignVerifyRotation(t *testing.T) {
	workplace(t)
	call("", "keygen", "-out", "b")
	call("", "sign", "-key", "ops.key", "-kid", "ops", "-o", "one.json", "base.json")
	if r := call("", "sign", "-key", "b.key", "-kid", "b", "-o", "two.json", "one.json"); r.code != exitGood {
		t.Fatalf("got %s", r)
	}
	for _, c := range []struct {
		file, key string
		code      int
	}{
		{"one.json", "ops=ops.pub", exitGood}, {"two.json", "ops=ops.pub", exitGood}, {"two.json", "b=b.pub", exitGood},
		{"one.json", "b=b.pub", exitNo}, {"one.json", "ops=b.pub", exitNo}, {"two.json", "other=other.pub", exitNo},
	} {
		if r := call("", "verify", "-key", c.key, c.file); r.code != c.code {
			t.Errorf("%s with %s: %s, want exit %d", c.file, c.key, r, c.code)
		}
	}
	header := strings.TrimSpace(call("", "sign", "-key", "ops.key", "-kid", "ops", "-header", "base.json").out)
	if r := call("", "verify", "-key", "ops=ops.pub", "-header", header, "base.json"); r.code != exitGood {
		t.Errorf("got %s", r)
	}
	if r := call("", "lint", now, "two.json"); r.out != "two.json: policy 3.1187 is good; says it is signed by ops, b (krunkpolicy verify checks)\n" {
		t.Errorf("got %s", r)
	}
	if err := os.Chmod("ops.key", 0o644); err != nil {
		t.Fatal(err)
	}
	if r := call("", "sign", "-key", "ops.key", "-kid", "ops", "base.json"); !strings.Contains(r.err, "warning: ops.key is readable by others (mode 0644)") {
		t.Errorf("got %s", r.err)
	}
}
