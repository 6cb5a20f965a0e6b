package heir

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/recorder"
)

// addLine makes a run that died with a line which its recorder had not read.
func (d *folder) addLine(t *testing.T, name string) {
	t.Helper()
	f := d.add(t, name, time.Now(), target)
	f.text = "panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/a/main.go:3 +0x1\n"
	b, _, err := blackbox.Open(f.mem)
	if err != nil {
		t.Fatal(err)
	}
	h := record.Head{Type: record.LogType, PPM: 1e6, Flags: record.FlagLine | record.FlagPlain | record.FlagTrail}
	field := record.Field{Key: "words", Kind: record.Line}
	s, ok := b.Ring().Reserve(blackbox.History, record.Size(&h, "raw", 0)+field.Size())
	if !ok {
		t.Fatal("no room")
	}
	w := record.Begin(s.Body, &h, "raw", nil)
	w.Field(&field)
	b.Ring().Commit(&s)
}

// reads brings the format of addLine.
func reads(l *recorder.Lines) {
	l.Add(&recorder.Format{Name: "words", Open: func(dst, body []byte) []byte {
		rec, _ := record.Read(body)
		h := rec.Head
		h.Flags &^= record.FlagLine
		out := make([]byte, record.Size(&h, "was read", 0))
		record.Begin(out, &h, "was read", nil)
		return append(dst, out...)
	}})
}

// A crashed run is found while the program starts, before its loggers are made: its lines wait for who can read them, but not for long, and not where
// somebody waits for a flush.
func TestLinesWaitForTheirFormat(t *testing.T) {
	for _, tt := range []struct {
		name          string
		known, asked  bool
		brought, sent time.Duration // brought: when the format is, 0: never
		want          string
	}{
		{name: "brought later", brought: 100 * time.Millisecond, sent: patience, want: "was read"},
		{name: "known", known: true, want: "was read"},
		{name: "never brought", sent: patience, want: "raw"},
		{name: "a flush", asked: true, want: "raw"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var d folder
				d.addLine(t, "a")
				h, _ := d.heirs()
				h.cfg.Recorder.Lines = new(recorder.Lines)
				if tt.known {
					reads(h.cfg.Recorder.Lines)
				}
				began := time.Now()
				box := h.Next(true, tt.asked)
				for box == nil {
					w := h.Wait()
					if w <= 0 {
						t.Fatal("nothing waits and nothing is there")
					}
					if tt.brought > 0 {
						time.Sleep(tt.brought)
						reads(h.cfg.Recorder.Lines)
						w = h.Wait()
					}
					time.Sleep(w)
					box = h.Next(true, false)
				}
				if got := time.Since(began); got > tt.sent {
					t.Errorf("it waited for %v, want %v at most", got, tt.sent)
				}
				e, ok := box.Next(-1, nil)
				if !ok || !bytes.Contains(e.Body, []byte(`"message":"`+tt.want+`"`)) {
					t.Errorf("got %s, want a breadcrumb that says %q", e.Body, tt.want)
				}
			})
		})
	}
}
