package krunk

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestDecimal(t *testing.T) {
	check := func(f float32) {
		want, _ := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
		if abs := math.Abs(want); abs != 0 && (abs < 1e-13 || abs > 1e22) {
			if got := decimal(float64(f)); float32(got) != f {
				t.Errorf("%g: got %g, which is another float32", f, got)
			}
			return
		}
		if got := decimal(float64(f)); got != want || math.Signbit(got) != math.Signbit(want) {
			t.Errorf("%g: got %v, want %v", f, got, want)
		}
	}
	for _, f := range []float32{0, float32(math.Copysign(0, -1)), 0.1, -0.1, 1, 10, 1e9, 123456.79, 1.25e-5, math.MaxFloat32, math.SmallestNonzeroFloat32, 1e22, 16777216} {
		check(f)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		if f := math.Float32frombits(rng.Uint32()); f == f && !math.IsInf(float64(f), 0) {
			check(f)
		}
		check(float32(rng.NormFloat64() * 1000))
	}
	if !math.IsNaN(decimal(math.NaN())) || decimal(math.Inf(-1)) != math.Inf(-1) {
		t.Error("NaN and infinities are not kept")
	}
}
