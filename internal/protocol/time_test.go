package protocol

import (
	"math/rand/v2"
	"net/http"
	"testing"
	"time"
)

func TestParseHTTPDate(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 20_000 {
		want := rnd.Int64N(8e9)
		if got, ok := parseHTTPDate(time.Unix(want, 0).UTC().Format(http.TimeFormat)); !ok || got != want {
			t.Fatalf("got %d, %v, want %d", got, ok, want)
		}
	}
	for _, s := range []string{"", "Mon, 21 Sep 2026 14:13:21", "Mon, 21 Sep 2026 14:13:21 CET", "Mon, 00 Sep 2026 14:13:21 GMT", "Mon, 21 Sap 2026 14:13:21 GMT", "Mon, 21 epO 2026 14:13:21 GMT", "Mon, 21 Sep 20x6 14:13:21 GMT", "Mon, 21 Sep 2026 1-:13:21 GMT", "Mon, -1 Sep 2026 14:13:21 GMT"} {
		if got, ok := parseHTTPDate(s); ok {
			t.Errorf("%q: got %d, want no date", s, got)
		}
	}
}
