package policyserver

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// policyDoc is a small document of version 3.n with a share of clients.
func policyDoc(n int64, clients float64) []byte {
	return fmt.Appendf(nil, "{\n  \"krunk\": 1, \"epoch\": 3, \"version\": %d,\n  \"issued\": \"1999-12-10T12:00:00Z\", \"author\": \"anna\", \"note\": \"n\",\n"+
		"  \"salt\": \"w41\", \"enabled\": true, \"clients\": %v,\n  \"channels\": { \"*\": { \"send\": \"error\" }, \"net\": { \"send\": \"info\", \"clients\": 5 } }\n}\n", n, clients)
}

func v3(n int64) sampling.Version { return sampling.Version{Epoch: 3, N: n} }

// anna authorises who says so.
func anna(r *http.Request) (string, error) {
	if r.Header.Get("Authorization") != "Bearer secret" {
		return "", errors.New("sign in first")
	}
	return "anna@studio", nil
}

// serving returns a server that runs version 3.1187 at 10 %.
func serving(t testing.TB, o Options) *Server {
	t.Helper()
	var m Memory
	if o.Authorize == nil {
		o.Authorize = anna
	}
	s, err := New(&m, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(t.Context(), policyDoc(1187, 10), "anna"); err != nil {
		t.Fatal(err)
	}
	return s
}

// do sends a request with headers given in pairs.
func do(s *Server, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func decoded[T any](t *testing.T, w *httptest.ResponseRecorder) (v T) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return v
}

func decode(t *testing.T, text string, to any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), to); err != nil {
		t.Fatal(err)
	}
}

func sha(b []byte) [32]byte { return sha256.Sum256(b) }

// outsider is a client outside of a share of 10 percent.
func outsider(salt, player string) sampling.Identity {
	for i := 0; ; i++ {
		if id := fmt.Sprint("client-", i); policy.Bucket(salt, id) > 500_000 {
			return sampling.Identity{ID: id, Player: player}
		}
	}
}
