package blackbox

import (
	"bytes"
	"fmt"
	"testing"
)

func TestOutboxPriority(t *testing.T) {
	o := NewOutbox(Words(8 << 10))
	for i, k := range []Kind{Log, Event, Log, Fatal, Event} {
		if !o.Put(Meta{Kind: k, Count: 1}, fmt.Appendf(nil, "%d", i)) {
			t.Fatal("no room")
		}
	}
	var got []string
	for {
		e, ok := o.Next(nil)
		if !ok {
			break
		}
		got = append(got, string(e.Body))
		o.Done(e.Seq)
	}
	if want := "[3 1 4 0 2]"; fmt.Sprint(got) != want {
		t.Errorf("sent in the order %v, want %v", got, want)
	}
}

func TestOutboxRoom(t *testing.T) {
	for _, tt := range []struct {
		kind Kind
		want int
	}{{Log, 4}, {Event, 7}, {Fatal, 8}} {
		o := NewOutbox(Words(8 << 10))
		n := 0
		for o.Put(Meta{Kind: tt.kind}, make([]byte, 1024-entryHeader)) {
			n++
		}
		if n != tt.want {
			t.Errorf("kind %d: %d entries of an eighth, want %d", tt.kind, n, tt.want)
		}
	}
}

func TestOutboxWraps(t *testing.T) {
	o := NewOutbox(Words(4 << 10))
	for i := range 1000 {
		body := bytes.Repeat([]byte{byte(i)}, 100+i%800)
		if !o.Put(Meta{Kind: Fatal, ID: [16]byte{1}}, body) {
			t.Fatalf("entry %d found no room in an outbox with one entry", i)
		}
		if i == 0 {
			continue
		}
		e, ok := o.Next(nil)
		if !ok || e.Body[0] != byte(i-1) || len(e.Body) != 100+(i-1)%800 {
			t.Fatalf("entry %d is not what was put", i-1)
		}
		o.Done(e.Seq)
		if o.Drained(e.Seq+1) || !o.Drained(e.Seq) {
			t.Fatalf("after entry %d: Drained is wrong", e.Seq)
		}
	}
}

func TestOutboxSkipAndOutOfOrder(t *testing.T) {
	o := NewOutbox(Words(4 << 10))
	o.Put(Meta{Kind: Fatal, Category: 7}, []byte("waits"))
	o.Put(Meta{Kind: Log}, []byte("goes"))
	e, ok := o.Next(func(m Meta) bool { return m.Category == 7 })
	if !ok || string(e.Body) != "goes" {
		t.Fatalf("got %q", e.Body)
	}
	o.Done(e.Seq)
	if n, _, _ := o.Usage(); n != 1 || o.Drained(2) {
		t.Errorf("%d entries wait, want the skipped one", n)
	}
	e, _ = o.Next(nil)
	o.Done(e.Seq)
	if n, b, _ := o.Usage(); n != 0 || b != 0 || !o.Drained(2) {
		t.Errorf("%d entries in %d bytes wait, want none", n, b)
	}
}

func TestHistoryBuffer(t *testing.T) {
	kept := NewHistoryBuffer(Words(64 << 10))
	for i := range 250 {
		kept.Add(fmt.Appendf(nil, "crumb %d", i))
	}
	if kept.Len() != MaxHistory {
		t.Fatalf("kept %d, want %d", kept.Len(), MaxHistory)
	}
	for i := range MaxHistory {
		if want := fmt.Sprintf("crumb %d", 150+i); string(kept.At(i)) != want {
			t.Fatalf("entry %d is %q, want %q", i, kept.At(i), want)
		}
	}
	small := NewHistoryBuffer(Words(1 << 10))
	for i := range 500 {
		small.Add(bytes.Repeat([]byte{byte(i)}, 1+i%300))
		for j := range small.Len() {
			n := i - small.Len() + 1 + j
			if b := small.At(j); len(b) != min(1+n%300, 256-historyHeader) || b[0] != byte(n) || b[len(b)-1] != byte(n) {
				t.Fatalf("after %d: entry %d is not crumb %d", i, j, n)
			}
		}
	}
}
