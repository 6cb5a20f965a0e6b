package policyserver

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

// torn spoils a directory whose newest good version is 3.1187.
func torn(t *testing.T, spoil func(dir string) error) (*Dir, *Server) {
	t.Helper()
	path := t.TempDir()
	d, err := NewDir(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(d, Options{Authorize: anna})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(t.Context(), policyDoc(1187, 10), "anna"); err != nil {
		t.Fatal(err)
	}
	if err := spoil(path); err != nil {
		t.Fatal(err)
	}
	return d, s
}

// What lies broken in the store keeps neither the kill switch from being thrown nor the server from starting again.
func TestBrokenStoreCanBeKilled(t *testing.T) {
	for _, row := range []struct {
		name  string
		spoil func(dir string) error
		next  string // version of the kill switch
		told  bool   // the status says what is broken
	}{
		{"a newest version that is torn", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "3.1190.json"), []byte(`{"krunk":1,"epoch":3,"ver`), 0o644)
		}, "3.1191", true},
		{"a newest version that is too large", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "3.1190.json"), make([]byte, sampling.MaxEnvelope+1), 0o644)
		}, "3.1191", true},
		{"a torn .meta", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "3.1187.meta"), []byte(`{tor`), 0o644)
		}, "3.1188", false},
		{"a folder with a version's name", func(dir string) error { return os.Mkdir(filepath.Join(dir, "3.1199.json"), 0o755) }, "3.1188", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // the 2 s that a kill gives its store do not pass while the disk works
				d, _ := torn(t, row.spoil)
				s, err := New(d, Options{Authorize: anna}) // a restart
				if err != nil {
					t.Fatal(err)
				}
				if _, v := s.Bytes(); v != v3(1187) {
					t.Fatalf("serves %v", v)
				}
				if st := decoded[jsonStatus](t, do(s, http.MethodGet, "/policy/status", "")); (st.Store != "") != row.told {
					t.Errorf("the status says %q", st.Store)
				}
				r, err := s.Change(t.Context(), Change{Enabled: new(bool)}, "anna")
				if err != nil || r.Version.String() != row.next {
					t.Fatalf("kill: %v, %v", r.Version, err)
				}
				if again, err := New(d, Options{}); err != nil || again.current.Load().policy.Enabled() {
					t.Errorf("after the next restart: %v", err)
				}
			})
		})
	}
}

// A program that saw the version that is served may replace it, though something broken lies above it.
func TestPutOverWhatIsBroken(t *testing.T) {
	_, s := torn(t, func(dir string) error { return os.WriteFile(filepath.Join(dir, "3.1190.json"), []byte(`{`), 0o644) })
	w := do(s, http.MethodPut, "/policy?replaces=3.1187", string(policyDoc(1188, 20)), "Authorization", "Bearer secret")
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "write 3.1191") {
		t.Errorf("below it: %d %s", w.Code, w.Body)
	}
	w = do(s, http.MethodPut, "/policy?replaces=3.1187", string(policyDoc(1191, 20)), "Authorization", "Bearer secret")
	if w.Code != http.StatusOK {
		t.Errorf("above it: %d %s", w.Code, w.Body)
	}
}

func TestOnlyBrokenVersions(t *testing.T) {
	path := t.TempDir()
	if err := os.WriteFile(filepath.Join(path, "1.2.json"), []byte(`{`), 0o644); err != nil {
		t.Fatal(err)
	}
	d, err := NewDir(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(d, Options{}); err == nil || !strings.Contains(err.Error(), "version 1.2 cannot be read") {
		t.Errorf("got %v", err)
	}
}

// A document that somebody put into the store by hand, in which clients see members they do not know, can be killed.
func TestKillOverOddDocument(t *testing.T) {
	var m Memory
	odd := Entry{Version: v3(1), Bytes: []byte(`{"krunk":1,"epoch":3,"version":1,"clients":5,"Clients":"many","RULES":7}`), By: "x", At: time.Now()}
	if err := m.Publish(t.Context(), odd, sampling.Version{}); err != nil {
		t.Fatal(err)
	}
	s, err := New(&m, Options{Authorize: anna})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := s.Change(t.Context(), Change{Enabled: new(bool)}, "anna"); err != nil || r.Version != v3(2) || s.current.Load().policy.Enabled() {
		t.Errorf("got %v, %v", r.Version, err)
	}
}

// A kill switch over a policy with an end does not end with it.
func TestKillOutlivesThePolicy(t *testing.T) {
	var m Memory
	s, err := New(&m, Options{Authorize: anna})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	doc := `{"krunk":1,"epoch":3,"version":1,"issued":"` + now.Format(time.RFC3339) + `","expires":"` + now.Add(time.Hour).Format(time.RFC3339) + `"}`
	if _, err := s.Publish(t.Context(), []byte(doc), "anna"); err != nil {
		t.Fatal(err)
	}
	if st := decoded[jsonStatus](t, do(s, http.MethodGet, "/policy/status", "")); st.Expires == nil || !st.Expires.Equal(now.Add(time.Hour)) {
		t.Errorf("the status says that it holds until %v", st.Expires)
	}
	if _, err := s.Change(t.Context(), Change{Enabled: new(bool)}, "anna"); err != nil {
		t.Fatal(err)
	}
	if end := s.current.Load().policy.Expires(); end.Before(now.AddDate(9, 0, 0)) {
		t.Errorf("the kill switch ends at %v", end)
	}
}

// full is a store on a disk without room.
type full struct {
	Memory
	err error
}

func (f *full) Publish(ctx context.Context, e Entry, replaces sampling.Version) error {
	if f.err != nil {
		return f.err
	}
	return f.Memory.Publish(ctx, e, replaces)
}

func TestKillOnAFullDisk(t *testing.T) {
	f := new(full)
	s, err := New(f, Options{Authorize: anna})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(t.Context(), policyDoc(1187, 10), "anna"); err != nil {
		t.Fatal(err)
	}
	f.err = errors.New("no space left on device")
	if _, err := s.Publish(t.Context(), policyDoc(1188, 20), "anna"); err == nil || s.current.Load().version() != v3(1187) {
		t.Errorf("an ordinary version: %v", err)
	}
	w := do(s, http.MethodPut, "/policy?replaces=3.1187", `{"krunk":1,"epoch":3,"version":1188,"salt":"w41","enabled":false}`, "Authorization", "Bearer secret")
	if r := decoded[jsonReport](t, w); w.Code != http.StatusOK || !strings.Contains(r.Unstored, "no space left") {
		t.Fatalf("the kill switch: %d %s", w.Code, w.Body)
	}
	if _, v := s.Bytes(); v != v3(1188) {
		t.Errorf("serves %v", v)
	}
	if st := decoded[jsonStatus](t, do(s, http.MethodGet, "/policy/status", "")); !strings.Contains(st.Store, "3.1188 is served from memory by this server alone") {
		t.Errorf("the status says %q", st.Store)
	}
	f.err = nil
	if err := s.reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e, err := f.Current(t.Context()); err != nil || e.Version != v3(1188) || s.unsaved.Load() != nil {
		t.Errorf("once there is room the store has %v, %v", e.Version, err)
	}
}

func TestBareServerHasNoNull(t *testing.T) {
	s, err := New(new(Memory), Options{Page: true, Authorize: anna})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/policy/status", "/policy/history"} {
		if body := do(s, http.MethodGet, path, "").Body.String(); strings.Contains(strings.ReplaceAll(body, `"at":null`, ""), "null") {
			t.Errorf("%s: %s", path, body)
		}
	}
}

func TestVersionsDoNotLeap(t *testing.T) {
	for version, want := range map[string]bool{
		`"epoch":3,"version":1000000`: true, `"epoch":4,"version":1`: true,
		`"epoch":3,"version":2000000`: false, `"epoch":2147483647,"version":9007199254740991`: false,
	} {
		s := serving(t, Options{})
		doc := `{"krunk":1,` + version + `,"salt":"w41","clients":10}`
		r := do(s, http.MethodPut, "/policy?replaces=3.1187", doc, "Authorization", "Bearer secret")
		if want != (r.Code == http.StatusOK) {
			t.Errorf("%s: %d %s", version, r.Code, r.Body)
		}
		if !want && !strings.Contains(r.Body.String(), "leaps over too much") {
			t.Errorf("%s: %d %s", version, r.Code, r.Body)
		}
	}
}

func TestIfMatch(t *testing.T) {
	for match, want := range map[string]int{
		`*`: http.StatusConflict, `"other", TAG`: http.StatusOK, `TAG`: http.StatusOK, `"other"`: http.StatusConflict, `W/TAG`: http.StatusOK,
	} {
		s := serving(t, Options{})
		match := strings.ReplaceAll(match, "TAG", s.current.Load().tag)
		w := do(s, http.MethodPut, "/policy", string(policyDoc(1188, 20)), "Authorization", "Bearer secret", "If-Match", match)
		if w.Code != want {
			t.Errorf("If-Match %s: %d %s", match, w.Code, w.Body)
		}
	}
}
