package fromsentry

import (
	"os"
	"os/exec"
	"testing"

	"github.com/krunk-go/krunk/transport/sentrytest"
)

// The game says the same with both: an error and a panic, with what led to them.
func TestPrograms(t *testing.T) {
	for _, program := range []string{"before", "after"} {
		t.Run(program, func(t *testing.T) {
			srv := sentrytest.Start(sentrytest.Options{})
			defer srv.Close()
			cmd := exec.Command("go", "run", "./"+program)
			cmd.Env = append(os.Environ(), "DSN="+srv.DSN())
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			events := srv.Events()
			if len(events) != 2 {
				t.Fatalf("%d events arrived, want 2", len(events))
			}
			if events[0].User.ID != "p-17" || events[0].Tag("level") != "harbour" || len(events[0].Breadcrumbs) < 2 {
				t.Errorf("user %+v, tags %v, %d breadcrumbs; want p-17, level harbour and what led to it", events[0].User, events[0].Tags, len(events[0].Breadcrumbs))
			}
		})
	}
}
