package benchmarks

import (
	"fmt"
	"io"
)

// Head writes the head of the table.
func Head(w io.Writer) {
	fmt.Fprintln(w, "| measure | Krunk | beside | ratio | goal |")
	fmt.Fprintln(w, "|---|---|---|---|---|")
}

// Rows writes figures as lines of a Markdown table and returns how many goals were missed.
func Rows(w io.Writer, list []Figure) (missed int) {
	for _, f := range list {
		fmt.Fprintln(w, f.row())
		if !f.OK {
			missed++
		}
	}
	return missed
}
