package text

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
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
			if got := string(AppendTime([]byte("k"), ns, digits)); got != "k"+want {
				t.Fatalf("%d: got %s, want %s", ns, got, want)
			}
		}
	}
}
