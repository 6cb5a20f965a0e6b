package benchmarks

import (
	"strings"
	"testing"
)

func TestRows(t *testing.T) {
	times := Times{"krunk": 30, "callers": 10, "sentry-go": 3000, "krunk/crumbs=100": 31, "sentry-go/crumbs=100": 4000}
	var b strings.Builder
	if missed := Rows(&b, ReportFigures(times)[:3]); missed != 1 {
		t.Errorf("missed goals: got %d, want 1", missed)
	}
	want := `| Report(err), 10 frames | 30.0 ns | 10.0 callers | 3.00x | <= 1.5x **MISSED** |
| Report(err), 10 frames | 30.0 ns | 3000 sentry-go | 0.0100x | <= 1/12 ok |
| with 100 breadcrumbs in history | 31.0 ns | 30.0 krunk | 1.03x | <= 1.1x ok |
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
