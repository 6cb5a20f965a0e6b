package krunk_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/krunk"
)

// A message that was made by Sprintf is another one each time, and still one kind: its place counts.
func TestRepeatsByPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := controlled(t, krunk.Config{MaxRepeats: 3, Channels: map[string]krunk.Thresholds{"*": {Send: "warn"}}}, "")
		for i := range 20 {
			c.Channel("net").Error(fmt.Sprintf("packet %d lost", i))
		}
		var pc [1]uintptr
		runtime.Callers(1, pc[:])
		for i := range 20 {
			c.Channel("net").Emit(krunk.Entry{Level: krunk.LevelError, Message: fmt.Sprint("line ", i), PC: pc[0]})
		}
		c.Channel("net").Error("another place")
		c.Flush(time.Minute)
		if n := len(srv.Events()); n != 7 {
			t.Errorf("%d events, want 3 of each place of the loops and 1", n)
		}
		if n := len(srv.Logs()); n != 41 {
			t.Errorf("%d log records, want all 41: what is not raised is still a log record", n)
		}
		if n := c.Stats().Suppressed; n != 34 || told(srv, "sample_rate", "error") != 34 {
			t.Errorf("%d suppressed, told %v, want 34", n, srv.Discards())
		}
	})
}

// A call that is suppressed returns the id of the event that was raised before it, and the next one tells how many there were.
func TestSuppressedIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := controlled(t, krunk.Config{MaxRepeats: 2}, "")
		boom := errors.New("boom")
		var ids [12]krunk.EventID
		for i := range ids {
			if i == 10 {
				time.Sleep(time.Minute)
			}
			ids[i] = c.Report(boom)
		}
		for i, want := range [...]int{0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 10, 11} {
			if ids[i] != ids[want] || ids[i].IsZero() {
				t.Errorf("report %d returned %v, want the id of report %d", i, ids[i], want)
			}
		}
		c.Flush(time.Minute)
		events := srv.Events()
		if len(events) != 4 || events[2].Contexts["krunk"]["suppressed"] != int64(8) || events[3].Contexts["krunk"]["suppressed"] != nil {
			t.Errorf("%d events, the third tells of %v suppressed; want 4 and 8", len(events), events[2].Contexts["krunk"]["suppressed"])
		}
		c.Close(time.Minute)
	})
}

// A thousand kinds in turn pass the limit for each of them and no more.
func TestManyKindsKeepTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const kinds, limit, turns = 1000, 5, 20
		c := quiet(t, krunk.Config{MaxRepeats: limit})
		boom, raised := errors.New("boom"), map[krunk.EventID]bool{}
		for range turns {
			for i := range kinds {
				raised[c.Report(boom, krunk.Group(fmt.Sprint("kind ", i)))] = true
			}
			c.Flush(time.Minute)
		}
		delete(raised, krunk.EventID{})
		// The table has 256 places. Where a kind falls depends on the addresses of this build; by chance alone 5 places stay empty.
		if n := len(raised); n > kinds*limit || n < 240*limit {
			t.Errorf("%d raised, want %d to %d", n, 240*limit, kinds*limit)
		}
		if n := c.Stats().Suppressed; n != uint64(kinds*turns-len(raised)) {
			t.Errorf("%d raised and %d suppressed of %d", len(raised), n, kinds*turns)
		}
	})
}

// Panics have a window and a table of their own: errors neither use it up nor share its counts.
func TestPanicsAreCountedApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := controlled(t, krunk.Config{MaxRepeats: 2, Panics: krunk.Panics{MaxRepeats: 3}}, "")
		for range 6 {
			c.Report(errors.New("boom"))
			crash(c)
		}
		c.Flush(time.Minute)
		n := map[string]int{}
		for _, ev := range srv.Events() {
			n[ev.Level]++
		}
		if n["error"] != 2 || n["fatal"] != 3 {
			t.Errorf("raised %v, want 2 errors and 3 panics", n)
		}
	})
}

// A bridge's time that makes no sense is bounded and marked, and holds back nothing that comes after it.
func TestTimesOfBridges(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		name string
		at   time.Time
		want time.Duration // from now
		cut  any
	}{
		{"an hour ago", now.Add(-time.Hour), -time.Hour, nil},
		{"year 2400", time.Date(2400, 1, 1, 0, 0, 0, 0, time.UTC), 0, true},
		{"year 9999", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), 0, true},
		{"year 1960", time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC), -89 * 24 * time.Hour, true},
		{"year 1", time.Time{}.Add(time.Second), -89 * 24 * time.Hour, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := controlled(t, krunk.Config{MaxRepeats: 2}, "")
			for range 2 {
				c.Channel("net").Emit(krunk.Entry{Level: krunk.LevelError, Message: "m", Time: tt.at})
			}
			c.Channel("net").Emit(krunk.Entry{Level: krunk.LevelError, Message: "m"})
			c.Flush(time.Minute)
			events := srv.Events()
			if len(events) != 3 {
				t.Fatalf("%d events, want 3", len(events))
			}
			ev := events[0]
			if off := ev.Time.Sub(now.Add(tt.want)).Abs(); off > time.Hour || ev.Contexts["krunk"]["time_cut"] != tt.cut {
				t.Errorf("time %v, marked %v; want about %v, %v", ev.Time, ev.Contexts["krunk"]["time_cut"], now.Add(tt.want), tt.cut)
			}
		})
	}
}

// Attributes over what a record keeps are counted, those of With as well.
func TestAttributesLeftOut(t *testing.T) {
	attrs := func(n int, prefix string) []krunk.Attr {
		list := make([]krunk.Attr, n)
		for i := range list {
			list[i] = krunk.Int(fmt.Sprint(prefix, i), i)
		}
		return list
	}
	for _, tt := range []struct {
		name        string
		fixed, own  int
		err         bool
		kept, leave int64
	}{
		{"128", 0, 128, false, 128, 0}, {"200", 0, 200, false, 128, 72}, {"With 20, own 120", 20, 120, false, 128, 12},
		{"With 200, own 1", 200, 1, false, 128, 73}, {"200 and an error", 0, 200, true, 128, 73},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := controlled(t, krunk.Config{}, "")
			own := attrs(tt.own, "own")
			if tt.err {
				own = append([]krunk.Attr{krunk.Err(errors.New("inner"))}, own...)
			}
			c.Channel("net").With(attrs(tt.fixed, "fixed")...).Report(errors.New("boom"), own...)
			c.Flush(time.Minute)
			ev := srv.Events()[0]
			left, _ := ev.Contexts["krunk"]["attributes_left_out"].(int64)
			if n := int64(len(ev.Contexts["attributes"])); n != tt.kept || left != tt.leave {
				t.Errorf("%d kept and %d left out, want %d and %d", n, left, tt.kept, tt.leave)
			}
		})
	}
}

// Where the black box is small, the longest values are cut before an attribute is left out.
func TestLongestValuesAreCutFirst(t *testing.T) {
	c, srv := controlled(t, krunk.Config{Memory: 128 << 10}, "")
	long := func(n int) string { return strings.Repeat("x", n) }
	attrs := []krunk.Attr{krunk.String("short", "stays as it is"), krunk.Int("seq", 17)}
	for i := range 10 {
		attrs = append(attrs, krunk.String(fmt.Sprint("long", i), long(1000)))
	}
	c.Channel("net").With(krunk.String("fixed", long(2000)), krunk.Bool("kept", true)).Report(errors.New("boom"), attrs...)
	c.Flush(time.Minute)
	ev := srv.Events()[0]
	got := ev.Contexts["attributes"]
	if got["short"] != "stays as it is" || got["seq"] != int64(17) || got["kept"] != true || len(got) != 14 {
		t.Errorf("%d attributes arrived: short %v, seq %v, kept %v; want 14, whole where they are short", len(got), got["short"], got["seq"], got["kept"])
	}
	if left := ev.Contexts["krunk"]["attributes_left_out"]; left != nil {
		t.Errorf("%v left out", left)
	}
}
