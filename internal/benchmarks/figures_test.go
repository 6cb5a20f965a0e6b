package benchmarks

import (
	"strings"
	"testing"
)

func TestRows(t *testing.T) {
	times := Times{"krunk": 30, "walk": 2, "callers": 10, "sentry-go": 3000, "krunk/crumbs=100": 31, "sentry-go/crumbs=100": 4000}
	var b strings.Builder
	if missed := Rows(&b, ReportFigures(times)[:3]); missed != 1 {
		t.Errorf("missed goals: got %d, want 1", missed)
	}
	want := `| Report(err), 10 frames | 30.0 ns | 10.0 callers | 3.00x | <= 0.50x **MISSED** |
| of that, the walk of the stack | 2.00 ns | 10.0 callers | 0.20x |  |
| Report(err), 10 frames | 30.0 ns | 3000 sentry-go | 0.0100x | <= 1/12 ok |
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
