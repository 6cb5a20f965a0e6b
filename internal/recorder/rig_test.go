package recorder

import (
	"bytes"
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/scrub"
	"github.com/krunk-go/krunk/internal/tally"
)

// rig is a recorder with everything around it. Tests that call drain stand in for Work.
type rig struct {
	*Recorder
	ring   *blackbox.Ring
	outbox *blackbox.Outbox
	tally  *tally.Tally
	woken  int
}

// newRig makes a recorder over an outbox of that size; change may alter its Config.
func newRig(outbox int, change func(*Config)) *rig {
	const key = 0x9e3779b97f4a7c15 // as unlike memory that nobody wrote as a random one
	g := &rig{ring: blackbox.NewRing(blackbox.Words(1<<18), key), tally: new(tally.Tally)}
	sizes := blackbox.Sizes{blackbox.BatchRegion: 128 << 10}
	cfg := Config{
		Block: blackbox.NewBlock(blackbox.Words(sizes.Total()), sizes, key),
		Ring:  g.ring, History: blackbox.NewHistoryBuffer(blackbox.Words(64<<10), key), Bell: notify.NewBell(), Progress: new(notify.Signal),
		Tally: g.tally, Uses: Uses{Changes: used(32 << 10), Nested: nested(), Attachments: attachments(4 << 10), Feedback: new(Feedback)}, Wake: func() { g.woken++ },
		Room: Room{Scope: 96 << 10, Item: 1 << 20},
		Run: Run{
			Start: StartOf(time.Now()), Channel: func(i uint16) string { return "channel" + strconv.Itoa(int(i)) },
			SDKName: "krunk.go", SDKVersion: "1", Release: "game@1", TraceID: [16]byte{1},
		},
	}
	if outbox > 0 {
		g.outbox = blackbox.NewOutbox(blackbox.Words(outbox), key)
		cfg.Outbox = g.outbox
	}
	if change != nil {
		change(&cfg)
	}
	g.Recorder = New(cfg)
	g.prepare()
	return g
}

// encoded returns a record as a capture call writes it.
func encoded(h record.Head, text string, pcs []uintptr, errs []record.Error, fields ...record.Field) []byte {
	n := record.Size(&h, text, len(pcs))
	for i := range errs {
		n += errs[i].Size()
	}
	for i := range fields {
		n += fields[i].Size()
	}
	b := make([]byte, n)
	w := record.Begin(b, &h, text, pcs)
	for i := range errs {
		w.Error(&errs[i])
	}
	for i := range fields {
		w.Field(&fields[i])
	}
	return b
}

// put writes a record's bytes into the ring.
func (g *rig) put(t testing.TB, k blackbox.Kind, body []byte) {
	t.Helper()
	s, ok := g.ring.Reserve(k, len(body))
	if !ok {
		t.Fatalf("no room in the ring for %d bytes", len(body))
	}
	copy(s.Body, body)
	g.ring.Commit(&s)
}

// event writes an error event whose id is n.
func (g *rig) event(t *testing.T, n int, text string) {
	t.Helper()
	h := record.Head{Type: record.ErrorType, Flags: record.FlagID, Level: 8, PPM: million, ID: [16]byte{15: byte(n)}}
	g.put(t, blackbox.Event, encoded(h, "", nil, []record.Error{{Type: "*errors.errorString", Text: text}}))
}

// log writes a log record that is to be sent.
func (g *rig) log(t *testing.T, channel uint16, text string) {
	t.Helper()
	g.put(t, blackbox.Log, encoded(record.Head{Type: record.LogType, Flags: record.FlagSend, PPM: million, Channel: channel}, text, nil, nil))
}

// sent takes the oldest envelope out of the outbox as the sender does, and tells the recorder.
func (g *rig) sent() (blackbox.Entry, bool) {
	e, ok := g.outbox.Next(0, nil)
	if ok {
		e.Body = bytes.Clone(e.Body)
		g.outbox.Done(e.Seq)
		g.Freed()
	}
	return e, ok
}

// payload returns the JSON of an item and wants its header to tell the right length.
func payload(t *testing.T, item []byte) []byte {
	t.Helper()
	head, rest, _ := bytes.Cut(item, []byte("\n"))
	var h struct{ Length int }
	if err := json.Unmarshal(head, &h); err != nil || len(rest) != h.Length+1 || rest[h.Length] != '\n' {
		t.Fatalf("item header %s before %d bytes (error %v)", head, len(rest), err)
	}
	return rest[:h.Length]
}

// logBodies returns the texts of an item of log records.
func logBodies(t *testing.T, e blackbox.Entry) []string {
	t.Helper()
	var v struct{ Items []struct{ Body string } }
	if err := json.Unmarshal(payload(t, e.Body), &v); err != nil {
		t.Fatalf("log item: %v", err)
	}
	if int(e.Count) != len(v.Items) {
		t.Errorf("an envelope of %d log records says that it has %d", len(v.Items), e.Count)
	}
	var out []string
	for _, it := range v.Items {
		out = append(out, it.Body)
	}
	return out
}

// drops returns what was counted, as "reason category quantity".
func (g *rig) drops() (out []string) {
	for _, d := range g.tally.Total(nil) {
		if d.Category != protocol.CategoryLogByte {
			out = append(out, d.Reason.String()+" "+d.Category.String()+" "+strconv.FormatUint(d.Quantity, 10))
		}
	}
	return out
}

func nested() *Nested {
	n := new(Nested)
	n.Use()
	return n
}

func cleanerOf(home string) *cleaner { return &cleaner{scrub.New(home), nested()} }

func attachments(limit int) *Attachments {
	a := new(Attachments)
	a.Limit(limit)
	return a
}
