package recorder

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
)

// History outlives the ring's bytes: an event tells of a record whose place was overwritten many times.
func TestHistoryIsACopy(t *testing.T) {
	g := newRig(1<<20, nil)
	trail := record.Head{Type: record.LogType, Flags: record.FlagTrail, PPM: million}
	g.put(t, blackbox.History, encoded(trail, "the first crumb", nil, nil, record.Field{Key: "hp", Kind: record.Int64, Num: 17}))
	g.drain()
	noise := encoded(record.Head{Type: record.LogType}, strings.Repeat("#", 1000), nil, nil)
	for range 3 * g.ring.Size() / len(noise) {
		g.put(t, blackbox.Fatal, noise)
		g.drain()
	}
	g.event(t, 1, "boom")
	g.drain()
	e, ok := g.sent()
	if !ok {
		t.Fatal("no event")
	}
	for _, want := range []string{`"message":"the first crumb"`, `"hp":17`} {
		if !bytes.Contains(e.Body, []byte(want)) {
			t.Errorf("the event has no %s:\n%s", want, e.Body)
		}
	}
	if bytes.Contains(e.Body, []byte("###")) {
		t.Error("a record without the trail flag became a breadcrumb")
	}
}

func TestMalformedRecordsAreCounted(t *testing.T) {
	good := encoded(record.Head{Type: record.LogType, Flags: record.FlagTrail}, "text", []uintptr{1}, nil)
	lying := bytes.Clone(good)
	lying[26], lying[27] = 0xff, 0xff // so many PCs
	for _, tt := range []struct {
		name string
		body []byte
	}{{"empty", nil}, {"short", good[:20]}, {"cut", good[:len(good)-1]}, {"lying", lying}, {"all ones", bytes.Repeat([]byte{0xff}, 100)}} {
		t.Run(tt.name, func(t *testing.T) {
			g := newRig(1<<20, nil)
			g.put(t, blackbox.Event, tt.body)
			g.event(t, 1, "the next one")
			g.drain()
			if n := g.Malformed.Load(); n != 1 || fmt.Sprint(g.drops()) != "[internal_sdk_error error 1]" {
				t.Errorf("%d malformed, counted %v; want one", n, g.drops())
			}
			if e, ok := g.sent(); !ok || !bytes.Contains(e.Body, []byte("the next one")) {
				t.Error("the next record did not become an event")
			}
		})
	}
}

// A panic inside the recorder costs the record at hand and is counted.
func TestPanicInsideIsSurvived(t *testing.T) {
	g := newRig(1<<20, func(c *Config) {
		names := c.Run.Channel
		c.Run.Channel = func(i uint16) string {
			if i == 7 {
				panic("a hook that panics")
			}
			return names(i)
		}
	})
	bad := record.Head{Type: record.ErrorType, Flags: record.FlagID, Channel: 7, PPM: million, ID: [16]byte{9}}
	g.log(t, 1, "one")
	g.put(t, blackbox.Event, encoded(bad, "", nil, []record.Error{{Type: "T", Text: "x"}}))
	g.log(t, 7, "bad")
	g.event(t, 1, "boom")
	g.log(t, 2, "two")
	g.flushTo.Store(g.ring.Head())
	g.drain()
	if got := fmt.Sprint(g.drops()); got != "[internal_sdk_error error 2]" {
		t.Errorf("counted %s, want two records", got)
	}
	e, _ := g.sent()
	if e.ID[15] != 1 || !bytes.Contains(payload(t, e.Body), []byte("boom")) {
		t.Errorf("the first envelope is %s, want the event behind the panic", e.Body)
	}
	if e, _ = g.sent(); !slices.Equal(logBodies(t, e), []string{"one", "two"}) {
		t.Errorf("log records %q, want those around the panic", logBodies(t, e))
	}
	if g.Processed() != g.ring.Head() {
		t.Errorf("processed %d of %d bytes", g.Processed(), g.ring.Head())
	}
}

// escaped returns a text of about n bytes that is nearly twice as long in JSON, and which begins with i.
func escaped(i, n int) string { return fmt.Sprint(i, ":") + strings.Repeat("\x01abcde", n/6) }

// A batch that the encoder made longer than an envelope may be goes out in halves, in order.
func TestLongBatchIsHalved(t *testing.T) {
	g := newRig(1<<18, nil)
	const n = 36
	for i := range n {
		g.log(t, 0, escaped(i, 1000))
	}
	g.flushTo.Store(g.ring.Head())
	g.drain()
	var got []string
	envelopes := 0
	for e, ok := g.sent(); ok; e, ok = g.sent() {
		if envelopes++; len(e.Body) > g.outbox.MaxBody() {
			t.Errorf("an envelope of %d bytes, want at most %d", len(e.Body), g.outbox.MaxBody())
		}
		got = append(got, logBodies(t, e)...)
		g.drain()
	}
	if envelopes != 2 || len(got) != n || g.drops() != nil {
		t.Fatalf("%d records in %d envelopes, dropped %v; want %d in 2", len(got), envelopes, g.drops(), n)
	}
	for i, body := range got {
		if body != escaped(i, 1000) {
			t.Errorf("record %d is %.40q", i, body)
		}
	}
}

// One record that alone is too long is counted, and the others of its batch go out.
func TestRecordLongerThanAnEnvelope(t *testing.T) {
	g := newRig(128<<10, nil)
	g.log(t, 0, "one")
	g.log(t, 0, strings.Repeat("\x01", record.MaxText)) // six times as long in JSON
	g.log(t, 0, "two")
	g.flushTo.Store(g.ring.Head())
	g.drain()
	var got []string
	for e, ok := g.sent(); ok; e, ok = g.sent() {
		got = append(got, logBodies(t, e)...)
	}
	if !slices.Equal(got, []string{"one", "two"}) || fmt.Sprint(g.drops()) != "[buffer_overflow log_item 1]" {
		t.Errorf("got %.20q, dropped %v", got, g.drops())
	}
}

// An outbox without room stops the reading, not the order: what waits goes first, nothing is lost and nothing comes twice.
func TestFullOutboxStallsAndResumesInOrder(t *testing.T) {
	g := newRig(32<<10, nil)
	const n = 60
	for i := range n {
		g.event(t, i, fmt.Sprint("error ", i, strings.Repeat(".", 1000)))
	}
	g.drain()
	if !g.stalled() || g.Processed() != 0 {
		t.Fatalf("stalled %v for room and %d bytes are done; want 1 and 0", g.stalled(), g.Processed())
	}
	events := g.Events.Load()
	if g.drain(); g.Events.Load() != events {
		t.Error("reading went on without room")
	}
	for i := range n {
		e, ok := g.sent()
		if !ok || int(e.ID[15]) != i || !bytes.Contains(payload(t, e.Body), fmt.Appendf(nil, "error %d.", i)) {
			t.Fatalf("envelope %d: got %v with id %d", i, ok, e.ID[15])
		}
		g.drain()
	}
	if _, ok := g.sent(); ok || g.drops() != nil || g.Processed() != g.ring.Head() || g.woken != n {
		t.Errorf("left %v, dropped %v, woke the sender %d times", ok, g.drops(), g.woken)
	}
}

// A record whose envelope waits stays in the ring, so that a crash finds it.
func TestRecordStaysUntilItsEnvelopeStands(t *testing.T) {
	g := newRig(16<<10, nil)
	for i := 0; !g.stalled(); i++ {
		g.event(t, i, strings.Repeat("x", 1000))
		g.drain()
	}
	for i := 0; ; i++ { // fill the ring: what was not released is not overwritten
		h := record.Head{Type: record.LogType}
		body := encoded(h, strings.Repeat("#", 1000), nil, nil)
		s, ok := g.ring.Reserve(blackbox.Fatal, len(body))
		if !ok {
			break
		}
		copy(s.Body, body)
		g.ring.Commit(&s)
	}
	id := g.meta.ID
	for g.sent(); g.stalled(); g.sent() {
		g.drain()
	}
	if g.drain(); g.Processed() != g.ring.Head() {
		t.Error("the ring was not read to its end")
	}
	last := blackbox.Entry{}
	for e, ok := g.sent(); ok; e, ok = g.sent() {
		last = e
	}
	if last.ID != id {
		t.Errorf("the last envelope is %x, want the one that waited, %x", last.ID, id)
	}
}

// While the server is away log records must not stop events: a batch without room is counted, events go on.
func TestLogsGiveWayWhileTheServerIsAway(t *testing.T) {
	away := true
	g := newRig(64<<10, func(c *Config) { c.Away = func() bool { return away } })
	fill := func() {
		for range 40 {
			g.log(t, 0, strings.Repeat("x", 1000))
		}
		g.flushTo.Store(g.ring.Head())
		g.drain()
	}
	fill()
	fill()
	if g.stalled() || len(g.drops()) != 1 || !strings.HasPrefix(g.drops()[0], "buffer_overflow log_item ") {
		t.Fatalf("stalled %v, dropped %v; want none and log records", g.stalled(), g.drops())
	}
	g.event(t, 1, "boom")
	g.drain()
	if e, _ := g.outbox.Next(0, nil); e.ID[15] != 1 {
		t.Error("the event found no way past the logs")
	}
	away = false
	before := g.drops()
	if fill(); !g.stalled() || !slices.Equal(g.drops(), before) {
		t.Errorf("the server is back: stalled %v, dropped %v; want one and no more drops", g.stalled(), g.drops())
	}
	away = true
	if g.drain(); g.stalled() || slices.Equal(g.drops(), before) {
		t.Error("the batch that waited when the server went away holds up the events")
	}
}

func TestWithoutAnOutbox(t *testing.T) {
	g := newRig(0, nil)
	g.event(t, 1, "boom")
	g.log(t, 1, "one")
	g.put(t, blackbox.History, encoded(record.Head{Type: record.LogType, Flags: record.FlagTrail}, "crumb", nil, nil))
	g.drain()
	if g.Events.Load() != 0 || g.Logs.Load() != 0 || g.History.Load() != 1 || g.Processed() != g.ring.Head() {
		t.Errorf("events %d, logs %d, history %d; want 0, 0, 1", g.Events.Load(), g.Logs.Load(), g.History.Load())
	}
}

func TestWorkBatchesAndFlushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(1<<20, nil)
		go g.Work()
		log := func() {
			g.log(t, 0, "m")
			g.cfg.Bell.Ring()
			synctest.Wait()
		}
		count := func() (n uint32) {
			for e, ok := g.sent(); ok; e, ok = g.sent() {
				n += e.Count
			}
			return n
		}
		log()
		time.Sleep(4 * time.Second) // fake
		log()
		synctest.Wait()
		if n := count(); n != 0 {
			t.Errorf("%d log records went out before the batch was due", n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := count(); n != 2 {
			t.Errorf("%d log records five seconds after the first, want both", n)
		}
		log()
		if !g.Flush(nil, g.ring.Head()) || count() != 1 {
			t.Error("Flush did not wait for the batch")
		}
		for range batchSize {
			g.log(t, 0, "m")
		}
		g.cfg.Bell.Ring()
		time.Sleep(lastStep)
		synctest.Wait()
		if n := count(); n != batchSize {
			t.Errorf("%d log records of a full batch, want %d after a step of lingering", n, batchSize)
		}
		g.Stop()
		synctest.Wait()
		if g.log(t, 0, "late"); g.Flush(nil, g.ring.Head()) {
			t.Error("Flush of a stopped recorder reports success")
		}
	})
}

// What is asked for as reading begins is done also where there is no room then.
func TestErrandWithoutRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(16<<10, nil)
		for i := range 30 {
			g.event(t, i, strings.Repeat("x", 1000))
		}
		g.prepare()
		g.drain()
		done := false
		g.Errand()
		g.Ask(func() { done = true })
		g.drain()
		if !g.stalled() {
			t.Fatal("there is room")
		}
		if !g.waitForRoom() { // a bubble ends where everybody waits
			t.Error("it was stopped")
		}
		if g.Errand(); !done {
			t.Error("nothing was done")
		}
	})
}

// Flush ends when it is told to; Work ends while an envelope waits for room.
func TestFlushAndStopWhileStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(16<<10, nil)
		for i := range 30 {
			g.event(t, i, strings.Repeat("x", 1000))
		}
		limit := g.cfg.Progress.Limit(time.Hour)
		go g.Work()
		result := make(chan bool)
		go func() { result <- g.Flush(limit, g.ring.Head()) }()
		synctest.Wait()
		limit.End()
		if <-result {
			t.Error("a flush that was cancelled reports success")
		}
		g.sent()
		synctest.Wait()
		if n, _, _ := g.outbox.Usage(); n == 0 {
			t.Error("room was not used")
		}
		g.Stop()
		synctest.Wait()
		if !g.ended.Load() {
			t.Error("Work did not return")
		}
	})
}
