//go:build unix

package runfile_test

import (
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/folder"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// The session of a run that died is ended by the next start, as the run died: a crash's beside its event.
func TestSessionOfADeadRun(t *testing.T) {
	for _, tt := range []struct{ how, status, abnormal string }{
		{"goroutine", "crashed", ""},
		{"repanic", "crashed", ""},
		{"fatal", "crashed", ""},
		{"kill", "abnormal", ""},
		{"exit", "abnormal", ""},
		{"hang", "abnormal", "anr_foreground"},
		{"background", "abnormal", ""},
		{"close", "exited", ""},
	} {
		t.Run(tt.how, func(t *testing.T) {
			t.Parallel()
			srv := sentrytest.New(sentrytest.Options{})
			dir := folder.Held(t)
			play(t, tt.how, dir, "KRUNK_DSN="+srv.DSN())
			cfg := config(dir, srv.Transport())
			cfg.DSN = srv.DSN()
			begin := time.Now().Truncate(time.Millisecond) // as sessions tell it
			c := start(t, cfg)
			if !c.Flush(time.Minute) {
				t.Errorf("flush: %+v", c.Stats())
			}
			c.Close(time.Minute)
			srv.Verify(t)
			var ended []sentrytest.Session
			for _, s := range srv.Sessions() {
				if s.Started.Before(begin) && s.Status != "ok" {
					ended = append(ended, s)
				}
			}
			if len(ended) != 1 || ended[0].Status != tt.status || ended[0].Abnormal != tt.abnormal || ended[0].Errors < 1 || ended[0].Release != "game@1" {
				t.Fatalf("got the ends %+v, want one: %s %s, with errors", ended, tt.status, tt.abnormal)
			}
			beside := false
			for _, e := range srv.Events() {
				beside = beside || e.Level == "fatal" && e.Envelope == ended[0].Envelope
			}
			if beside != (tt.status == "crashed" || tt.how == "hang") {
				t.Errorf("beside the event of a crash: %v", beside)
			}
		})
	}
}
