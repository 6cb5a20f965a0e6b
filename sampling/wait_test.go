package sampling

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/gate"
)

// silent answers the first question with nothing, after a while.
type silent struct {
	after time.Duration
	err   error
	doc   string
}

// Run implements Source.
func (s *silent) Run(ctx context.Context, to Sink) error {
	select {
	case <-time.After(s.after):
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.doc != "" {
		_ = to.Apply([]byte(s.doc))
	}
	to.Fetched(s.err)
	<-ctx.Done()
	return ctx.Err()
}

// raisesOne raises a kind for everybody.
const raisesOne = `"kinds":{"9f2c41d0":{"until":"2100-01-01T00:00:00Z","clients":100}}`

// Before its first answer a client sends nothing that the answer may not want, and not for longer than it was told to wait.
func TestWait(t *testing.T) {
	for _, row := range []struct {
		name   string
		wait   time.Duration
		source silent
		stored string
		def    string
		ends   time.Duration // the first moment at which errors are reported, of those looked at
	}{
		{name: "nothing set", ends: 0},
		{name: "no server", wait: 15 * time.Second, source: silent{after: time.Hour}, ends: 15 * time.Second},
		{name: "a server that is ill", wait: 15 * time.Second, source: silent{after: time.Second, err: errors.New("502")}, ends: 15 * time.Second},
		{name: "a server that has nothing", wait: 15 * time.Second, source: silent{after: 3 * time.Second}, ends: 3 * time.Second},
		{name: "a policy for all", wait: 15 * time.Second, source: silent{after: 5 * time.Second, doc: v("1", `"clients":100`)}, ends: 5 * time.Second},
		{name: "a policy that is refused", wait: 15 * time.Second, source: silent{after: 5 * time.Second, doc: v("1", `"clients":150`)}, ends: 5 * time.Second},
		{name: "a policy for nobody", wait: 15 * time.Second, source: silent{after: 5 * time.Second, doc: v("1", `"clients":0`)}, ends: -1},
		{name: "a default that raises a kind", wait: 15 * time.Second, source: silent{after: time.Hour}, def: v("1", raisesOne), ends: 15 * time.Second},
		{name: "a stored policy", wait: 15 * time.Second, source: silent{after: time.Hour}, stored: v("1", loud), ends: 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &memory{}
				if row.stored != "" {
					controller(t, Identity{ID: "a"}, Options{Storage: Keep(m)}, row.stored).Close()
				}
				o := Options{Wait: row.wait, Storage: Keep(m)}
				if row.def != "" {
					o.Default = []byte(row.def)
				}
				c := controller(t, Identity{ID: "a"}, o)
				join(t, c, map[string]gate.Thresholds{"*": sends(gate.LevelInfo)})
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				go func() { _ = c.Run(ctx, &row.source) }()
				net, ends := Channel(c, "net"), time.Duration(-1)
				for at := time.Duration(0); at < 90*time.Second && ends < 0; at += time.Second {
					synctest.Wait()
					if !c.Status().Panics || !net.Enabled(gate.LevelDebug) {
						t.Errorf("after %v: panics %v, kept for breadcrumbs %v", at, c.Status().Panics, net.Enabled(gate.LevelDebug))
					}
					if fate, _ := kind(unsafe.Pointer(c), 0x9f2c41d0, false, true); fate == gate.Raised && (at < row.ends || row.ends < 0) {
						t.Errorf("after %v: what a dead run was in doubt about is raised", at)
					}
					if got, _ := net.Take(net.Decide(gate.LevelError), gate.LevelError, 0); got&gate.Issue != 0 {
						ends = at
					}
					time.Sleep(time.Second)
				}
				if ends != row.ends {
					t.Errorf("reports from %v on, want %v", ends, row.ends)
				}
			})
		})
	}
	for _, wait := range []time.Duration{-1, time.Minute + 1} {
		if _, err := New(Identity{}, Options{Wait: wait}); err == nil || err.Error() != "sampling: Options.Wait: write a time from 0 to a minute" {
			t.Errorf("Wait %v: %v", wait, err)
		}
	}
}

// A dead run may have been in doubt about what lies on a channel that this one has not made before it closes: that is drawn all the same.
func TestChannelsMadeBehindCloseAreDrawn(t *testing.T) {
	for doc, want := range map[string]bool{`"clients":0`: false, `"clients":100`: true} {
		c := controller(t, Identity{ID: "a"}, Options{}, v("1", doc+","+raisesOne))
		join(t, c, nil)
		c.Close()
		net := gate.NewChannel("net")
		adopt(unsafe.Pointer(c), net)
		if _, ok := net.Settle(&gate.Event{Level: gate.LevelError, Kind: 1}); ok != want || net.Enabled(gate.LevelFatal) {
			t.Errorf("%s: an event in doubt goes: %v; the gate is open: %v", doc, ok, net.Enabled(gate.LevelFatal))
		}
	}
}

// The salt of a policy is its own, also where it states none: who is in is drawn anew when the first policy comes.
func TestDefaultsSaltStaysItsOwn(t *testing.T) {
	c := controller(t, Identity{ID: "a"}, Options{Default: []byte(v("1", `"salt":"s"`))})
	if got := c.plan.Salt; got != "s" {
		t.Errorf("the default draws by %q", got)
	}
	if err := c.Apply([]byte(v("1", `"clients":10`))); err != nil || c.plan.Salt != "" {
		t.Errorf("the policy draws by %q, %v", c.plan.Salt, err)
	}
}
