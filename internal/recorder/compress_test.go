package recorder

import (
	"bytes"
	"fmt"
	"regexp"
	"testing"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
)

// counted counts what is compressed.
type counted struct {
	transport.Compressor
	n *int
}

func (c counted) Pack(dst, item []byte, cut int) ([]byte, int, bool) {
	*c.n++
	return c.Compressor.Pack(dst, item, cut)
}

// pack is one of 80 breadcrumbs, some events and 150 log records, recorded with that compressor; it returns the entries with items as they
// are when they are not compressed.
func recorded(t *testing.T, c transport.Compressor, outbox int) (all []blackbox.Entry, bytesWaiting int) {
	g := newRig(outbox, func(cfg *Config) { cfg.Compress = c })
	for i := range 80 {
		g.put(t, blackbox.History, encoded(record.Head{Type: record.LogType, Flags: record.FlagTrail, PPM: million}, fmt.Sprint("step ", i), nil, nil))
	}
	for i := range 20 {
		g.event(t, i, "connection reset")
	}
	for i := range 150 {
		g.log(t, 0, fmt.Sprint("a log record that says a little ", i))
	}
	g.flushTo.Store(g.ring.Head())
	for g.drain(); ; g.drain() {
		if _, n, _ := g.outbox.Usage(); n > bytesWaiting {
			bytesWaiting = n
		}
		e, ok := g.sent()
		if !ok {
			break
		}
		if e.Encoding != 0 {
			item, ok := deflate.Items().Unpack(nil, e.Body)
			short, ok2 := item, true
			if e.Cut > 0 {
				short, ok2 = deflate.Items().Unpack(nil, e.Body[:e.Cut])
			}
			if !ok || !ok2 || !bytes.HasPrefix(item, short) || e.Cut > 0 && !bytes.HasPrefix(item[len(short):], []byte(`,"breadcrumbs":`)) {
				t.Fatalf("an entry of %d bytes, cut at %d, is none", len(e.Body), e.Cut)
			}
			if e.Body = item; e.Cut > 0 {
				e.Cut = uint32(len(short))
			}
		}
		all = append(all, e)
	}
	if g.drops() != nil {
		t.Errorf("dropped %v", g.drops())
	}
	return all, bytesWaiting
}

// What is compressed is the same, and cut at the same place; each item is compressed once, also where it has to wait for room.
func TestCompressedIsTheSame(t *testing.T) {
	n := 0
	want, plain := recorded(t, nil, 1<<20)
	got, packed := recorded(t, counted{deflate.Items(), &n}, 1<<20)
	if len(got) != len(want) || packed > plain/5 || n != len(got) {
		t.Errorf("%d entries in %d bytes, compressed %d times, want the %d in a fifth of %d and once each", len(got), packed, n, len(want), plain)
	}
	n = 0
	small, _ := recorded(t, counted{deflate.Items(), &n}, 8<<10)
	if n != len(small) {
		t.Errorf("compressed %d times for %d entries of a small outbox", n, len(small))
	}
	for i := range min(len(want), len(got)) {
		a, b := timeless(got[i].Body), timeless(want[i].Body)
		if got[i].Kind == blackbox.Log { // which have an attribute more where two were made at the same time
			a, b = fmt.Sprint(logBodies(t, got[i])), fmt.Sprint(logBodies(t, want[i]))
		}
		if a != b || got[i].Encoding == 0 || timeless(got[i].Body[:got[i].Cut]) != timeless(want[i].Body[:want[i].Cut]) {
			t.Fatalf("entry %d is\n%.300s\nwant\n%.300s", i, a, b)
		}
	}
	events := 0
	for i := range small {
		if small[i].Kind == blackbox.Event {
			events++
		}
	}
	if events != 20 {
		t.Errorf("%d events passed a small outbox, want 20", events)
	}
}

// timeless returns an item with 0 instead of each number, which are times, above all.
func timeless(item []byte) string {
	return regexp.MustCompile(`[0-9]+(\.[0-9]+)?`).ReplaceAllString(string(item), "0")
}
