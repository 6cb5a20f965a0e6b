package krunk_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
)

const shortAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

func TestEventIDText(t *testing.T) {
	id := krunk.EventID{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0x4d, 0xef, 0x80, 0, 0, 0, 0, 0, 0, 0xff}
	if got, want := id.String(), "0123456789ab4def80000000000000ff"; got != want {
		t.Errorf("String is %q, want %q", got, want)
	}
	for _, tt := range []struct {
		id   krunk.EventID
		want string
	}{
		{krunk.EventID{}, ""},
		{krunk.EventID{1}, "22222222"}, // the high half does not count
		{krunk.EventID{15: 1}, "32222222"},
		{krunk.EventID{15: 30}, "Z2222222"},
		{krunk.EventID{15: 31}, "23222222"}, // carries into the second digit
		{krunk.EventID{14: 0x03, 15: 0xc1}, "22322222"},
	} {
		if got := tt.id.SupportCode(); got != tt.want {
			t.Errorf("Short of %q is %q, want %q", tt.id, got, tt.want)
		}
		if tt.id.IsZero() != (tt.want == "") {
			t.Errorf("IsZero of %q is %v", tt.id, tt.id.IsZero())
		}
	}
}

// Codes of one session: typed without a doubt, different from each other, and every digit is made use of. With 31^8 codes
// two of the ids below share one with a probability of 5 in a million.
func TestShortCodes(t *testing.T) {
	c := quiet(t, krunk.Config{MaxRepeats: -1})
	seen, digits := make(map[string]bool), make(map[rune]bool)
	boom := errors.New("boom")
	for len(seen) < 3000 {
		id := c.Report(boom)
		if id.IsZero() {
			c.Flush(time.Minute) // the ring is full
			continue
		}
		code := id.SupportCode()
		if len(code) != 8 || strings.Trim(code, shortAlphabet) != "" {
			t.Fatalf("code %q: want 8 characters of %s", code, shortAlphabet)
		}
		if seen[code] {
			t.Fatalf("code %s was given out twice", code)
		}
		seen[code] = true
		for _, d := range code {
			digits[d] = true
		}
	}
	if len(digits) != len(shortAlphabet) {
		t.Errorf("%d of %d characters are used", len(digits), len(shortAlphabet))
	}
}

// The player reads the code off the screen before the event was sent; support finds it by the tag.
func TestShortIsTheTagOfTheEvent(t *testing.T) {
	c, srv := sending(t)
	ids := map[string]krunk.EventID{}
	for range 20 {
		id := c.Report(errors.New("boom"))
		ids[id.String()] = id
	}
	func() {
		defer func() {
			id := c.ReportPanic(recover())
			ids[id.String()] = id
		}()
		panic("boom")
	}()
	c.Flush(time.Minute)
	events := srv.Events()
	if len(events) != 21 {
		t.Fatalf("%d events, want 21", len(events))
	}
	for _, ev := range events {
		id, ok := ids[ev.ID]
		if !ok || ev.Tag("support_code") != id.SupportCode() {
			t.Errorf("event %s has the code %q, want %q", ev.ID, ev.Tag("support_code"), id.SupportCode())
		}
	}
}
