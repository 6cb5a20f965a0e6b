package main

import (
	"strings"
	"testing"
	"time"
)

func TestHistogram(t *testing.T) {
	times := []time.Duration{time.Hour, 99 * time.Microsecond, 100 * time.Microsecond, 150 * time.Microsecond}
	h := newHistogram(times)
	for i, want := range map[int]int{0: 1, 1: 1, 2: 1, classes - 1: 1} {
		if got := h.counts[i]; got != want {
			t.Errorf("class %d up to %v: got %d, want %d", i, classEnd(i), got, want)
		}
	}
	if got := [3]time.Duration{h.at(0), h.at(0.5), h.at(1)}; got != [3]time.Duration{times[1], times[3], times[0]} {
		t.Errorf("got shortest, median, longest %v", got)
	}
	if times[0] != time.Hour {
		t.Error("newHistogram sorted its argument")
	}
	if got := newHistogram(nil).at(0.5); got != 0 {
		t.Errorf("got median %v of no times, want 0", got)
	}
}

func TestPrintBeside(t *testing.T) {
	var out strings.Builder
	quick := []time.Duration{110 * time.Microsecond, 120 * time.Microsecond}
	printBeside(&out, newHistogram(quick), newHistogram([]time.Duration{190 * time.Microsecond, time.Hour}))
	for _, want := range []string{
		"up to 0.14 ms       2 " + strings.Repeat("█", barWidth) + "     0\n",
		"up to 0.20 ms       0                              1 " + strings.Repeat("█", barWidth/2) + "\n",
		"longest          0.12 ms                        3600000.00 ms\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got no %q in\n%s", want, out.String())
		}
	}
	if got := strings.Count(out.String(), "\n"); got != 1+classes-1+3 {
		t.Errorf("got %d lines, want a row for each class from the second to the last", got)
	}
}
