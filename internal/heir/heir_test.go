package heir

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/recorder"
	"github.com/krunk-go/krunk/internal/stack"
	"github.com/krunk-go/krunk/internal/tally"
	"github.com/krunk-go/krunk/internal/verdict"
)

// folder is a Dir on the heap.
type folder struct {
	runs  []Left
	files map[string]*memory
	bytes int64
	age   time.Duration
}

type memory struct {
	mem        []byte
	text, name string
	ended      int64
	claimed    bool
	removed    bool
	synced     bool
	cuts       int
	moves      int  // calls of Move in which all that was moved was moved
	early      bool // it was cut before what it holds was on the disk
	stays      bool // it cannot be removed
}

func (d *folder) List() []Left {
	var left []Left
	for _, run := range d.runs {
		if !d.files[run.Name].removed {
			left = append(left, run)
		}
	}
	return left
}

func (d *folder) Claim(name string) (File, error) {
	f := d.files[name]
	if f.claimed || f.removed {
		return nil, errors.New("busy")
	}
	f.claimed = true
	return f, nil
}

func (d *folder) Rule() (int64, int64) { return d.bytes, int64(d.age) }

func (f *memory) Bytes() []byte   { return f.mem }
func (f *memory) Ended() int64    { return f.ended }
func (f *memory) Text(int) string { return f.text }
func (f *memory) Sync()           { f.synced = true }

func (f *memory) Move(move func()) {
	b, _, _ := blackbox.Open(f.mem)
	before := b.Live.Cut.Load()
	move()
	if before == 0 && b.Live.Cut.Load() != 0 {
		f.moves++
	}
}
func (f *memory) Remove() { f.removed = !f.stays }
func (f *memory) Close()  { f.claimed = false }

func (f *memory) Cut(n int) {
	f.early = f.early || !f.synced
	f.mem, f.synced = f.mem[:n:n], false
	f.cuts++
}

const target = "here"

// add makes a run with some events in its outbox.
func (d *folder) add(t testing.TB, name string, ended time.Time, to string, kinds ...blackbox.Kind) *memory {
	t.Helper()
	s := blackbox.Sizes{blackbox.FactsRegion: blackbox.FactsSize, blackbox.OutboxRegion: 64 << 10, blackbox.BatchRegion: 4 << 10, blackbox.ScopeRegion: recorder.CopiesSize(1 << 10),
		blackbox.NamesRegion: 512, blackbox.TallyRegion: tally.Size, blackbox.HistoryRegion: 4 << 10, blackbox.RingRegion: blackbox.MinRing}
	f := &memory{mem: blackbox.Words(s.Total()), name: name, ended: ended.UnixNano()}
	b := blackbox.NewBlock(f.mem, s, 7)
	b.Publish(&blackbox.Facts{Start: ended.UnixNano(), Crash: [16]byte{1}, Texts: [blackbox.FactTexts]string{blackbox.Target: to}})
	o := b.Outbox()
	for i, k := range kinds {
		o.Put(blackbox.Meta{ID: [16]byte{byte(i + 1)}, Kind: k, Category: uint8(protocol.CategoryError), Count: 1}, []byte(name+" "+strconv.Itoa(i)))
	}
	if d.files == nil {
		d.files = make(map[string]*memory)
	}
	d.files[name] = f
	d.runs = append(d.runs, Left{Name: name, Ended: f.ended, Size: int64(len(f.mem))})
	return f
}

func (d *folder) heirs() (*Heirs, *tally.Tally) {
	if d.bytes == 0 {
		d.bytes, d.age = 1<<30, time.Hour*24*30
	}
	dropped := new(tally.Tally)
	cfg := Config{Target: target, Build: stack.Fingerprint(), Recorder: recorder.Config{
		Bell: new(notify.Bell), Progress: new(notify.Signal), Tally: dropped, Wake: func() {}, Room: recorder.Room{Scope: 1 << 10, Item: 8 << 10},
	}}
	return New(d, cfg), dropped
}

// send sends what is there and returns it.
func send(h *Heirs, rest, all bool, most int) (sent []string) {
	for o := h.Next(rest, all); o != nil && len(sent) < most; o = h.Next(rest, all) {
		e, ok := o.Next(-1, nil)
		if !ok {
			break
		}
		sent = append(sent, string(e.Body))
		o.Done(e.Seq)
	}
	return sent
}

func want(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func TestCrashesFirstTheNewestInFront(t *testing.T) {
	var d folder
	now := time.Now()
	d.add(t, "a", now, target, blackbox.Event, blackbox.Event)
	d.add(t, "b", now, target, blackbox.Fatal).text = "panic: x"
	d.add(t, "c", now, target, blackbox.Event)
	d.add(t, "d", now, target, blackbox.Event, blackbox.Fatal).text = "panic: y"
	h, _ := d.heirs()
	h.cfg.Jitter = time.Hour
	want(t, "while this run has something to send", send(h, false, false, 9), "d 1", "d 0", "b 0")
	want(t, "before their time", send(h, true, false, 9))
	if w := h.Wait(); w < 59*time.Minute {
		t.Errorf("the others wait for %v, want an hour", w)
	}
	want(t, "at once", send(h, true, true, 9), "a 0", "a 1", "c 0")
	for name, f := range d.files {
		if !f.removed || f.claimed {
			t.Errorf("%s: removed %v, claimed %v", name, f.removed, f.claimed)
		}
	}
	if w := h.Wait(); w != 0 {
		t.Errorf("nothing waits: got %v", w)
	}
}

func TestWhatIsLeftAlone(t *testing.T) {
	var d folder
	now := time.Now()
	d.add(t, "another project", now, "there", blackbox.Event)
	d.add(t, "newer", now, target, blackbox.Event).mem[7]++
	d.add(t, "alive", now, target, blackbox.Event).claimed = true
	d.add(t, "broken", now, target, blackbox.Event).mem[20]++
	h, dropped := d.heirs()
	want(t, "sent", send(h, true, true, 9))
	for name, gone := range map[string]bool{"another project": false, "newer": false, "alive": false, "broken": true} {
		if d.files[name].removed != gone {
			t.Errorf("%s: removed %v, want %v", name, !gone, gone)
		}
	}
	if got := dropped.Total(nil); len(got) != 1 || got[0].Reason != protocol.ReasonCacheOverflow || got[0].Quantity != 1 {
		t.Errorf("counted %+v, want one event of the broken one", got)
	}
}

func TestLimits(t *testing.T) {
	var d folder
	now := time.Now()
	d.add(t, "month", now.Add(-31*24*time.Hour), target, blackbox.Event, blackbox.Event, blackbox.Event)
	d.add(t, "crash", now, target, blackbox.Fatal).text = "panic: x"
	d.add(t, "old", now, target, blackbox.Event)
	d.add(t, "new", now, target, blackbox.Event)
	d.bytes, d.age = 12<<10, 30*24*time.Hour // two of them, cut
	h, dropped := d.heirs()
	want(t, "sent", send(h, true, true, 9), "crash 0", "new 0")
	if got := dropped.Total(nil); len(got) != 1 || got[0].Quantity != 4 || got[0].Reason != protocol.ReasonCacheOverflow {
		t.Errorf("counted %+v, want 4 events", got)
	}
}

// Before a run goes for its size, what only going on with the runs needs is given back.
func TestCutBeforeAnyGoes(t *testing.T) {
	var d folder
	now := time.Now()
	for _, name := range []string{"a", "b", "c"} {
		d.add(t, name, now, target, blackbox.Event)
	}
	empty := d.add(t, "empty", now, target)
	d.bytes, d.age = 3*d.runs[0].Size/2, 30*24*time.Hour
	h, dropped := d.heirs()
	want(t, "sent", send(h, true, true, 9), "a 0", "b 0", "c 0")
	if got := dropped.Total(nil); len(got) != 0 || !empty.removed {
		t.Errorf("counted %+v, want nothing", got)
	}
}

// A run that was gone on with takes what its envelopes take, goes on as often as it likes, and stays what it was: its end, its age, a crash.
func TestCut(t *testing.T) {
	var d folder
	f := d.add(t, "a", time.Now().Add(-time.Hour), target, blackbox.Event, blackbox.Event, blackbox.Fatal)
	f.text = "fatal error: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/a/main.go:3 +0x1\n"
	b, facts, _ := blackbox.Open(f.mem)
	facts.Crash = [16]byte{0xc}
	b.Publish(&facts)
	ended := f.ended
	for range 2 * mostAttempts {
		h, _ := d.heirs()
		if h.Next(false, false) == nil {
			t.Fatal("a crash waits for its turn")
		}
		h.Shorten()
		h.Leave()
		f.ended = time.Now().UnixNano() // what is written into it changes that
		f.text = "what is behind the end of it"
	}
	if n := len(f.mem); n > 9<<10 {
		t.Errorf("%d bytes are left", n)
	}
	b, _, _ = blackbox.Open(f.mem)
	if how, ok := verdict.Noted(b.Live); !ok || how != verdict.Fatal || b.EndedAt(f.ended) != ended {
		t.Errorf("it died of %v at %d, want what was written then, at %d", how, b.EndedAt(f.ended), ended)
	}
	h, _ := d.heirs()
	if got := send(h, true, true, 9); len(got) != 4 || !strings.Contains(got[0]+got[1], `"fatal error"`) {
		t.Errorf("sent %q, want 3 and the crash of the text", got)
	}
	if !f.removed {
		t.Error("it stays")
	}
	d.bytes, d.age = 1<<30, 30*time.Minute // with an end an hour ago
	f = d.add(t, "b", time.Now(), target, blackbox.Event)
	b, _, _ = blackbox.Open(f.mem)
	b.Ended.Store(ended)
	h, _ = d.heirs()
	if want(t, "what is too old", send(h, true, true, 9)); !f.removed {
		t.Error("what was claimed again and again never gets old")
	}
}

func TestAttempts(t *testing.T) {
	var d folder
	f := d.add(t, "a", time.Now(), target, blackbox.Event)
	b, _, err := blackbox.Open(f.mem)
	if err != nil {
		t.Fatal(err)
	}
	b.Attempts.Store(mostAttempts - 1)
	h, _ := d.heirs()
	if h.Next(true, true) == nil || b.Attempts.Load() != 0 {
		t.Errorf("a run that was gone on with counts %d attempts", b.Attempts.Load())
	}
	h.Leave()
	if f.claimed || f.removed {
		t.Errorf("left: claimed %v, removed %v", f.claimed, f.removed)
	}
	b.Attempts.Store(mostAttempts)
	h, dropped := d.heirs()
	want(t, "after three programs that died of it", send(h, true, true, 9))
	if !f.removed || len(dropped.Total(nil)) != 1 {
		t.Errorf("removed %v, counted %v", f.removed, dropped.Total(nil))
	}
}

// A program that dies after it got on does not count, however many do.
func TestAttemptsThatGotOn(t *testing.T) {
	var d folder
	f := d.add(t, "a", time.Now(), target, blackbox.Event)
	b, _, err := blackbox.Open(f.mem)
	if err != nil {
		t.Fatal(err)
	}
	for done := range uint64(3 * mostAttempts) {
		b.Done.Store(100 + done/2)
		if n := tried(b); n != 1+done%2 {
			t.Errorf("claim %d: %d attempts, want %d", done, n, 1+done%2)
		}
	}
}

func TestForeignEncodingWaits(t *testing.T) {
	var d folder
	f := d.add(t, "a", time.Now(), target, blackbox.Event)
	b, _, _ := blackbox.Open(f.mem)
	o, _ := b.OpenOutbox()
	o.Put(blackbox.Meta{Kind: blackbox.Event, Encoding: 9}, []byte("packed"))
	h, _ := d.heirs()
	want(t, "what can be sent", send(h, true, true, 9), "a 0")
	if f.removed || f.claimed {
		t.Errorf("removed %v, claimed %v; want it to wait", f.removed, f.claimed)
	}
}

// FuzzRun gives the heir a run with anything at any place of it.
func FuzzRun(f *testing.F) {
	f.Add(uint32(0), []byte("\x00KRUNK03"), "panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:1 +0x1\n")
	f.Add(uint32(8), []byte{1, 2, 3, 4}, "")
	f.Add(uint32(128), bytes.Repeat([]byte{0xff}, 400), "fatal error: x")
	f.Add(uint32(4096), bytes.Repeat([]byte{7}, 64), "")
	f.Add(uint32(70<<10), make([]byte, 1024), "SIGABRT: abort\n")
	head := 192 + uint32(unsafe.Offsetof(blackbox.Live{}.Afterlife)) // what heirs wrote before: attempts, end, of what it died, where it was cut
	for _, cut := range []uint64{1, 4096, 5000, 4096 + 64<<10, 1 << 40} {
		b := binary.LittleEndian.AppendUint64(make([]byte, 8, 32), uint64(time.Now().UnixNano()))
		b = binary.LittleEndian.AppendUint64(b, 3)
		f.Add(head, binary.LittleEndian.AppendUint64(b, cut), "panic: x\n")
	}
	f.Fuzz(func(t *testing.T, at uint32, data []byte, text string) {
		var d folder
		file := d.add(t, "x", time.Now(), target, blackbox.Event, blackbox.Fatal, blackbox.Log)
		file.text = text
		copy(file.mem[int(at)%len(file.mem):], data)
		h, _ := d.heirs()
		if n := len(send(h, true, true, 10000)); n == 10000 {
			t.Error("no end")
		}
	})
}
