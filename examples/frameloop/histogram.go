package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// histogram counts times in classes that grow by a factor of the square root of two.
type histogram struct {
	sorted []time.Duration
	counts [classes]int
}

const (
	classes    = 24
	firstClass = 100 * time.Microsecond // upper end of class 0
	barWidth   = 24
)

func newHistogram(times []time.Duration) *histogram {
	h := &histogram{sorted: slices.Sorted(slices.Values(times))}
	for _, d := range times {
		h.counts[classOf(d)]++
	}
	return h
}

// classEnd is the first time that does not belong to class i any more.
func classEnd(i int) time.Duration {
	d := firstClass << (i / 2)
	if i%2 == 1 {
		d = d * 1414 / 1000
	}
	return d
}

func classOf(d time.Duration) int {
	i := 0
	for i < classes-1 && d >= classEnd(i) {
		i++
	}
	return i
}

// at is the time that a share of all times does not exceed; 1 is the longest one. No times: 0.
func (h *histogram) at(share float64) time.Duration {
	if len(h.sorted) == 0 {
		return 0
	}
	i := int(share * float64(len(h.sorted)))
	return h.sorted[min(i, len(h.sorted)-1)]
}

// printBeside prints both histograms, a row for each class from the first to the last one in use.
func printBeside(w io.Writer, a, b *histogram) {
	from, to := classes, -1
	most := 1
	for i := range classes {
		if a.counts[i]+b.counts[i] > 0 {
			from, to = min(from, i), i
			most = max(most, a.counts[i], b.counts[i])
		}
	}
	fmt.Fprintf(w, "  %-15s  %-*s  %s\n", "work of a frame", barWidth+5, "without Krunk", "with Krunk")
	for i := from; i <= to; i++ {
		class := "up to " + ms(classEnd(i))
		if i == classes-1 {
			class = "longer"
		}
		fmt.Fprintf(w, "  %-15s  %-*s  %s\n", class, barWidth+5, bar(a.counts[i], most), bar(b.counts[i], most))
	}
	for _, row := range [...]struct {
		name  string
		share float64
	}{{"median", 0.5}, {"99 of 100", 0.99}, {"longest", 1}} {
		fmt.Fprintf(w, "  %-15s  %-*s  %s\n", row.name, barWidth+5, ms(a.at(row.share)), ms(b.at(row.share)))
	}
}

// bar is a count with a bar as long as its share of most; what is not zero has at least one block.
func bar(n, most int) string {
	if n == 0 {
		return "   0"
	}
	return fmt.Sprintf("%4d %s", n, strings.Repeat("█", max(n*barWidth/most, 1)))
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/1e6) }

func us(d time.Duration) string { return fmt.Sprintf("%.1f µs", float64(d)/1e3) }
