package policyserver

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestGet(t *testing.T) {
	s := serving(t, Options{})
	tag := etag(v3(1187), policyDoc(1187, 10))
	if !strings.HasPrefix(tag, `"3.1187-`) || len(tag) != len(`"3.1187-12345678"`) {
		t.Fatalf("tag %s", tag)
	}
	for _, c := range []struct {
		name, method string
		headers      []string
		status       int
		encoding     string
	}{
		{"plain", "GET", nil, 200, ""},
		{"head", "HEAD", nil, 200, ""},
		{"gzip", "GET", []string{"Accept-Encoding", "br, gzip;q=0.5"}, 200, "gzip"},
		{"gzip refused", "GET", []string{"Accept-Encoding", "gzip;q=0, br"}, 200, ""},
		{"gzip refused long", "GET", []string{"Accept-Encoding", "gzip; q=0.000"}, 200, ""},
		{"same", "GET", []string{"If-None-Match", tag}, 304, ""},
		{"weak", "GET", []string{"If-None-Match", "W/" + tag}, 304, ""},
		{"packed, same", "GET", []string{"Accept-Encoding", "gzip", "If-None-Match", strings.TrimSuffix(tag, `"`) + `-gz"`}, 304, ""},
		{"packed, weak", "GET", []string{"Accept-Encoding", "gzip", "If-None-Match", `W/` + strings.TrimSuffix(tag, `"`) + `-gz"`}, 304, ""},
		{"list", "GET", []string{"If-None-Match", `"3.1-00000000",` + tag}, 304, ""},
		{"bad one of a list", "GET", []string{"If-None-Match", `"3.1-00000000", "3.2-00000000"`}, 200, ""},
		{"any", "GET", []string{"If-None-Match", "*"}, 304, ""},
		{"without quotes", "GET", []string{"If-None-Match", strings.Trim(tag, `"`)}, 200, ""},
		{"commas only", "GET", []string{"If-None-Match", ",,,,"}, 200, ""},
		{"delete", "DELETE", nil, 405, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := do(s, c.method, "/policy", "", c.headers...)
			if w.Code != c.status || w.Header().Get("Content-Encoding") != c.encoding {
				t.Fatalf("got %d %q, want %d %q", w.Code, w.Header().Get("Content-Encoding"), c.status, c.encoding)
			}
			if c.status == 405 {
				return
			}
			want := tag
			if c.encoding != "" || strings.HasPrefix(c.name, "packed") {
				want = strings.TrimSuffix(tag, `"`) + `-gz"` // another representation
			}
			if got := w.Header().Get("Etag"); got != want {
				t.Errorf("ETag %s, want %s", got, want)
			}
			if got := w.Header().Get("Cache-Control"); got != "public, max-age=300, must-revalidate" {
				t.Errorf("Cache-Control %q", got)
			}
			checkBody(t, w, c.method, c.status)
		})
	}
}

func checkBody(t *testing.T, w *httptest.ResponseRecorder, method string, status int) {
	t.Helper()
	body := w.Body.Bytes()
	if status == 304 || method == "HEAD" {
		if len(body) != 0 {
			t.Errorf("body of %d bytes", len(body))
		}
		return
	}
	if w.Header().Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if body, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(body, policyDoc(1187, 10)) {
		t.Errorf("body %s", body)
	}
}

func TestGetOfNothing(t *testing.T) {
	var m Memory
	s, err := New(&m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if w := do(s, "GET", "/policy", ""); w.Code != http.StatusNoContent || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("got %d, want 204 that nobody caches", w.Code)
	}
	if b, v := s.Bytes(); b != nil || v.N != 0 {
		t.Errorf("got %q %v", b, v)
	}
	if h := s.Hint(); h != [16]byte{} {
		t.Errorf("hint %v", h)
	}
}

// A cache holds a copy no longer than the policy lets clients wait.
func TestCopiesFollowThePace(t *testing.T) {
	for poll, want := range map[string]string{`"poll":{"every":"30s"},`: "max-age=30,", `"poll":{"every":"2h"},`: "max-age=300,", "": "max-age=300,"} {
		s := serving(t, Options{})
		if _, err := s.Publish(t.Context(), []byte(`{"krunk":1,"epoch":3,"version":1188,`+poll+`"salt":"w41"}`), "anna"); err != nil {
			t.Fatal(err)
		}
		if got := do(s, "GET", "/policy", "").Header().Get("Cache-Control"); !strings.Contains(got, want) || strings.Contains(got, "stale") {
			t.Errorf("%s: %q", poll, got)
		}
	}
}

func TestHintAndBytes(t *testing.T) {
	s := serving(t, Options{})
	if h, want := s.Hint(), [16]byte{7: 3, 14: 1187 >> 8, 15: 1187 & 0xff}; h != want {
		t.Errorf("hint %v, want %v", h, want)
	}
	if b, v := s.Bytes(); v != v3(1187) || !bytes.Equal(b, policyDoc(1187, 10)) {
		t.Errorf("got %v %s", v, b)
	}
	if n := testing.AllocsPerRun(100, func() { _ = s.Hint() }); n != 0 {
		t.Errorf("Hint allocates %v times", n)
	}
}

// quietWriter keeps its header and forgets the rest.
type quietWriter struct {
	header http.Header
	status int
}

func (w *quietWriter) Header() http.Header         { return w.header }
func (w *quietWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w *quietWriter) WriteHeader(status int)      { w.status = status }

func TestNotModifiedDoesNotAllocate(t *testing.T) {
	s := serving(t, Options{})
	w := &quietWriter{header: make(http.Header)}
	r := httptest.NewRequest("GET", "/policy", nil)
	r.Header.Set("If-None-Match", `"3.1186-00000000", `+s.current.Load().tag)
	r.Header.Set("Krunk-Policy", "have=3.1187; seen=3.1187; err=E12")
	s.ServeHTTP(w, r)
	if n := testing.AllocsPerRun(1000, func() { s.ServeHTTP(w, r) }); n != 0 || w.status != 304 {
		t.Errorf("%v allocations, status %d", n, w.status)
	}
}

func TestAfterBadPublish(t *testing.T) {
	s := serving(t, Options{})
	tag := s.current.Load().tag
	for _, body := range []string{"", "{", "null", "[]", `{"krunk":1}`, `{"krunk":2,"version":9999}`, strings.Replace(string(policyDoc(1188, 10)), "info", "warning", 1),
		string(policyDoc(1187, 50)), string(policyDoc(1, 50)), strings.Repeat(" ", 97<<10), strings.Repeat("[", 60<<10), "\xff\xfe", `{"payload":"!","sigs":[]}`} {
		w := do(s, "PUT", "/policy?replaces=3.1187", body, "Authorization", "Bearer secret")
		if w.Code < 400 || w.Code >= 500 {
			t.Errorf("%.40q gave %d", body, w.Code)
		}
		if got := do(s, "GET", "/policy", "", "If-None-Match", tag); got.Code != 304 {
			t.Fatalf("after %.40q: GET gave %d, want 304", body, got.Code)
		}
	}
}

func BenchmarkNotModified(b *testing.B) {
	s := serving(b, Options{})
	w := &quietWriter{header: make(http.Header)}
	r := httptest.NewRequest("GET", "/policy", nil)
	r.Header.Set("If-None-Match", s.current.Load().tag)
	r.Header.Set("Krunk-Policy", "have=3.1187")
	b.ReportAllocs()
	for b.Loop() {
		s.ServeHTTP(w, r)
	}
}
