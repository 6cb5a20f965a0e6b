package gate

import (
	"math"
	"testing"
)

// What is in doubt and is settled where no policy is known, as by the heir of a run whose policy was not stored, goes as if no kind had been raised.
func TestDoubtWithoutAPolicy(t *testing.T) {
	const n = 20_000
	for _, tt := range []struct {
		name   string
		of     Settings
		goes   float64 // share of the events
		stands float64 // each for so many
	}{
		{"cohort", Settings{Clients: 4, Records: Million}, 1, 4},
		{"cohort and records", Settings{Clients: 4, Records: 250_000}, 0.25, 16},
		{"picked by name", Settings{Clients: -1, Records: 250_000}, 0.25, 4},
		{"outside", Settings{Clients: 4, Records: Million, Closed: true}, 0, 0},
	} {
		tt.of.Doubt = true
		c, heir := NewChannel("net"), NewChannel("net")
		c.Publish(Defaults(), tt.of)
		heir.Gate().Set(Defaults())
		count := 0
		for range n {
			v, share := c.Take(c.Decide(LevelError), LevelError, 0)
			if v&(Issue|Doubt) != Issue|Doubt {
				t.Fatalf("%s: not in doubt", tt.name)
			}
			share, ok := heir.Settle(&Event{Share: share, Level: LevelError, Kind: 7, Doubt: true})
			if !ok {
				continue
			}
			count++
			if w, forced := Weight(share); w != tt.stands || forced != (tt.of.Clients < 0) {
				t.Fatalf("%s: one stands for %v, want %v", tt.name, w, tt.stands)
			}
		}
		if far := math.Abs(float64(count) - n*tt.goes); far > 7*math.Sqrt(n*tt.goes*(1-tt.goes)) {
			t.Errorf("%s: %d of %d go, want %v of them", tt.name, count, n, tt.goes)
		}
	}
}
