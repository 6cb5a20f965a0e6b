package gate

import "testing"

func TestGateDecidesLikeThreeCompares(t *testing.T) {
	levels := []Level{-1 << 15, -20_000, LevelTrace, -5, LevelDebug, LevelInfo, 1, LevelWarn, LevelError, LevelFatal, 16_382, 20_000, LevelOff}
	var g Gate
	if g.Enabled(LevelFatal) || g.Decide(LevelFatal) != 0 {
		t.Error("the zero gate is open")
	}
	for _, trail := range levels {
		for _, send := range levels {
			for _, issue := range levels {
				g.set(Thresholds{trail, send, issue}, true)
				if got, want := g.Error(), Decide(Thresholds{trail, LevelOff, issue}, LevelError); got != want {
					t.Fatalf("thresholds %v %v %v, an error: got %b, want %b", trail, send, issue, got, want)
				}
				for _, l := range levels {
					if got, want := g.Decide(l), Decide(Thresholds{trail, send, issue}, l); got != want || g.Enabled(l) != (want != 0) {
						t.Fatalf("thresholds %v %v %v, level %v: got %b, %v, want %b", trail, send, issue, l, got, g.Enabled(l), want)
					}
				}
			}
		}
	}
}

// Decide is Decide in three compares, with levels brought into the range of a gate.
func Decide(th Thresholds, l Level) (v Verdict) {
	near := func(l Level) Level {
		if l == LevelOff {
			return l
		}
		return max(min(l, 16_382), -16_382)
	}
	if l == LevelOff {
		return 0
	}
	for _, x := range []struct {
		l Level
		v Verdict
	}{{th.Trail, Trail}, {th.Send, Send}, {th.Issue, Issue}} {
		if near(l) >= near(x.l) {
			v |= x.v
		}
	}
	if v > Trail {
		v |= Draw
	}
	return v
}

// A gate that is shut stays so whatever is set, and opens to what was set last.
func TestShut(t *testing.T) {
	var g Gate
	g.Set(Defaults())
	g.Shut(true)
	if g.Set(Defaults()); g.Enabled(LevelFatal) || g.Decide(LevelFatal) != 0 || g.Error() != 0 {
		t.Error("open though it is shut")
	}
	g.Set(Thresholds{Trail: LevelOff, Send: LevelInfo, Issue: LevelError})
	if g.Shut(false); g.Error() != Issue {
		t.Errorf("an error: got %b, want what was set while it was shut, and nothing to be drawn", g.Error())
	}
	g.Shut(true)
	g.Set(Thresholds{Trail: LevelOff, Send: LevelInfo, Issue: LevelOff})
	if g.Shut(false); g.Decide(LevelWarn) != Send {
		t.Errorf("decides %v, want what was set while it was shut", g.Decide(LevelWarn))
	}
}
