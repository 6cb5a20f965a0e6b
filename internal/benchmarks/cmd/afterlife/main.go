// Command afterlife measures what a run file costs: memory, bytes written to the disk, and a start beside runs that have died. Linux only.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/krunk-go/krunk/internal/benchmarks"
)

func main() {
	benchmarks.Main()
	d := flag.Duration("for", 2*time.Minute, "how long what is written is counted; 0: it is not")
	runs := flag.Int("runs", 30, "dead runs beside which a start is measured; 0: none is")
	dir := flag.String("dir", os.TempDir(), "where files are kept: a disk, not a tmpfs")
	flag.Parse()
	if err := measure(*dir, *d, *runs); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func measure(in string, d time.Duration, runs int) error {
	dir, err := os.MkdirTemp(in, "afterlife")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := hold(dir); err != nil {
		return err
	}
	if runs > 0 {
		if err := inherit(filepath.Join(dir, "dead"), runs); err != nil {
			return err
		}
	}
	if d > 0 {
		return write(dir, d)
	}
	return nil
}

func hold(dir string) error {
	nobody, err := benchmarks.Hold("nobody", dir)
	if err != nil {
		return err
	}
	for _, who := range []string{"krunk", "stub"} {
		h, err := benchmarks.Hold(who, filepath.Join(dir, who))
		if err != nil {
			return err
		}
		fmt.Printf("%-6s after 200 events, over the same program without: %d KiB resident, of these %d anonymous (%d after a collection), %d of the run file, %d of the program's own pages\n",
			who, h.Resident-nobody.Resident, h.Anonymous-nobody.Anonymous, h.Calm-nobody.Calm, h.RunFile, h.Program-nobody.Program)
	}
	return nil
}

func inherit(dir string, runs int) error {
	got, err := benchmarks.Inherit(runs, dir)
	if err != nil {
		return err
	}
	fmt.Printf("beside %d dead runs with %d events: Start %v; all sent in %v (%v), %d arrived, %d files left\n",
		got.Runs, got.Told, got.Start, got.Took.Round(time.Millisecond), got.Delivered, got.Arrived, benchmarks.RunFiles(dir))
	fmt.Printf("of %d frames meanwhile: given to Krunk %v (without: %v); begun late %v (without: %v)\n", got.Share.N, got.Share, got.Alone, got.Late, got.LateAlone)
	return nil
}

func write(dir string, d time.Duration) error {
	loads := benchmarks.Writers()
	got, errs := make([]benchmarks.Written, len(loads)), make([]error, len(loads))
	var all sync.WaitGroup
	for i, load := range loads {
		all.Add(1)
		go func() {
			defer all.Done()
			got[i], errs[i] = benchmarks.Write(load, filepath.Join(dir, load), d)
		}()
	}
	all.Wait()
	for i, w := range got {
		if errs[i] != nil {
			return errs[i]
		}
		fmt.Printf("%-12s %8d bytes in %v, %6.2f KB/s (the file is %d KiB)\n", w.Load, w.Bytes, w.For, float64(w.Bytes)/1000/w.For.Seconds(), w.File>>10)
	}
	return nil
}
