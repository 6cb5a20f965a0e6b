package recorder

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
)

// Being taken off between two clocks makes a reading too early; that must not set records back, but a clock that was set must.
func TestClockHoldsTheLatestReading(t *testing.T) {
	ms := int64(time.Millisecond)
	reading := int64(0)
	c := clock{read: func() int64 { return reading }}
	for _, tt := range []struct{ reading, want int64 }{
		{1000 * ms, 1000 * ms}, {988 * ms, 1000 * ms}, {1001 * ms, 1001 * ms}, {3_600_000 * ms, 3_600_000 * ms}, {3_599_990 * ms, 3_600_000 * ms}, {5000 * ms, 5000 * ms},
	} {
		if reading = tt.reading; c.set() != tt.want {
			t.Errorf("a reading of %d: got %d, want %d", tt.reading, c.start, tt.want)
		}
	}
}

// No time is of another century: it is a bound, and marked.
func TestTimesOfAnotherCentury(t *testing.T) {
	start := time.Date(2026, 11, 27, 2, 0, 0, 0, time.UTC)
	from, to := start.AddDate(0, 0, -90).Unix(), start.Add(time.Minute).Unix() // what servers keep
	for _, tt := range []struct {
		name   string
		start  time.Time
		at     int64
		marked bool
	}{
		{"now", start, int64(time.Second), false},
		{"a month ago", start, -int64(30 * 24 * time.Hour), false},
		{"a hundred days ago", start, -int64(100 * 24 * time.Hour), true},
		{"in an hour", start, int64(time.Hour), true},
		{"year 2400", start, math.MaxInt64, true},
		{"the zero time", start, math.MinInt64, true},
		{"a clock before 1970", time.Unix(-3600, 0), 5, true},
		{"a clock at 1970", time.Unix(1, 0), 5, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := newRig(1<<20, func(c *Config) { c.Run.Start = func() int64 { return tt.start.UnixNano() } })
			h := record.Head{Type: record.LogType, Time: tt.at, PPM: million, ID: [16]byte{1}}
			h.Flags = record.FlagTrail
			g.put(t, blackbox.History, encoded(h, "crumb", nil, nil))
			h.Flags = record.FlagSend | record.FlagID
			g.put(t, blackbox.Event, encoded(h, "m", nil, nil))
			ev := g.only(t)
			if tt.start == start && (ev.Timestamp < float64(from) || ev.Timestamp > float64(to)) || ev.Timestamp < 0 {
				t.Errorf("timestamp %f", ev.Timestamp)
			}
			if got := ev.Contexts["krunk"]["time_cut"] == true; got != tt.marked {
				t.Errorf("marked: %v, want %v", got, tt.marked)
			}
			crumb, err := time.Parse(time.RFC3339Nano, ev.Breadcrumbs.Values[0].Timestamp)
			if d := float64(crumb.UnixMicro())/1e6 - ev.Timestamp; err != nil || math.Abs(d) > 1 { // the bound is that of the moment
				t.Errorf("the breadcrumb is of %s, %v", ev.Breadcrumbs.Values[0].Timestamp, err)
			}
			l := g.logged(t)[0]
			if d := l.Timestamp - ev.Timestamp; math.Abs(d) > 1 || (l.Attributes["krunk.time_cut"].Value == true) != tt.marked {
				t.Errorf("log record %+v", l)
			}
		})
	}
}

// A record whose time is wrong moves none of those that come after it.
func TestTimesAfterAWrongOne(t *testing.T) {
	g := newRig(1<<20, func(c *Config) { c.Run.Start = func() int64 { return 1_790_000_000e9 } })
	put := func(at time.Duration, flags uint16, text string) {
		h := record.Head{Type: record.LogType, Time: int64(at), PPM: million, Flags: flags, ID: [16]byte{1}}
		kind := blackbox.History
		if flags&record.FlagID != 0 {
			kind = blackbox.Event
		}
		g.put(t, kind, encoded(h, text, nil, nil))
	}
	for i, at := range []time.Duration{1 * time.Second, 100 * 365 * 24 * time.Hour, 2 * time.Second, 40 * time.Second, 3 * time.Second, -time.Hour, 4 * time.Second} {
		put(at, record.FlagTrail, string(rune('a'+i)))
	}
	put(5*time.Second, record.FlagID, "m")
	var got []string
	for _, c := range g.only(t).Breadcrumbs.Values {
		at, err := time.Parse(time.RFC3339Nano, c.Timestamp)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, c.Message+" "+at.Sub(time.Unix(1_790_000_000, 0)).Round(time.Second).String())
	}
	want := []string{"a 1s", "b, which is now", "c 2s", "d 40s", "e 3s", "f -1h0m0s", "g 4s"}
	if !slices.Equal(got[:1], want[:1]) || !slices.Equal(got[2:], want[2:]) {
		t.Errorf("breadcrumbs at %q, want %q", got, want)
	}
}

type decodedLog struct {
	Timestamp  float64
	Body       string
	Attributes map[string]struct {
		Value any
		Type  string
	}
}

// logged returns the log records of the next batch.
func (g *rig) logged(t *testing.T) []decodedLog {
	t.Helper()
	g.flushTo.Store(g.ring.Head())
	g.drain()
	e, ok := g.sent()
	if !ok {
		t.Fatalf("no log records; counted %v", g.drops())
	}
	var v struct{ Items []decodedLog }
	if err := json.Unmarshal(payload(t, e.Body), &v); err != nil {
		t.Fatal(err)
	}
	return v.Items
}

// Log records of one microsecond are numbered, and times never run back.
func TestLogRecordsKeepTheirOrder(t *testing.T) {
	g := newRig(1<<20, func(c *Config) { c.Run.Start = func() int64 { return 1_790_000_000e9 } })
	for _, ns := range []int64{5000, 5100, 5900, 6000, 5500, 9000, 1000} {
		g.put(t, blackbox.Log, encoded(record.Head{Type: record.LogType, Flags: record.FlagSend, Time: ns, PPM: million}, "m", nil, nil))
	}
	var last, sequence float64
	var got []float64
	for _, l := range g.logged(t) {
		n, _ := l.Attributes["sentry.timestamp.sequence"].Value.(float64)
		if got = append(got, n); l.Timestamp < last || l.Timestamp == last && n <= sequence {
			t.Errorf("%f %v behind %f %v", l.Timestamp, n, last, sequence)
		}
		last, sequence = l.Timestamp, n
	}
	if len(got) != 7 || got[1] != 1 || got[2] != 2 || got[3] != 0 || got[4] != 1 || got[5] != 0 {
		t.Errorf("sequence %v", got)
	}
}

// The game's attributes stand first, no name stands twice, and Krunk's own and Sentry's win.
func TestLogAttributes(t *testing.T) {
	g := newRig(1<<20, nil)
	g.put(t, blackbox.Event, encoded(record.Head{Type: record.SetTag}, "", nil, nil, str("scene", "boss")))
	g.put(t, blackbox.Event, encoded(record.Head{Type: record.SetTag}, "", nil, nil, str("hp", "tag")))
	g.put(t, blackbox.Event, encoded(record.Head{Type: record.SetTag}, "", nil, nil, str("sentry.release", "tag")))
	g.put(t, blackbox.Event, encoded(record.Head{Type: record.SetUser}, "", nil, nil, str("id", "anna")))
	g.put(t, blackbox.Log, encoded(record.Head{Type: record.LogType, Flags: record.FlagSend, PPM: million}, "m", nil, nil,
		num("hp", 7), str("sentry.release", "mine"), str("krunk.channel", "mine"), str("user.id", "bert"), str("code.function.name", "f"), num("big", math.MaxInt64),
		record.Field{Key: "list", Kind: record.JSON, Str: "[1,2]"}))
	g.flushTo.Store(g.ring.Head())
	g.drain()
	e, _ := g.sent()
	body := string(payload(t, e.Body))
	const want = `"attributes":{"hp":{"value":7,"type":"integer"},"sentry.release_":{"value":"mine","type":"string"},"krunk.channel_":{"value":"mine","type":"string"},` +
		`"user.id_":{"value":"bert","type":"string"},"code.function.name":{"value":"f","type":"string"},"big":{"value":9223372036854775807,"type":"integer"},` +
		`"list":{"value":"[1,2]","type":"string"},"scene":{"value":"boss","type":"string"},"krunk.channel":{"value":"channel0","type":"string"},"user.id":{"value":"anna","type":"string"},` +
		`"sentry.message.template":{"value":"m","type":"string"},"sentry.release":{"value":"game@1","type":"string"},"sentry.sdk.name":{"value":"krunk.go","type":"string"},` +
		`"sentry.sdk.version":{"value":"1","type":"string"}}`
	if i := len(body) - len(want) - len("}]}"); i < 0 || body[i:i+len(want)] != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}
}

// An envelope knows by which start of the run its times were told, and the run's start is told as the clock has it now.
func TestEnvelopesKnowTheStart(t *testing.T) {
	start := int64(1e9)
	g := newRig(1<<20, func(c *Config) { c.Run.Start = func() int64 { return start } })
	for _, tt := range []struct {
		start int64
		app   string
	}{{1e9, "1970-01-01T00:00:01Z"}, {1_790_000_000e9, "2026-09-21T14:13:20Z"}} {
		start = tt.start
		g.event(t, 1, "x")
		g.log(t, 1, "m")
		g.flushTo.Store(g.ring.Head())
		g.drain()
		for range 2 {
			e, ok := g.sent()
			if !ok || e.Start != tt.start {
				t.Errorf("an envelope of start %d, want %d", e.Start, tt.start)
			}
			if want := `"app_start_time":"` + tt.app; e.Kind == blackbox.Event && !strings.Contains(string(e.Body), want) {
				t.Errorf("no %s in %s", want, e.Body)
			}
		}
	}
}
