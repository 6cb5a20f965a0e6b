package plan

import (
	"bytes"
	"encoding/base64"
	"testing"
	"time"
)

func FuzzBase64(f *testing.F) {
	f.Add("AAAA")
	f.Add("AA==")
	f.Add("A===")
	f.Add("AA=A")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := Unbase64(s)
		want, err := base64.StdEncoding.DecodeString(s)
		if bytes.ContainsAny([]byte(s), "\r\n") {
			return // the standard library skips them
		}
		if ok != (err == nil) || ok && !bytes.Equal(got, want) {
			t.Fatalf("%q: got %x, %v, want %x, %v", s, got, ok, want, err)
		}
	})
}

func FuzzTime(f *testing.F) {
	f.Add("2026-10-10T14:00:00Z")
	f.Add("2024-02-29T23:59:59.123456789+05:30")
	f.Add("0000-01-01T00:00:00.5+23:59")
	f.Add("0001-01-01T00:00:00Z")
	f.Add("9999-12-31T23:59:59.999999-23:59")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := rfc3339(s)
		want, err := time.Parse(time.RFC3339, s)
		if ok && (err != nil || !got.Time().Equal(want.Truncate(time.Microsecond)) || got != MomentOf(want)) {
			t.Fatalf("%q: got %v, want %v, %v", s, got, want, err)
		}
	})
}
