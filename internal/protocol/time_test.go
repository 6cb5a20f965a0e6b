package protocol

import (
	"math"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/text"
)

func TestAppendTime(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	moments := []int64{0, -1, 1, math.MinInt64, math.MaxInt64, 951782400e9, 4107542399999999999}
	for range 20_000 {
		moments = append(moments, int64(rnd.Uint64()))
	}
	layouts := map[int]string{0: "2006-01-02T15:04:05Z", 3: "2006-01-02T15:04:05.000Z", 6: "2006-01-02T15:04:05.000000Z", 9: "2006-01-02T15:04:05.000000000Z"}
	for _, ns := range moments {
		for digits, layout := range layouts {
			want := time.Unix(0, ns).UTC().Format(layout)
			if got := string(text.AppendTime([]byte("k"), ns, digits)); got != "k"+want {
				t.Fatalf("%d: got %s, want %s", ns, got, want)
			}
		}
	}
}

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
