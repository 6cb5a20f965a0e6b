//go:build unix || windows

package runfile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/folder"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// A death that leaves a text is one event, with the last breadcrumbs, the scope and the release of the run that died.
func TestDeathIsTold(t *testing.T) {
	for _, tt := range []struct{ how, title, top, mechanism string }{
		{"goroutine", "panic: nobody wrapped me", "game", "auto.go.crash"},
		{"map", "fatal error: concurrent map", "game", "auto.go.crash"},
		{"main", "panic: main knew", "game", "auto.go.panic"},
		{"a long message", "panic: boom boom", "end", "auto.go.panic"},
		{"a long message of nobody", "panic: boom boom", "end", "auto.go.crash"},
		{"recovered, then another", "panic: nobody wrapped me", "game", "auto.go.crash"},
	} {
		t.Run(tt.how, func(t *testing.T) {
			t.Parallel()
			srv := sentrytest.New(sentrytest.Options{CrashTogether: true})
			dir := folder.Held(t)
			play(t, tt.how, dir, "KRUNK_DSN="+srv.DSN())
			for range 2 { // the second start has nothing left to tell
				cfg := config(dir, srv.Transport())
				cfg.DSN = srv.DSN()
				c := start(t, cfg)
				if !c.Flush(time.Minute) {
					t.Errorf("flush: %+v", c.Stats())
				}
				c.Close(time.Minute)
			}
			srv.Verify(t)
			deaths := 0
			for _, e := range srv.Events() {
				if e.Level != "fatal" || strings.Contains(e.Title(), "dropped") {
					continue
				}
				deaths++
				if e.Handled() || !strings.HasPrefix(e.Title(), tt.title) || !strings.Contains(e.Top().Function, tt.top) {
					t.Errorf("handled %v, title %.200q, top frame %+v", e.Handled(), e.Title(), e.Top())
				}
				if m := e.Exceptions[len(e.Exceptions)-1].Mechanism; m.Type != tt.mechanism {
					t.Errorf("mechanism %q, want %q", m.Type, tt.mechanism)
				}
				if e.Tag("map") != "aztec" || e.Release != "game@1" || len(e.Breadcrumbs) < 3 {
					t.Errorf("map %q, release %q, %d breadcrumbs", e.Tag("map"), e.Release, len(e.Breadcrumbs))
				}
				if since := time.Since(e.Time); since < 0 || since > 10*time.Minute {
					t.Errorf("it died %v ago", since)
				}
			}
			if deaths != 1 {
				t.Errorf("%d events of the death, want 1", deaths)
			}
			ends := make(map[string]int)
			for _, s := range srv.Sessions() {
				ends[s.Status]++
			}
			if ends["crashed"] != 1 || ends["exited"] != 2 || len(ends) > 3 {
				t.Errorf("sessions ended as %v, want the dead one as crashed and two as exited", ends)
			}
			if files := files(t, dir); len(files) > 2*left() {
				t.Errorf("left %v", files)
			}
		})
	}
}
