package policyserver

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
	"github.com/krunk-go/krunk/sampling/signed"
)

func TestPut(t *testing.T) {
	mistakes := strings.NewReplacer("info", "warning", `"clients": 5`, `"clients": 150`, "salt", "slat").Replace(string(policyDoc(1188, 10)))
	for _, c := range []struct {
		name, method, query, body string
		headers                   []string
		status                    int
		text                      string
	}{
		{"replaces", "PUT", "?replaces=3.1187", string(policyDoc(1188, 50)), nil, 200, `"clients reporting`},
		{"post", "POST", "?replaces=3.1187", string(policyDoc(1188, 50)), nil, 200, `{"path":"clients","old":"10","new":"50"}`},
		{"if-match", "PUT", "", string(policyDoc(1188, 50)), []string{"If-Match", etag(v3(1187), policyDoc(1187, 10))}, 200, `"3.1188"`},
		{"if-match of another", "PUT", "", string(policyDoc(1188, 50)), []string{"If-Match", `"3.1187-00000000"`}, 409, `"current":"3.1187","by":"anna"`},
		{"if-match any", "PUT", "", string(policyDoc(1188, 50)), []string{"If-Match", "*"}, 409, "conflict"},
		{"no expectation", "PUT", "", string(policyDoc(1188, 50)), nil, 428, "?replaces=3.1187"},
		{"old expectation", "PUT", "?replaces=3.1186", string(policyDoc(1188, 50)), nil, 409, "3.1187 is current"},
		{"senseless expectation", "PUT", "?replaces=x", string(policyDoc(1188, 50)), nil, 400, "is not a version"},
		{"same version", "PUT", "?replaces=3.1187", string(policyDoc(1187, 50)), nil, 409, "write 3.1188"},
		{"lower epoch", "PUT", "?replaces=3.1187", strings.Replace(string(policyDoc(1188, 50)), `"epoch": 3`, `"epoch": 2`, 1), nil, 409, "2.1188 is not above 3.1187"},
		{"all mistakes", "PUT", "?replaces=3.1187", mistakes, nil, 422, "3 mistakes"},
		{"expired", "PUT", "?replaces=3.1187", strings.Replace(string(policyDoc(1188, 50)), `"issued": "1999-12-10T12:00:00Z"`, `"issued": "2020-10-10T12:00:00Z", "expires": "2020-10-11T12:00:00Z"`, 1), nil, 422, "expires lies in the past"},
		{"oversized", "PUT", "?replaces=3.1187", strings.Repeat(" ", sampling.MaxEnvelope+1), nil, 413, "larger"},
		{"oversized document", "PUT", "?replaces=3.1187", strings.Repeat(" ", sampling.MaxDocument+1), nil, 422, "64 KiB"},
		{"bad signature", "PUT", "?replaces=3.1187", string(policyDoc(1188, 50)), []string{"Krunk-Signature", "nonsense"}, 422, "Krunk-Signature"},
		{"nobody", "PUT", "?replaces=3.1187", string(policyDoc(1188, 50)), []string{"Authorization", ""}, 403, "sign in first"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serving(t, Options{})
			w := do(s, c.method, "/policy"+c.query, c.body, append([]string{"Authorization", "Bearer secret"}, c.headers...)...)
			body := strings.ReplaceAll(w.Body.String(), `\u003e`, ">")
			if c.text == "conflict" {
				c.text = "another version was published"
			}
			if w.Code != c.status || !strings.Contains(body, c.text) {
				t.Fatalf("got %d %s, want %d and %s", w.Code, body, c.status, c.text)
			}
			want := v3(1187)
			if c.status == 200 {
				want = v3(1188)
			}
			if _, v := s.Bytes(); v != want {
				t.Errorf("serves %v, want %v", v, want)
			}
		})
	}
}

func TestAllMistakesAreListed(t *testing.T) {
	s := serving(t, Options{})
	body := strings.NewReplacer("info", "warning", `"clients": 5`, `"clients": 150`, "salt", "slat").Replace(string(policyDoc(1188, 10)))
	f := decoded[failure](t, do(s, "PUT", "/policy?replaces=3.1187", body, "Authorization", "Bearer secret"))
	var got []string
	for _, p := range f.Problems {
		got = append(got, p.Code+" "+p.Path)
		if p.Line == 0 || p.Write == "" && p.What == "" {
			t.Errorf("problem %+v has no place or no words", p)
		}
	}
	want := `E05 channels["net"].clients|E06 channels["net"].send|E15 slat`
	if strings.Join(got, "|") != want {
		t.Errorf("got %s, want %s", strings.Join(got, "|"), want)
	}
}

func TestPublishIsOffWithoutAuthorize(t *testing.T) {
	var m Memory
	s, err := New(&m, Options{Page: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/policy", "/policy/draft"} {
		if w := do(s, "POST", target, string(policyDoc(1, 1))); w.Code != 403 || !strings.Contains(w.Body.String(), "publishing is off") {
			t.Errorf("%s gave %d %s", target, w.Code, w.Body)
		}
	}
	if st := decoded[jsonStatus](t, do(s, "GET", "/policy/status", "")); st.Publish {
		t.Error("status says that publishing is on")
	}
}

func TestForeignPages(t *testing.T) {
	for _, c := range []struct {
		name    string
		headers []string
		status  int
	}{
		{"a program", nil, 200},
		{"our page", []string{"Sec-Fetch-Site", "same-origin", "Krunk-Token", "tok"}, 200},
		{"our page in an old browser", []string{"Origin", "http://example.com", "Krunk-Token", "tok"}, 200},
		{"same origin without token", []string{"Sec-Fetch-Site", "same-origin"}, 403},
		{"wrong token", []string{"Sec-Fetch-Site", "same-origin", "Krunk-Token", "tok2"}, 403},
		{"foreign page", []string{"Sec-Fetch-Site", "cross-site", "Krunk-Token", "tok"}, 403},
		{"sister domain", []string{"Sec-Fetch-Site", "same-site", "Krunk-Token", "tok"}, 403},
		{"foreign origin", []string{"Origin", "http://evil.example", "Krunk-Token", "tok"}, 403},
		{"null origin", []string{"Origin", "null", "Krunk-Token", "tok"}, 403},
		{"cookie alone", []string{"Cookie", "session=1"}, 403},
		{"referrer alone", []string{"Referer", "http://example.com/"}, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serving(t, Options{Token: "tok"})
			w := do(s, "PUT", "/policy?replaces=3.1187", string(policyDoc(1188, 50)), append([]string{"Authorization", "Bearer secret"}, c.headers...)...)
			if w.Code != c.status {
				t.Errorf("got %d %s, want %d", w.Code, w.Body, c.status)
			}
		})
	}
}

func TestNamelessAuthorize(t *testing.T) {
	s := serving(t, Options{Authorize: func(*http.Request) (string, error) { return " \n", nil }})
	if w := do(s, "PUT", "/policy?replaces=3.1187", string(policyDoc(1188, 50))); w.Code != 403 {
		t.Errorf("got %d", w.Code)
	}
	if _, err := s.Publish(t.Context(), policyDoc(1188, 50), "\t"); err == nil {
		t.Error("Publish by nobody is fine")
	}
}

func TestBrokenBody(t *testing.T) {
	s := serving(t, Options{})
	r, _ := http.NewRequest("PUT", "/policy?replaces=3.1187", iotest.ErrReader(errors.New("gone")))
	r.Header.Set("Authorization", "Bearer secret")
	w := do(s, "GET", "/policy", "")
	w.Body.Reset()
	s.put(w, r)
	if !strings.Contains(w.Body.String(), "gone") {
		t.Errorf("body %s", w.Body)
	}
}

func TestAudit(t *testing.T) {
	var lines []string
	s := serving(t, Options{Audit: func(line string) { lines = append(lines, line) }})
	body := strings.Replace(string(policyDoc(1188, 50)), `"note": "n"`, `"note": "a\nb\u2028c"`, 1)
	if w := do(s, "PUT", "/policy?replaces=3.1187", body, "Authorization", "Bearer secret"); w.Code != 200 {
		t.Fatal(w.Body)
	}
	do(s, "PUT", "/policy", body, "Authorization", "Bearer wrong")
	if len(lines) != 3 {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	want := ` "anna@studio" published 3.1188 over 3.1187: clients 10 -> 50; note "a\nb\u2028c"; clients reporting 0 -> 0`
	if !strings.HasSuffix(lines[1], want) {
		t.Errorf("got  %s\nwant %s", lines[1], want)
	}
	if !strings.HasPrefix(lines[2], "refused PUT /policy from ") {
		t.Errorf("got %s", lines[2])
	}
	for _, line := range lines {
		if strings.ContainsAny(line, "\n\r\u2028") {
			t.Errorf("more than one line: %q", line)
		}
	}
	list := decoded[[]jsonEntry](t, do(s, "GET", "/policy/history", ""))
	if len(list) != 2 || list[0].Audit != lines[1] || list[0].By != "anna@studio" || list[0].Replaced != "3.1187" {
		t.Errorf("history %+v", list)
	}
}

func TestSignedStaysSigned(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := signed.New(signed.Keys{"ops": public})
	if err != nil {
		t.Fatal(err)
	}
	doc := strings.Replace(string(policyDoc(1188, 20)), `"author"`, `"expires": "2126-10-10T12:00:00Z", "author"`, 1)
	header := func(doc []byte) (string, error) {
		sigs, err := signed.Sign(doc, signed.Key{ID: "ops", Private: private})
		return signed.Header(sigs), err
	}
	sig, err := header([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	s := serving(t, Options{})
	if w := do(s, "PUT", "/policy?replaces=3.1187", doc, "Authorization", "Bearer secret", "Krunk-Signature", sig); w.Code != 200 {
		t.Fatal(w.Body)
	}
	w := do(s, "GET", "/policy", "")
	if got := w.Header().Get("Krunk-Signature"); got != sig {
		t.Errorf("served with signature %q, want %q", got, sig)
	}
	if _, err := s.Change(t.Context(), Change{}, "anna"); !errors.Is(err, ErrUnsigned) {
		t.Errorf("unsigned over signed: %v", err)
	}
	if _, v := s.Bytes(); v != v3(1188) {
		t.Errorf("serves %v", v)
	}
	strict, err := New(s.store, Options{Verifier: verifier, Sign: header})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := strict.Replace(t.Context(), Proposal{Bytes: []byte(strings.Replace(doc, "1188", "1189", 1)), Signature: sig, By: "eve", Replaces: v3(1188)}); !errors.Is(err, ErrUnsigned) {
		t.Errorf("signature of another document: %v", err)
	}
	if r, err := strict.Change(t.Context(), Change{Note: "signed by the server"}, "anna"); err != nil || r.Version != v3(1189) {
		t.Errorf("signed by the server: %v, %v", r.Version, err)
	}
}

// Many publish, many read: one publisher wins each version, and readers see whole documents.
func TestConcurrentPublish(t *testing.T) {
	s := serving(t, Options{})
	var wins atomic.Int64
	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	for i := range 4 {
		writers.Go(func() {
			for range 8 {
				d, err := s.Draft(t.Context(), Change{Note: fmt.Sprint("writer ", i)}, "w")
				if err == nil {
					_, err = s.Replace(t.Context(), Proposal{Bytes: d.Document, By: "w", Replaces: d.Replaces})
				}
				if err == nil {
					wins.Add(1)
				} else if !errors.Is(err, ErrConflict) {
					t.Error(err)
				}
			}
		})
	}
	for i := range 2 {
		readers.Go(func() {
			for last := v3(0); ; {
				select {
				case <-done:
					return
				default:
				}
				w := do(s, "GET", "/policy", "", "Krunk-Policy", "have="+last.String())
				p, err := sampling.Parse(w.Body.Bytes())
				if err != nil || p.Version().Less(last) {
					t.Errorf("read %v after %v: %v", p, last, err)
					return
				}
				last = p.Version()
				s.HeartbeatEcho(uint64(i), "have="+last.String())
				s.Observe(Observation{Clients: 10})
				s.Convergence()
				do(s, "GET", "/policy/status", "")
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
	if _, v := s.Bytes(); v.N != 1187+wins.Load() || wins.Load() == 0 {
		t.Errorf("serves %v after %d publications", v, wins.Load())
	}
}

func FuzzPublish(f *testing.F) {
	f.Add(policyDoc(1188, 50))
	f.Add(policyDoc(1187, 50))
	f.Add([]byte(`{"payload":"e30=","sigs":[{"kid":"a","sig":"AA=="}]}`))
	f.Add([]byte("{\"krunk\":1,\"version\":9007199254740991,\"epoch\":2147483647}"))
	f.Add([]byte(`{"krunk":1,"version":2000,"epoch":3,"rules":[{"id":"a","when":{"not":{"env":["none"]}},"set":{"clients":1}}],"enabled":false}`))
	shared := new(probes) // what they find depends on the salt alone, and is slow to find under the fuzzer
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := New(&Memory{}, Options{Authorize: anna})
		if err != nil {
			t.Fatal(err)
		}
		s.probes = shared
		if _, err := s.Publish(t.Context(), policyDoc(1187, 10), "anna"); err != nil {
			t.Fatal(err)
		}
		w := do(s, "PUT", "/policy?replaces=3.1187", string(b), "Authorization", "Bearer secret")
		served, v := s.Bytes()
		if w.Code == 200 {
			doc, _, err := sampling.OpenEnvelope(served)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := policy.ParseStrict(doc); err != nil || string(served) != string(b) || !v3(1187).Less(v) {
				t.Fatalf("%v was published: %v", v, err)
			}
			// What was published can be changed and goes on being valid.
			clients := 12.5
			d, err := s.Draft(t.Context(), Change{Clients: &clients, Note: "fuzz"}, "f")
			if _, isStrict := isStrict(err); err != nil && !isStrict {
				t.Fatalf("draft: %v", err)
			}
			if _, parse := sampling.Parse(d.Document); err == nil && parse != nil {
				t.Fatalf("draft of %s: %v\n%s", b, parse, d.Document)
			}
			return
		}
		if w.Code < 400 || w.Code >= 500 || v != v3(1187) {
			t.Fatalf("answer %d, serves %v", w.Code, v)
		}
	})
}
