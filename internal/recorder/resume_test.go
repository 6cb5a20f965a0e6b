package recorder

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/stack"
	"github.com/krunk-go/krunk/internal/tally"
)

const (
	mortalKey   = 0x5bd1e995_9e3779b1
	mortalStart = int64(1_700_000_000_000_000_000)
)

var mortalSizes = blackbox.Sizes{
	blackbox.FactsRegion: 512, blackbox.OutboxRegion: 24 << 10, blackbox.BatchRegion: 2 << 10, blackbox.ScopeRegion: blackbox.SnapshotSize(4 << 10),
	blackbox.NamesRegion: 256, blackbox.TallyRegion: tally.Size, blackbox.HistoryRegion: 8 << 10, blackbox.RingRegion: blackbox.MinRing,
	blackbox.ReplayRegion: 1 << 10,
}

// mortal is a run that can be copied at every store and gone on with from the copy.
type mortal struct {
	*Recorder
	t      testing.TB
	block  *blackbox.Block
	ring   *blackbox.Ring
	outbox *blackbox.Outbox
	kept   blackbox.Kept
	tally  *tally.Tally

	captured []string          // what was published, by key
	got      map[string]string // what the server has, by key
	flying   []string          // keys of what was answered and is not done yet
	again    []string          // keys that came twice, though they were not flying
	n        int               // of records made
	channels int
	long     int // number of the newest one that was longer than the batch
	policy   string
	taped    int // bytes on the tape so far
}

func mortalConfig() Config {
	lines := new(Lines)
	lines.Add(spelled("words"))
	return Config{
		Uses: Uses{Changes: used(32 << 10), Nested: nested(), Attachments: attachments(4 << 10), Feedback: new(Feedback), Lines: lines},
		Bell: notify.NewBell(), Progress: new(notify.Signal), Wake: func() {}, Room: Room{Scope: 4 << 10, Item: 6 << 10},
		Run: Run{SDKName: "krunk.go"},
	}
}

// newMortal begins a run; stored is called after each store into its block.
func newMortal(t testing.TB, stored func(*mortal)) *mortal {
	m := &mortal{t: t, got: make(map[string]string), policy: "policy-1"}
	m.block = blackbox.NewBlock(blackbox.Words(mortalSizes.Total()), mortalSizes, mortalKey)
	m.block.Watch(func() { stored(m) })
	m.ring = blackbox.NewRing(m.block.At(blackbox.RingRegion), mortalKey)
	m.outbox, m.tally = m.block.Outbox(), tally.At(m.block.At(blackbox.TallyRegion))
	f := blackbox.Facts{Start: mortalStart, Trace: [16]byte{1}, Span: [8]byte{2}}
	f.Texts = [blackbox.FactTexts]string{"game@1", "dist", "playtest", "example.com/game", "go1.99", "9.9.9", "target"}
	cfg := mortalConfig()
	cfg.Block, cfg.Ring, cfg.Outbox, cfg.Tally = m.block, m.ring, m.outbox, m.tally
	m.kept = m.block.Kept()
	cfg.Copy = m.kept.Copy
	cfg.History = m.block.History()
	m.block.Base.Store(1 << 20)
	m.block.Print.Store(42)
	cfg.Stacks.MainModule = f.Texts[blackbox.Module]
	cfg.Run = Run{
		Start: func() int64 { return mortalStart + 5e6 }, // the clock was set
		Channel: func(i uint16) string {
			if int(i) < m.channels {
				return "channel" + strconv.Itoa(int(i))
			}
			return ""
		},
		Policy: func() string { return m.policy }, SDKName: "krunk.go", SDKVersion: f.Texts[blackbox.SDK], GoVersion: f.Texts[blackbox.GoVersion],
		Release: f.Texts[blackbox.Release], Dist: f.Texts[blackbox.Dist], Environment: f.Texts[blackbox.Environment], TraceID: f.Trace, SpanID: f.Span,
	}
	m.Recorder = New(cfg)
	m.block.Publish(&f)
	m.prepare()
	m.channel()
	m.drain()
	return m
}

func (m *mortal) channel() {
	m.kept.Name("channel" + strconv.Itoa(m.channels))
	m.channels++
}

// capture writes a record as a capture call does, with a copy of the block after each of its stores.
func (m *mortal) capture(k blackbox.Kind, key string, h record.Head, text string, pcs []uintptr, errs []record.Error, fields ...record.Field) {
	m.n++
	h.Time, h.PPM, h.Channel = int64(m.n)*1e6, million, uint16(m.n%m.channels)
	if m.n%5 == 0 && m.n > m.long+20 {
		h.Time -= 2e6 // another goroutine was faster; what is longer than the batch leaves no time to go by behind it
	}
	body := encoded(h, text, pcs, errs, fields...)
	s, ok := m.ring.Reserve(k, len(body))
	if !ok {
		return // refused: nothing was told
	}
	m.block.Stored()
	copy(s.Body, body[:len(body)/2])
	m.block.Stored()
	copy(s.Body, body)
	m.block.Stored()
	before := bytes.Clone(m.block.Bytes())
	m.ring.Commit(&s)
	after := bytes.Clone(m.block.Bytes())
	// Commit stores length, checksum and word in this order.
	at := 0
	for before[at] == after[at] {
		at++
	}
	at &^= 15
	for _, part := range [][2]int{{12, 16}, {8, 12}} {
		copy(before[at+part[0]:at+part[1]], after[at+part[0]:at+part[1]])
		copy(m.block.Bytes(), before)
		m.block.Stored()
	}
	copy(m.block.Bytes(), after)
	if key != "" {
		m.captured = append(m.captured, key)
	}
	m.block.Stored()
}

func (m *mortal) id() [16]byte { return [16]byte{14: byte(m.n >> 8), 15: byte(m.n)} }

// step does one thing of a game, a recorder or a sender.
func (m *mortal) step(what int) {
	field := func(k, v string) record.Field { return record.Field{Key: k, Kind: record.String, Str: v} }
	log := fmt.Sprintf("log record %03d", m.n)
	switch id := m.id(); what {
	case 0, 1:
		m.capture(blackbox.Log, "log "+log, record.Head{Type: record.LogType, Flags: record.FlagSend, Level: 4}, log, nil, nil, field("k", "v"))
	case 2:
		m.capture(blackbox.Event, fmt.Sprintf("event %x", id), record.Head{Type: record.ErrorType, Flags: record.FlagID, Level: 8, ID: id}, "", []uintptr{1<<20 + 99},
			[]record.Error{{Type: "*game.Error", Text: "boom"}}, field("map", "dust"))
	case 3:
		m.capture(blackbox.Fatal, fmt.Sprintf("event %x", id), record.Head{Type: record.PanicType, Flags: record.FlagID, Level: 12, ID: id, Gid: 7}, "", nil,
			[]record.Error{{Type: "string", Text: "panic " + log}})
	case 4: // both an event and a log record
		h := record.Head{Type: record.LogType, Flags: record.FlagID | record.FlagSend | record.FlagTrail, Level: 8, ID: id}
		m.capture(blackbox.Event, "log "+log+"|"+fmt.Sprintf("event %x", id), h, log, nil, nil)
	case 5:
		m.capture(blackbox.History, "", record.Head{Type: record.LogType, Flags: record.FlagTrail}, "crumb "+log, nil, nil)
	case 6:
		m.capture(blackbox.Fatal, "", record.Head{Type: record.SetTag}, "", nil, nil, field("tag"+strconv.Itoa(m.n%3), log))
	case 7:
		m.capture(blackbox.Fatal, "", record.Head{Type: record.SetUser}, "", nil, nil, field("id", log))
	case 8:
		m.capture(blackbox.Fatal, "", record.Head{Type: record.SetContext}, "world", nil, nil, field("seed", log))
	case 9: // longer than the batch
		m.long = m.n
		m.capture(blackbox.Log, "log "+log+strings.Repeat("x", 1900), record.Head{Type: record.LogType, Flags: record.FlagSend}, log+strings.Repeat("x", 1900), nil, nil)
	case 10:
		m.capture(blackbox.Fatal, "", record.Head{Type: record.SetTrace}, strings.Repeat(string("0123456789abcdef"[m.n%16]), m.n%3*16), nil, nil)
		if m.channels < 6 {
			m.channel()
		}
	case 11, 12, 13:
		m.drain()
	case 14:
		m.logs.due = true
		m.drain()
	case 15: // what was captured before and is encoded after it has the one or the other
		if m.drain(); !m.stalled() {
			m.policy = "policy-" + strconv.Itoa(m.n)
			m.drain()
		}
	case 17:
		m.tape(m.n % 90)
	case 18: // a log record that is read late
		said := "line-" + strconv.Itoa(m.n)
		m.capture(blackbox.Log, "log "+said, record.Head{Type: record.LogType, Flags: record.FlagSend | record.FlagTrail | record.FlagLine | record.FlagPlain},
			said+" seq="+strconv.Itoa(m.n), nil, nil, record.Field{Key: "words", Kind: record.Line})
	case 16:
		m.tally.Add(protocol.ReasonBeforeSend, protocol.CategoryError, 1)
	default:
		m.send(m.outbox)
	}
}

// tape writes bytes that tell their place on the tape "inputs".
func (m *mortal) tape(n int) {
	tape, _ := m.Recorder.Tape("inputs", 256, 0)
	p := make([]byte, n)
	for i := range p {
		p[i] = byte((m.taped + i) % 251)
	}
	tape.Write(p)
	m.taped += n
}

// playable fails where the tape beside an event is not what was written, and returns the event without what depends on when it was made.
func playable(t testing.TB, e *blackbox.Entry, body []byte) []byte {
	rest := bytes.TrimSuffix(body, []byte("\n"))
	if e.Rest > 0 {
		rest = bytes.TrimSuffix(body[:len(body)-len(e.Body)+int(e.Rest)], []byte("\n"))
		head, data, _ := bytes.Cut(e.Body[e.Rest:], []byte("\n"))
		from, at := 0, bytes.Index(rest, []byte(`"rings":["inputs: from byte `))
		if at < 0 || !bytes.Contains(head, []byte(`"filename":"inputs"`)) {
			t.Errorf("%s beside %s", head, rest)
		} else {
			fmt.Sscanf(string(rest[at:]), `"rings":["inputs: from byte %d`, &from)
		}
		for i, c := range data[:len(data)-1] {
			if c != byte((from+i)%251) {
				t.Errorf("byte %d of %d from %d is %d", i, len(data)-1, from, c)
				break
			}
		}
	}
	return ringsOf.ReplaceAll(rest, nil)
}

var ringsOf = regexp.MustCompile(`,"rings":\["[^"]*"\]`)

// send carries one envelope to the server.
func (m *mortal) send(o *blackbox.Outbox) bool {
	e, ok := o.Next(0, nil)
	if !ok {
		return false
	}
	told := toldBy(m.t, &e)
	for k, v := range told {
		if _, ok := m.got[k]; ok && !slices.Contains(m.flying, k) {
			m.again = append(m.again, k)
		}
		m.got[k] = v
	}
	was := m.flying
	m.flying = append(slices.Collect(maps.Keys(told)), was...)
	m.block.Stored()
	o.Done(e.Seq)
	m.flying = was
	m.Freed()
	return true
}

// toldBy returns what an envelope tells, by key.
func toldBy(t testing.TB, e *blackbox.Entry) map[string]string {
	told := make(map[string]string)
	_, body, _ := bytes.Cut(e.Body, []byte("\n"))
	if e.Kind == blackbox.Log {
		var v struct{ Items []json.RawMessage }
		if err := json.Unmarshal(body, &v); err != nil {
			t.Fatalf("logs: %v in %s", err, body)
		}
		for _, it := range v.Items {
			var l struct{ Body string }
			json.Unmarshal(it, &l)
			told["log "+l.Body] = string(it)
		}
		return told
	}
	body = playable(t, e, body)
	if !json.Valid(body) {
		t.Fatalf("event: %s", body)
	}
	told[fmt.Sprintf("event %x", e.ID)] = strings.TrimSpace(string(body))
	return told
}

// goOn lets somebody go on with a copy of the block, whose stores stored is told of, until nothing is left.
func (m *mortal) goOn(stored func(*mortal)) (*mortal, error) {
	mem := blackbox.Words(len(m.block.Bytes()))
	copy(mem, m.block.Bytes())
	b, facts, err := blackbox.Open(mem)
	if err != nil {
		return nil, err
	}
	heir := &mortal{t: m.t, block: b, got: maps.Clone(m.got), flying: slices.Clone(m.flying), tally: new(tally.Tally), captured: m.captured}
	b.Watch(func() { stored(heir) })
	cfg := mortalConfig()
	cfg.Tally = heir.tally
	heir.Recorder = Continue(b, &facts, mortalStart+int64(time.Hour), stack.Build{Base: 1 << 20, Print: 42}, cfg)
	outbox := heir.Recorder.cfg.Outbox
	for n := 0; ; n++ {
		through := heir.Replay()
		if !heir.send(outbox) && through {
			break
		}
		if n > 1000 {
			return nil, fmt.Errorf("no end: %d records left", len(heir.past.records))
		}
	}
	return heir, nil
}

// missed says what is wrong with what the server has, after all.
func (m *mortal) missed(want map[string]string) string {
	var expected []string
	for _, k := range m.captured {
		expected = append(expected, strings.Split(k, "|")...)
	}
	for _, k := range expected {
		switch got, ok := m.got[k]; {
		case !ok:
			return "lost: " + k
		case want != nil && got != want[k]:
			return fmt.Sprintf("another %.40s:\n%.900s\nwant\n%.900s", k, got, want[k])
		}
	}
	if len(m.got) != len(expected) {
		return fmt.Sprintf("%d things arrived, %d were captured", len(m.got), len(expected))
	}
	if len(m.again) > 0 {
		return "twice: " + m.again[0]
	}
	return ""
}

// live runs a script of so many steps, and then sends what is left.
func (m *mortal) live(seed uint64, steps int) {
	rng := rand.New(rand.NewPCG(seed, 7))
	for range steps {
		m.step(rng.IntN(23))
	}
	m.rest()
	// A batch that was sent, and events in its place: the words alone say that it was.
	for m.step(0); m.n%5 != 0; {
		m.step(0)
	}
	m.rest()
	for range 3 {
		m.step(2)
		m.rest()
	}
	m.step(0)
	m.rest()
	m.long = -20
	m.step(0) // its time is before that of the one before, of which the word alone tells once this one lies in its place
	m.rest()
}

// rest lets recorder and sender do all there is to do.
func (m *mortal) rest() {
	for range 1000 {
		m.logs.due = true
		m.drain()
		if !m.send(m.outbox) && !m.stalled() && !m.reader.Ready() && !m.logs.waiting() {
			break
		}
	}
}

// A run that dies at any store of producers, recorder or sender is gone on with from its block, and the same envelopes arrive: none is
// lost, and none comes twice but the one that was on its way. So it is with those who go on, and die in turn.
func TestResumeFromAnyStore(t *testing.T) {
	steps, seeds := 200, uint64(1)
	if testing.Short() {
		steps, seeds = 80, 1
	}
	for seed := range seeds {
		whole := newMortal(t, func(*mortal) {})
		whole.live(seed, steps)
		if why := whole.missed(nil); why != "" {
			t.Fatalf("seed %d: without a death: %s", seed, why)
		}
		stores, deaths := 0, 0
		rng := rand.New(rand.NewPCG(seed, 8))
		die := func(m *mortal) {
			stores++
			if t.Failed() || m.Recorder == nil {
				return
			}
			again, at := rng.IntN(200), 0 // a store at which the next one dies
			heir, err := m.goOn(func(h *mortal) {
				if at++; at != again || h.Recorder == nil {
					return
				}
				deaths++
				if third, err := h.goOn(func(*mortal) {}); err != nil {
					t.Errorf("seed %d, store %d, then %d: %v", seed, stores, at, err)
				} else if why := third.missed(whole.got); why != "" {
					t.Errorf("seed %d, store %d, then %d: %s", seed, stores, at, why)
				}
			})
			if err != nil {
				if len(m.captured) > 0 {
					t.Errorf("seed %d, store %d: %v", seed, stores, err)
				}
				return
			}
			if why := heir.missed(whole.got); why != "" {
				t.Errorf("seed %d, store %d: %s", seed, stores, why)
			}
			want, got := uint64(0), uint64(0)
			for _, d := range m.tally.Total(nil) {
				want += d.Quantity
			}
			for _, d := range heir.tally.Total(nil) {
				got += d.Quantity
			}
			if got != want {
				t.Errorf("seed %d, store %d: %d drops are told, want %d", seed, stores, got, want)
			}
		}
		newMortal(t, die).live(seed, steps)
		t.Logf("seed %d: %d events and log records, %d stores, %d second deaths", seed, len(whole.got), stores, deaths)
		if stores < 5*steps || deaths == 0 {
			t.Errorf("only %d stores and %d second deaths", stores, deaths)
		}
	}
}

// A copy that takes its time, as that of a run which is saved while it lives, loses nothing that was captured before it began.
func TestResumeFromASlowCopy(t *testing.T) {
	const window = 40                                                                      // stores that a copy may take
	behind := 576 + mortalSizes[blackbox.FactsRegion] + mortalSizes[blackbox.OutboxRegion] // what is copied after the outbox
	type moment struct {
		mem      []byte
		captured int
	}
	var past []moment
	rng, copies := rand.New(rand.NewPCG(5, 5)), 0
	newMortal(t, func(m *mortal) {
		if m.Recorder == nil || t.Failed() {
			return
		}
		past = append(past[max(len(past)-window+1, 0):], moment{bytes.Clone(m.block.Bytes()), len(m.captured)})
		if len(m.captured) == 0 || rng.IntN(4) > 0 {
			return
		}
		at := rng.IntN(len(past))
		begin, later := past[at], past[at+rng.IntN(len(past)-at)]
		mem := blackbox.Words(len(begin.mem))
		copy(mem, begin.mem)
		copy(mem[behind:], later.mem[behind:])
		blackbox.Renew(mem, m.block.Bytes())
		slow := *m
		b, _, err := blackbox.Open(mem)
		if err != nil {
			t.Fatal(err)
		}
		slow.block, slow.captured = b, m.captured[:begin.captured]
		heir, err := slow.goOn(func(*mortal) {})
		if err != nil {
			t.Fatal(err)
		}
		copies++
		for _, k := range slow.captured {
			for _, k := range strings.Split(k, "|") {
				if _, ok := heir.got[k]; !ok {
					t.Errorf("copy %d: lost: %s", copies, k)
				}
			}
		}
	}).live(3, 150)
	if copies < 100 {
		t.Errorf("%d copies", copies)
	}
}

// What a dead run, or somebody else, wrote into the copy of its scope goes out only as servers take it.
func TestRestorePassesOverWhatServersRefuse(t *testing.T) {
	s := newScope(4<<10, 4<<10, cleanerOf(""))
	for _, e := range []struct {
		p           part
		name, value string
	}{
		{tagPart, "scene", "boss"}, {tagPart, "a b", "v"}, {tagPart, "release", "v"}, {tagPart, "lines", "a\nb"}, {tagPart, "empty", ""},
		{tagPart, "long", strings.Repeat("x", protocol.MaxTag+1)}, {contextPart, "level", `{"n":1}`}, {contextPart, "broken", `{"n":`}, {userPart, "id", "anna"},
	} {
		s.set(e.p, e.name, e.value)
	}
	r := &Recorder{state: state{scope: newScope(4<<10, 4<<10, cleanerOf(""))}}
	r.restore(append([]byte{0, 0}, s.mem...))
	got := &r.scope
	if len(got.tags) != 1 || protocol.Tagged(got.tags, "scene") != "boss" || len(got.contexts) != 1 || got.contexts[0].Name != "level" || got.user.ID != "anna" {
		t.Errorf("tags %v, contexts %q, user %v; want scene, level and anna", got.tags, got.contexts, got.user)
	}
}
