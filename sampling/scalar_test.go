package sampling

import (
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
