//go:build unix

package policyserver

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe with the name of a version, or of what goes with one, hangs nobody.
func TestPipeInADir(t *testing.T) {
	for _, name := range []string{"3.1199.json", "3.1187.meta", "servers", "servers/eu-9.json"} {
		d, _ := torn(t, func(dir string) error {
			path := filepath.Join(dir, name)
			_ = os.Mkdir(filepath.Dir(path), 0o755)
			_ = syscall.Unlink(path)
			return syscall.Mkfifo(path, 0o600)
		})
		s, err := New(d, Options{Authorize: anna})
		if err != nil {
			t.Fatal(err)
		}
		if _, v := s.Bytes(); v != v3(1187) {
			t.Errorf("%s: serves %v", name, v)
		}
		_, _ = d.Summaries(t.Context())
		_ = d.PutSummary(t.Context(), "eu-1", []byte("{}"))
		if _, err := s.Kill(t.Context(), "", "anna"); err != nil || s.current.Load().policy.Enabled() {
			t.Errorf("%s: kill: %v", name, err)
		}
	}
}
