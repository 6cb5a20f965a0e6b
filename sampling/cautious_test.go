package sampling

import (
	"strconv"
	"testing"

	"github.com/krunk-go/krunk/internal/gate"
)

func TestCautious(t *testing.T) {
	in, events := 0, 0
	for i := range 1000 {
		c := controller(t, Identity{ID: strconv.Itoa(i)}, Options{Default: Cautious()})
		join(t, c, map[string]gate.Thresholds{"*": sends(gate.LevelInfo)})
		if !c.Status().Panics {
			t.Fatalf("client %d sends no panics", i)
		}
		ch, mine := Channel(c, "net"), 0
		for range 50 {
			v, _ := ch.Take(ch.Decide(gate.LevelError), gate.LevelError, 0)
			if v&gate.Send != 0 {
				t.Fatalf("client %d sends a log record", i)
			}
			if v&gate.Issue != 0 {
				mine++
			}
		}
		if mine > 0 {
			in++
		}
		events += mine
	}
	if in < 70 || in > 130 || events != 10*in {
		t.Errorf("%d of 1,000 clients sent %d errors, want about 100 clients and 10 each", in, events)
	}
}
