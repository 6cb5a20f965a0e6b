package krunk_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/transport/sentrytest"
)

// keep writes the events that srv got to a file in the folder that KRUNK_EVENTS names, one a line. There .ci/run relay runs
// them through Relay's own normaliser.
func keep(t *testing.T, srv *sentrytest.Server) {
	dir := os.Getenv("KRUNK_EVENTS")
	if dir == "" {
		return
	}
	var b bytes.Buffer
	for _, ev := range srv.Events() {
		b.Write(ev.Raw)
		b.WriteByte('\n')
	}
	if b.Len() == 0 {
		return
	}
	name := strings.NewReplacer("/", "-", " ", "_").Replace(t.Name())
	f, err := os.OpenFile(filepath.Join(dir, name+".jsonl"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
}
