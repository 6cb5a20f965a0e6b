package gate

import (
	"testing"
	"time"
)

// A storm on a channel that lets few through: what is kept back does not begin anew at zero where its counter ends.
func TestStormIsCountedWhole(t *testing.T) {
	const records = 5000 // each stands for 4,000
	c := NewChannel("net")
	c.SetDice(func() uint64 { return 0 })
	c.Publish(Thresholds{LevelDebug, LevelOff, LevelError}, Settings{
		Clients: 1, Records: 250, Limits: [4]*Limiter{NewLimiter(1, time.Hour, 1)}, Start: time.Now(),
	})
	sent := 0.0
	for range records {
		if v, share := c.Take(c.Decide(LevelError), LevelError, 0); v&Issue != 0 {
			n, _ := Weight(share)
			sent += n
		}
	}
	if got := sent + float64(c.Dropped().LimitedEvents); got != records*4000 {
		t.Errorf("%.0f are told of %d", got, records*4000)
	}
	_, events := c.TakeDropped(Closed)
	if got := sent + float64(events); got != records*4000 {
		t.Errorf("at the end %.0f are told of %d", got, records*4000)
	}
}
