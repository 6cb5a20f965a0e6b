package main

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policyserver"
	"github.com/krunk-go/krunk/sampling/signed"
)

// request is what the server below was sent.
type request struct{ method, replaces, auth, body, signature string }

// serve answers every request with status and text, and redirects to a trap if the status says so.
func serve(t *testing.T, status int, text string) (address string, got *request) {
	t.Helper()
	got = new(request)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/trap" {
			t.Error("followed a redirect")
		}
		*got = request{r.Method, r.URL.Query().Get("replaces"), r.Header.Get("Authorization"), string(b), r.Header.Get("Krunk-Signature")}
		w.Header().Set("Location", "/trap")
		w.WriteHeader(status)
		io.WriteString(w, text)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/policy", got
}

func TestPublish(t *testing.T) {
	dir := workplace(t)
	t.Setenv("KRUNK_TOKEN", "from-env")
	t.Setenv("OTHER", "other")
	if err := os.WriteFile("token", []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	call("", "sign", "-key", "ops.key", "-kid", "ops", "-o", "signed.json", "base.json")
	call("", "sign", "-key", "ops.key", "-kid", "ops", "-header", "-o", "sig", "base.json")
	sig, _ := os.ReadFile("sig")
	var all strings.Builder
	for _, c := range []struct {
		name, file, args string
		status           int
		text             string
		code             int
		want             request
	}{
		{"first", "unending.json", "", 201, "", exitGood, request{replaces: "0.0", auth: "Bearer from-env"}},
		{"next", "next.json", "", 200, `{"version":"3.1188"}`, exitGood, request{replaces: "3.1187", auth: "Bearer from-env"}},
		{"envelope", "signed.json", "-replaces 3.1100 -token-file token", 204, "", exitGood, request{replaces: "3.1100", auth: "Bearer from-file"}},
		{"signature", "base.json", "-signature sig", 200, "", exitGood, request{replaces: "3.1186", auth: "Bearer from-env", signature: strings.TrimSpace(string(sig))}},
		{"none", "base.json", "-replaces none -token-env OTHER", 200, "", exitGood, request{replaces: "0.0", auth: "Bearer other"}},
		{"no token", "base.json", "-token-env UNSET_IN_TESTS", 401, "who are you?", exitNo, request{replaces: "3.1186"}},
		{"lost", "base.json", "", 412, "runs 3.1190", exitNo, request{replaces: "3.1186", auth: "Bearer from-env"}},
		{"redirect", "base.json", "", 307, "", exitNo, request{replaces: "3.1186", auth: "Bearer from-env"}},
		{"refused", "base.json", "", 422, "E14 \x1b[31mrules[0]\x07", exitNo, request{replaces: "3.1186", auth: "Bearer from-env"}},
		{"down", "base.json", "", 503, "", exitNo, request{replaces: "3.1186", auth: "Bearer from-env"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			address, got := serve(t, c.status, c.text)
			r := call("", append([]string{"publish", "-to", address, c.file}, strings.Fields(c.args)...)...)
			body, _ := os.ReadFile(c.file)
			c.want.method, c.want.body = http.MethodPut, string(body)
			if r.code != c.code || *got != c.want {
				t.Errorf("got %s\nand %+v\nwant exit %d and %+v", r, *got, c.code, c.want)
			}
			fmt.Fprintf(&all, "== %s %d\n%s", c.name, c.status, r)
		})
	}
	compare(t, dir+"/publish.golden", all.String())
}

func TestPublishServerGone(t *testing.T) {
	workplace(t)
	const address = "http://127.0.0.1:1/policy" // a port that was given back may be another's by now
	if r := call("", "publish", "-to", address, "base.json"); r.code != exitLost || !strings.Contains(r.err, "refused") {
		t.Errorf("got %s", r)
	}
}

// TestWithPolicyserver goes the whole way with the real server: first version, next, lost race, kill, rollback.
func TestWithPolicyserver(t *testing.T) {
	workplace(t)
	t.Setenv("KRUNK_TOKEN", "s3cret")
	server, err := policyserver.New(&policyserver.Memory{}, policyserver.Options{Authorize: func(r *http.Request) (string, error) {
		if r.Header.Get("Authorization") != "Bearer s3cret" {
			return "", errors.New("who are you?")
		}
		return "anna", nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(server)
	defer s.Close()
	at := s.URL + "/policy"
	step := func(code int, want string, args ...string) {
		t.Helper()
		if r := call("", args...); r.code != code || !strings.Contains(r.out+r.err, want) {
			t.Fatalf("%v: %s, want exit %d and %q", args, r, code, want)
		}
	}
	step(exitGood, "published 0.1", "publish", "-to", at, "unending.json")
	step(exitNo, "the server has a policy already (409)", "publish", "-to", at, "unending.json")
	step(exitGood, "enabled: (not set) -> false", "kill", "-o", "killed.json", "unending.json")
	step(exitGood, "published 0.2 over 0.1", "publish", "-to", at, "killed.json")
	step(exitNo, "it runs 0.2, published by anna", "publish", "-to", at, "killed.json")
	step(exitNo, "the server runs 0.2, so 0.2 is not an older version", "rollback", "-from", at, "2")
	step(exitGood, "all reporting stays stopped", "rollback", "-from", at, "-o", "still.json", "1")
	step(exitGood, "enabled: false -> (not set)", "rollback", "-from", at, "-restart", "-o", "back.json", "1")
	step(exitNo, "-restart says that you mean it", "publish", "-to", at, "back.json")
	step(exitGood, "published 0.3 over 0.2", "publish", "-restart", "-to", at, "back.json")
	if err := os.WriteFile("nine.json", []byte(`{"krunk":1,"version":9,"clients":30}`), 0o600); err != nil {
		t.Fatal(err)
	}
	step(exitNo, "the server does not run 0.8 (409)", "publish", "-to", at, "nine.json")
	step(exitGood, "published 0.9 over 0.3", "publish", "-to", at, "-replaces", "3", "nine.json")
	step(exitNo, "is not among the last", "rollback", "-from", at, "5", "-o", "x.json")
	b, _ := os.ReadFile("back.json")
	if doc := string(b); !strings.Contains(doc, `"note": "rollback of 0.2 to 0.1"`) || !strings.Contains(doc, `"clients": 20`) {
		t.Errorf("got %s", doc)
	}
	if _, v := server.Bytes(); v.String() != "0.9" {
		t.Errorf("the server runs %s", v)
	}
	step(exitGood, "killed by 0.10 over 0.9", "kill", "-to", at, "-note", "storm")
	if b, _ := server.Bytes(); !strings.Contains(string(b), `"enabled": false`) || !strings.Contains(string(b), `"note": "storm"`) {
		t.Errorf("the server serves %s", b)
	}
	t.Setenv("KRUNK_TOKEN", "guess")
	step(exitNo, "the server refuses (403): check the token", "kill", "-to", at)
	step(exitNo, "the server refuses (403): check the token", "rollback", "-from", at, "1")
	step(exitNo, "the server refuses (403): check the token", "publish", "-to", at, "-replaces", "0.1", "killed.json")
}

func TestRollbackFromOtherServers(t *testing.T) {
	workplace(t)
	draft, status := "", http.StatusOK
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			http.ServeFile(w, r, "next.json")
			return
		}
		w.WriteHeader(status)
		fmt.Fprint(w, draft)
	}))
	defer s.Close()
	for _, c := range []struct {
		draft  string
		status int
		want   string
	}{
		{"not here", 404, "/policy/draft: the server answers 404 not here"},
		{"<html>", 200, "the server answers without a document, so it is no policyserver"},
		{`{"version":"3.1189","document":"{}"}`, 200, "policy rejected: E03"},
		{`{"version":"3.1189","document":"{\"krunk\":1,\"version\":7}"}`, 200, "runs another version than 3.1188 by now; try again"},
		{`{"error":"the policy has a mistake","problems":[{"code":"E14","path":"rules[0]","line":7,"column":3,"what":"never ends"}]}`, 422, "(on the server):7:3: error E14: rules[0]: never ends"},
	} {
		draft, status = c.draft, c.status
		if r := call("", "rollback", "-from", s.URL+"/policy", "1187"); r.code != exitNo || !strings.Contains(r.err, c.want) {
			t.Errorf("%s: got %s, want %q", c.draft, r, c.want)
		}
	}
}

// TestWithASigningServer goes the same way with a server that signs: what comes unsigned gets a signature and an end, and clients that want
// both follow each step.
func TestWithASigningServer(t *testing.T) {
	workplace(t)
	t.Setenv("KRUNK_TOKEN", "s3cret")
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	v, err := signed.New(signed.Keys{"ops": public})
	if err != nil {
		t.Fatal(err)
	}
	server, err := policyserver.New(&policyserver.Memory{}, policyserver.Options{
		Authorize: func(r *http.Request) (string, error) { return "anna", nil }, Verifier: v,
		Sign: func(doc []byte) (string, error) {
			sigs, err := signed.Sign(doc, signed.Key{ID: "ops", Private: private})
			return signed.Header(sigs), err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(server)
	defer s.Close()
	at := s.URL + "/policy"
	client, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{Verifier: sampling.Require(v)})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	step := func(version string, killed bool, args ...string) {
		t.Helper()
		if r := call("", args...); r.code != exitGood {
			t.Fatalf("%v: %s", args, r)
		}
		if version == "" {
			return
		}
		answer, err := http.Get(at)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		doc, _ := io.ReadAll(answer.Body)
		if err := os.WriteFile("running.json", doc, 0o600); err != nil {
			t.Fatal(err)
		}
		err = client.Apply(doc, sampling.At{Signature: answer.Header.Get("Krunk-Signature")})
		if got := client.Status(); err != nil || got.Running.String() != version || got.Killed != killed {
			t.Fatalf("%v: %v, runs %s, killed %v", args, err, got.Running, got.Killed)
		}
	}
	step("0.1", false, "publish", "-to", at, "unending.json")
	step("", false, "mute", "-kind", "9f2c41d0", "-o", "muted.json", "running.json")
	step("0.2", false, "publish", "-to", at, "muted.json")
	step("", false, "pull", "-player", "anna", "-o", "pulled.json", "running.json")
	step("0.3", false, "publish", "-to", at, "pulled.json")
	step("", false, "debug", "-player", "anna", "-level", "info", "-o", "debugged.json", "running.json")
	step("0.4", false, "publish", "-to", at, "debugged.json")
	step("0.5", true, "kill", "-to", at)
	step("", false, "rollback", "-from", at, "-restart", "-o", "back.json", "1")
	step("0.6", false, "publish", "-restart", "-to", at, "back.json")
	step("", false, "kill", "-o", "killed.json", "running.json")
	step("0.7", true, "publish", "-to", at, "killed.json")
}
