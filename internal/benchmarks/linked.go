package benchmarks

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Part is a function of the standard library that the lean program must not link, and what it costs and is replaced by.
type Part struct {
	Symbol, Why string
}

// Parts are the edges to the standard library that were cut: each would come back with one call.
func Parts() []Part {
	const (
		tables = "tables of Unicode, 36 KiB with what calls them; use internal/ascii, or text.TrimSpace"
		zones  = "formatting of times and time zones, 55 KiB; a type that holds a time.Time became an interface, or a channel of a timer"
		number = "17 KiB; read the digits that Krunk itself wrote, or see krunk/any.go"
		errs   = "strconv's errors quote what they could not read, 14 KiB; count digits"
		sorts  = "sorting of a type, 6 to 10 KiB each; sort in gaps that shrink, as text.SortKeys does"
		waits  = "select of two channels, 11 KiB; use notify.Signal.Wait, or one notify.Bell"
	)
	return []Part{
		{"time.Time.AppendFormat", zones}, {"time.Time.String", zones}, {"time.(*Location).lookup", zones},
		{"unicode.ToLower", tables}, {"unicode.SimpleFold", tables}, {"unicode.IsSpace", tables},
		{"strings.Map", tables}, {"strings.TrimFunc", tables}, {"strings.Replace", "4 KiB with Index; go through the bytes"},
		{"strings.Index", "3 KiB; ascii.Index"}, {"bytes.Index", "1.6 KiB, also as Contains and Cut; ascii.Index"}, {"internal/stringslite.Index", "3 KiB, also as Contains, Cut, Split or Count; ascii.Index, ascii.Cut"},
		{"internal/strconv.ParseFloat", number}, {"strconv.ParseUint", errs}, {"strconv.ParseInt", errs}, {"strconv.(*NumError).Error", errs},
		{"strconv.appendQuotedWith", "tables for what is printable, 10 KiB; text.Quote"},
		{"slices.pdqsortCmpFunc[...]", sorts}, {"slices.pdqsortOrdered[...]", sorts}, {"slices.Insert[...]", "3 KiB a type; append and copy"},
		{"runtime.selectgo", waits}, {"sync.(*WaitGroup).Wait", "3 KiB; count in an atomic and Broadcast"},
		{"reflect.(*rtype).String", "17 KiB; typeName names types, printed prints basic values, see krunk/typename_lean.go"},
		{"internal/runtime/maps.(*Map).Delete", "delete from a map, 7 KiB with clear of one; a new map, or a list"},
		{"runtime.mapaccess1", "a map with a key that is no string or number, 2 KiB"},
		{"math/rand/v2.(*Rand).uint64n", "rand.N, 2 KiB; the remainder of rand.Uint64"},
		{"fmt.Sprintf", "fmt, 60 KiB and more"},
	}
}

// Links reports whether a program, which may be stripped, has a function of that name: traces of stacks need them.
func Links(program []byte, symbol string) bool {
	return bytes.Contains(program, []byte("\x00"+symbol+"\x00"))
}

// Edges returns how the lean program comes to a function, from it back to the main function. There may be others: the linker
// tells the first one alone, so the next one is there when that is cut.
func Edges(symbol string) (string, error) {
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -dumpdep", "-o", os.DevNull, "./size/lean")
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm", "GOARM=7", "CGO_ENABLED=0", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("benchmarks: edges: %w", err)
	}
	to, from := "", make(map[string]string)
	for line := range strings.Lines(string(out)) {
		a, b, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " -> ")
		a, _, _ = strings.Cut(a, " <")
		b, _, _ = strings.Cut(b, " <")
		if _, known := from[b]; !known {
			from[b] = a
		}
		if name, _, generic := strings.Cut(b, "["); b == symbol || generic && name+"[...]" == symbol {
			to = b
		}
	}
	path := to
	for n := 0; n < 12 && to != "" && from[to] != "" && to != "main.main"; n++ {
		to = from[to]
		path += " <- " + strings.ReplaceAll(to, "github.com/krunk-go/krunk/", "")
	}
	return path, nil
}
