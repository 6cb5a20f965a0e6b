package plan

import (
	"encoding/json"
	"os"
	"testing"
	"time"
)

// Every day from year 0 on, and those that do not exist, as package time has them.
func TestCivil(t *testing.T) {
	for year := 0; year <= 9999; year += 1 + year%7 {
		for month := 0; month <= 13; month++ {
			for _, day := range []int{0, 1, 15, 28, 29, 30, 31, 32} {
				at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
				want := int(at.Unix() / 86400)
				if at.Unix() < 0 {
					want = int((at.Unix() - 86399) / 86400)
				}
				exists := at.Year() == year && at.Month() == time.Month(month) && at.Day() == day
				if got, ok := civil(year, month, day); ok != exists || ok && got != want {
					t.Fatalf("%d-%d-%d: got %d, %v, want %d, %v", year, month, day, got, ok, want, exists)
				}
			}
		}
	}
}

func TestPercentVectors(t *testing.T) {
	var f struct {
		Vectors []struct {
			Percent json.Number
			PPM     uint64
		}
	}
	b, err := os.ReadFile("testdata/percent_to_ppm.json")
	if err == nil {
		err = json.Unmarshal(b, &f)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Vectors) != 9 {
		t.Fatalf("got %d vectors, want 9", len(f.Vectors))
	}
	for _, v := range f.Vectors {
		if got, bad := Decimal(v.Percent.String(), 4); got != v.PPM || bad != numGood {
			t.Errorf("%s = %d, %d, want %d", v.Percent, got, bad, v.PPM)
		}
	}
}

func TestDecimal(t *testing.T) {
	for _, v := range []struct {
		lit  string
		want uint64
		bad  numeral
	}{
		{"1e1", 100_000, numGood}, {"1E+2", 1_000_000, numGood}, {"1000e-1", 1_000_000, numGood}, {"0.00010000", 1, numGood},
		{"-0", 0, numGood}, {"0e999999999999", 0, numGood}, {"-1", 0, numNegative}, {"0.00001", 0, numFine}, {"1e-99", 0, numFine},
		{"1e99999999999", 0, numLarge}, {"123456789012345678901234567890", 0, numFine}, {"33.333300000000000000000000000", 333_333, numGood},
		{"0.000000000000000000000000000001", 0, numFine},
	} {
		got, bad := Decimal(v.lit, 4)
		if v.lit == "123456789012345678901234567890" && bad == numLarge {
			bad = numFine // either refusal will do
		}
		if bad != v.bad || bad == numGood && got != v.want {
			t.Errorf("decimal(%s) = %d, %d, want %d, %d", v.lit, got, bad, v.want, v.bad)
		}
	}
}
