package benchmarks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/runfile"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/http1"
)

const frameTime = time.Second / 60

// Held is what a process holds in memory after 200 events, in KiB.
type Held struct {
	Resident, Anonymous int
	RunFile             int // touched pages of the run file, a part of Resident
	Program             int // pages of the program itself, likewise: code and tables that were used, 16 at a time
	Calm                int // Anonymous after a collection that gave everything back
}

// Hold plays 200 frames with an error each in a process of its own and looks at its memory. who is "krunk", with a run file in dir and
// http1 to a server of its own, "stub", with a transport that accepts all, or "nobody", the same program without a client. Linux only.
func Hold(who, dir string) (h Held, err error) {
	_, err = withServer(func(addr string) error { return runChild(&h, "hold", who, addr, dir) })
	return h, err
}

// withServer calls f with the address of a server that counts, and returns what that has seen.
func withServer(f func(addr string) error) (seen Seen, err error) {
	srv, err := startChild("server", "up")
	if err != nil {
		return seen, err
	}
	var addr string
	if err = srv.out.Decode(&addr); err == nil {
		err = f(addr)
	}
	return seen, errors.Join(err, srv.end(&seen))
}

// mortal starts a client with a run file.
func mortal(addr, dir string, tr transport.Transport) (*krunk.Client, error) {
	to, err := targetOf(addr)
	if err == nil && tr == nil {
		tr, err = to.http1()
	}
	if err != nil {
		return nil, err
	}
	return krunk.Start(krunk.Config{
		DSN: to.dsn, Transport: tr, RunFile: runfile.With(runfile.Options{Dir: dir, Disk: 1 << 30}), Release: "game@1", MaxRepeats: -1,
		Channels: map[string]krunk.Thresholds{"*": {Send: "off"}},
	})
}

func holdRole(args []string, out *json.Encoder) error {
	if len(args) != 3 {
		return fmt.Errorf("benchmarks: role hold got %q; write who, address, directory", args)
	}
	var c *krunk.Client
	if args[0] != "nobody" {
		var tr transport.Transport // http1
		if args[0] == "stub" {
			tr = transport.Func(accept)
		}
		var err error
		if c, err = mortal(args[1], args[2], tr); err != nil {
			return err
		}
		defer c.Close(patient)
	} else if _, err := http1.New(nil); err != nil {
		return err
	}
	ch := c.Channel("game")
	for i := range 200 {
		c.Beat()
		ch.Debug("a frame", krunk.Int("n", i))
		deeper(10, func() { ch.Report(fmt.Errorf("error %d", i), krunk.Int("n", i)) })
		time.Sleep(frameTime)
	}
	c.Flush(patient)
	time.Sleep(time.Second)
	h, err := resident()
	if err != nil {
		return err
	}
	debug.FreeOSMemory()
	calm, err := resident()
	h.Calm = calm.Anonymous
	return errors.Join(err, out.Encode(h))
}

//go:noinline
func deeper(n int, f func()) {
	if n > 0 {
		deeper(n-1, f)
		runtime.KeepAlive(n)
		return
	}
	f()
}

// resident reads what this process holds.
func resident() (h Held, err error) {
	b, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return h, fmt.Errorf("benchmarks: look at memory on Linux: %w", errors.Join(err, errors.ErrUnsupported))
	}
	self, err := os.Executable()
	if err != nil {
		return h, err
	}
	name := ""
	for line := range bytes.Lines(b) {
		f := strings.Fields(string(line))
		if len(f) < 2 {
			continue
		}
		n, _ := strconv.Atoi(f[1])
		switch f[0] {
		case "Rss:":
			h.Resident += n
			if strings.HasSuffix(name, ".run") {
				h.RunFile += n
			}
			if name == self {
				h.Program += n
			}
		case "Anonymous:":
			h.Anonymous += n
		default:
			if strings.Contains(f[0], "-") {
				if name = ""; len(f) > 5 {
					name = f[5]
				}
			}
		}
	}
	return h, nil
}

// Written is what a game wrote to its disk: pages of the run file that became dirty, which the system writes some time later, each once
// until then.
type Written struct {
	Load  string
	For   time.Duration
	Bytes int64
	File  int64 // of the run file
}

// Writers are the games that Write plays.
func Writers() []string { return []string{"idle", "beats", "breadcrumbs", "storm"} }

// Write plays a game for d in a process of its own, with a run file in dir, and counts by /proc/self/io. "idle" does nothing, "beats" has 60
// frames a second, "breadcrumbs" 5 in each frame and an error in 10 s, "storm" 20 and 5 errors in each frame, all delivered. Linux only.
func Write(load, dir string, d time.Duration) (w Written, err error) {
	err = runChild(&w, "write", load, dir, d.String())
	return w, err
}

func writeRole(args []string, out *json.Encoder) error {
	if len(args) != 3 {
		return fmt.Errorf("benchmarks: role write got %q; write load, directory, time", args)
	}
	d, err := time.ParseDuration(args[2])
	if err != nil {
		return err
	}
	before, err := written()
	if err != nil {
		return err
	}
	c, err := mortal("127.0.0.1:1", args[1], transport.Func(accept))
	if err != nil {
		return err
	}
	ch := c.Channel("game")
	per := map[string][2]int{"breadcrumbs": {5, 0}, "storm": {20, 5}}[args[0]] // breadcrumbs and errors a frame
	for begin, n := time.Now(), 0; time.Since(begin) < d; n++ {
		if args[0] != "idle" {
			c.Beat()
		}
		for i := range per[0] {
			ch.Debug("moved", krunk.Int("x", i), krunk.String("who", "boss"))
		}
		for range per[1] {
			deeper(10, func() { ch.Report(errors.New("storm"), krunk.Int("n", n)) })
		}
		if args[0] == "breadcrumbs" && n%600 == 599 {
			deeper(10, func() { ch.Report(errors.New("one in ten seconds"), krunk.Int("n", n)) })
		}
		time.Sleep(frameTime)
	}
	after, err := written()
	if err != nil {
		return err
	}
	info, err := os.Stat(c.Stats().RunFile)
	if err != nil {
		return err
	}
	c.Close(patient)
	return out.Encode(Written{Load: args[0], For: d, Bytes: after - before, File: info.Size()})
}

// written returns the bytes of pages that this process has made dirty.
func written() (int64, error) {
	b, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0, fmt.Errorf("benchmarks: count what is written on Linux: %w", errors.Join(err, errors.ErrUnsupported))
	}
	_, rest, _ := strings.Cut(string(b), "\nwrite_bytes: ")
	line, _, _ := strings.Cut(rest, "\n")
	return strconv.ParseInt(line, 10, 64)
}

// Inherited is what became of the runs that a start found.
type Inherited struct {
	Runs, Told, Arrived int
	Start               time.Duration
	Delivered           bool
	Took                time.Duration // from Start on until all had arrived
	Share, Alone        Spread        // what a frame gives to Krunk, meanwhile and without a run to send
	Late, LateAlone     Spread        // how much later than asked for the next frame begins, likewise
}

// Spread is what many durations are.
type Spread struct {
	N              int
	P50, P99, Most time.Duration
}

// String returns "P50, P99 and at most MOST".
func (s Spread) String() string {
	return fmt.Sprintf("%v, p99 %v and at most %v", s.P50.Round(time.Microsecond), s.P99.Round(time.Microsecond), s.Most.Round(time.Microsecond))
}

func spread(d []time.Duration) Spread {
	slices.Sort(d)
	n := len(d)
	return Spread{n, d[n/2], d[n*99/100], d[n-1]}
}

// Inherit lets so many games fill their run files without a network, each in a process of its own, and die after more than 5 s, and then
// starts one beside them, with http1 to a server of its own.
func Inherit(runs int, dir string) (got Inherited, err error) {
	told := 0
	seen, err := withServer(func(addr string) error {
		var all []*child
		var err error
		for range runs {
			c, e := startChild("dead", addr, dir)
			if err = errors.Join(err, e); e == nil {
				all = append(all, c)
			}
		}
		for _, c := range all {
			n := 0
			err = errors.Join(err, c.out.Decode(&n))
			told += n
			c.end(nil) // it was killed
		}
		return errors.Join(err, runChild(&got, "heir", addr, dir))
	})
	got.Runs, got.Told, got.Arrived = runs, told, int(seen.Events)
	return got, err
}

// deadRole fills a run file, says how many errors are in it, and is killed.
func deadRole(args []string, out *json.Encoder) error {
	if len(args) != 2 {
		return fmt.Errorf("benchmarks: role dead got %q; write address, directory", args)
	}
	c, err := mortal(args[0], args[1], transport.Func(func(transport.Context, *transport.Request) (transport.Response, error) {
		return transport.Response{}, errors.New("no network")
	}))
	if err != nil {
		return err
	}
	ch, told, begin := c.Channel("game"), 0, time.Now()
	for full := 0; full < 30 || time.Since(begin) < 6*time.Second; {
		c.Beat()
		if full < 30 {
			for i := range 5 {
				ch.Debug("moved", krunk.Int("x", i), krunk.String("who", "boss"))
			}
			deeper(10, func() {
				if id := ch.Report(errors.New("offline"), krunk.Int("n", told)); id.IsZero() {
					full++ // it has no room any more
				} else {
					told++
				}
			})
		}
		time.Sleep(frameTime / 8)
	}
	if err := out.Encode(told); err != nil {
		return err
	}
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		return err
	}
	select {}
}

// heirRole starts beside dead runs and plays frames until all that they have left has arrived.
func heirRole(args []string, out *json.Encoder) error {
	if len(args) != 2 {
		return fmt.Errorf("benchmarks: role heir got %q; write address, directory", args)
	}
	var got Inherited
	begin := time.Now()
	c, err := mortal(args[0], args[1], nil)
	if err != nil {
		return err
	}
	got.Start = time.Since(begin)
	over := make(chan bool, 1)
	go func() { over <- c.Flush(patient) }()
	var shares, late []time.Duration
	play := func() {
		share, behind := playFrame(c)
		shares, late = append(shares, share), append(late, behind)
	}
	for going := true; going || time.Since(begin) < 2*time.Second; {
		play()
		select {
		case got.Delivered = <-over:
			going, got.Took = false, time.Since(begin)
		default:
		}
	}
	got.Share, got.Late = spread(shares), spread(late)
	shares, late = nil, nil
	for range got.Share.N {
		play()
	}
	got.Alone, got.LateAlone = spread(shares), spread(late)
	c.Close(patient)
	return out.Encode(got)
}

// playFrame plays a frame and returns what it gave to Krunk, and how much later than asked for the next one begins.
func playFrame(c *krunk.Client) (share, late time.Duration) {
	ch, begin := c.Channel("game"), time.Now()
	c.Beat()
	for i := range 20 {
		ch.Debug("moved", krunk.Int("x", i), krunk.String("who", "boss"))
	}
	share, begin = time.Since(begin), time.Now()
	time.Sleep(frameTime)
	return share, time.Since(begin) - frameTime
}

// RunFiles returns how many run files are in a directory.
func RunFiles(dir string) int {
	files, _ := filepath.Glob(filepath.Join(dir, "runs", "*.run"))
	return len(files)
}
