package natspolicy

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policyserver"
	"github.com/nats-io/nats.go/jetstream"
)

// TestByHand: what somebody puts into the key with the nats command.
func TestByHand(t *testing.T) {
	m := embedded(t)
	s := m.store(Options{})
	publish(t, s, 1, 0)
	f := follow(t, m.store(Options{Every: never}))
	f.applies(1)
	put := func(text string) {
		t.Helper()
		if _, err := s.kv.PutString(t.Context(), defaultKey, text); err != nil {
			t.Fatal(err)
		}
	}
	put(policy(2, `,"clients":5`))
	f.applies(2)
	if e, err := s.Current(t.Context()); err != nil || e.Version != v3(2) || e.By != "" || e.At.IsZero() {
		t.Errorf("a document: %+v, %v", e, err)
	}
	publish(t, s, 3, 2)
	f.applies(3)

	put(policy(4, `,"clients":"many"`))
	if c := f.told(); c.Reason != "rejected" || !strings.Contains(c.Err.Error(), "clients") {
		t.Errorf("a document with a mistake: told %+v", c)
	}
	if _, err := s.Current(t.Context()); !errors.As(err, new(*sampling.Rejection)) {
		t.Errorf("a document with a mistake: %v", err)
	}
	if err := s.Publish(t.Context(), entry(5), v3(3)); !errors.Is(err, policyserver.ErrConflict) {
		t.Errorf("over a document with a mistake: %v", err)
	}
	put(policy(6, `,"enabled":false,"clients":"many"`))
	if c := f.told(); c.Reason != "killed" || !f.c.Status().Killed {
		t.Errorf("the kill switch with a mistake beside it: told %+v", c)
	}
	put(policy(7, ""))
	f.applies(7)

	put(policy(5, ""))
	eventually(t, "the reason in Status", func() bool { return f.c.Status().FetchError != nil })
	if err := f.c.Status().FetchError; !strings.Contains(err.Error(), "3.5 came after 3.7") {
		t.Errorf("an older one: %v", err)
	}
	put(policy(8, ""))
	f.applies(8)
	if list, err := s.History(t.Context(), 9); err != nil || len(list) != 6 {
		t.Errorf("history with two that cannot be read: %v, %v", list, err)
	}

	if err := s.kv.Delete(t.Context(), defaultKey); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the reason in Status", func() bool { return errors.Is(f.c.Status().FetchError, policyserver.ErrEmpty) })
	if _, err := s.Current(t.Context()); !errors.Is(err, policyserver.ErrEmpty) {
		t.Errorf("deleted: %v", err)
	}
	publish(t, s, 9, 0)
	f.applies(9)
	eventually(t, "no reason any more", func() bool { return f.c.Status().FetchError == nil }) // told after the policy is
}

// held is a revision without a server.
type held struct {
	jetstream.KeyValueEntry
	b []byte
}

func (h held) Value() []byte        { return h.b }
func (held) Revision() uint64       { return 12 }
func (held) Created() (t time.Time) { return t }

func TestDecodeRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "revision 12: "},
		{"newer", `{"natspolicy":2,"version":"3.1","document":"e30="}`, "format 2 is of a newer natspolicy; update this program"},
		{"no version", `{"natspolicy":1,"document":"e30="}`, `"" is not a version`},
		{"odd version", `{"natspolicy":1,"version":"three","document":"e30="}`, `"three" is not a version`},
		{"odd predecessor", `{"natspolicy":1,"version":"3.1","replaced":"x","document":"e30="}`, `replaced: "x" is not a version`},
		{"no document", `{"natspolicy":1,"version":"3.1"}`, "there is no document in it"},
		{"too large", strings.Repeat(" ", maxValue+1), "larger than 64 KiB: 159745 bytes"},
	} {
		if v := decode(held{b: []byte(c.text)}); v.bad == nil || !strings.Contains(v.bad.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, v.bad, c.want)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	e := entry(1)
	e.Bytes = make([]byte, sampling.MaxEnvelope+1)
	if _, err := encode(e, "n"); !errors.Is(err, sampling.ErrTooLarge) {
		t.Errorf("large document: %v", err)
	}
	e = entry(1)
	e.Bytes = bytes.Repeat([]byte(" "), sampling.MaxEnvelope)
	b, err := encode(e, "n")
	if err != nil || len(b) > maxValue {
		t.Errorf("largest document: %d bytes, %v", len(b), err)
	}
	e.Audit = strings.Repeat("a", 30<<10)
	if _, err := encode(e, "n"); err == nil || !strings.Contains(err.Error(), "shorten these") {
		t.Errorf("large audit line: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, n := range []int64{1, 1187} {
		b, err := encode(entry(n), "nonce")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add([]byte(policy(n, "")))
	}
	f.Add([]byte(`{"natspolicy":1,"version":"3.1","replaced":"x","document":"e30="}`))
	f.Add([]byte(`{"payload":"e30=","sigs":[{"kid":"a","sig":"AA=="}]}`))
	f.Add([]byte("\xff{"))
	f.Fuzz(func(t *testing.T, b []byte) {
		v := decode(held{b: b})
		if v.bad != nil {
			return
		}
		if v.entry.Version.N <= 0 && v.entry.Version.Epoch <= 0 && v.entry.By == "" && v.entry.At.IsZero() && len(v.entry.Bytes) == 0 {
			t.Fatalf("%q gives an empty entry without an error", b)
		}
		again, err := encode(v.entry, "nonce")
		if err != nil {
			return // too large with what JSON escapes
		}
		w := decode(held{b: again})
		if w.bad != nil || w.entry.Version != v.entry.Version || !bytes.Equal(w.entry.Bytes, v.entry.Bytes) || !w.entry.At.Equal(v.entry.At) {
			t.Fatalf("%q: %s became %s, %v", b, fmt.Sprint(v.entry), fmt.Sprint(w.entry), w.bad)
		}
	})
}
