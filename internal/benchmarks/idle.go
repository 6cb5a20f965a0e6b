package benchmarks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"
)

// Idle is how often a process was woken that had nothing to do.
type Idle struct {
	For      time.Duration
	Switches int // voluntary context switches of all threads: each one is a sleep that somebody ended
}

// PerSecond returns the wake-ups in a second.
func (i Idle) PerSecond() float64 { return float64(i.Switches) / i.For.Seconds() }

// Sleep starts a client in a process of its own, lets it deliver one event to a server of its own over HTTP, waits two
// seconds and counts for d, from outside: a process that reads its own counters wakes its own threads. who is "krunk",
// "sentry-go", or "nobody", the same process without a client. Linux only.
func Sleep(who string, d time.Duration) (i Idle, err error) {
	srv, err := startChild("server")
	if err != nil {
		return i, err
	}
	var addr string
	if err = srv.out.Decode(&addr); err == nil {
		i, err = sleepAt(addr, who, d)
	}
	return i, errors.Join(err, srv.end(nil))
}

func sleepAt(addr, who string, d time.Duration) (i Idle, err error) {
	c, err := startChild("idle", who, addr)
	if err != nil {
		return i, err
	}
	var ready bool
	if err = c.out.Decode(&ready); err == nil {
		i, err = watch(c.cmd.Process.Pid, d)
	}
	return i, errors.Join(err, c.end(nil))
}

// watch counts for d, after the process had two seconds to come to rest.
func watch(pid int, d time.Duration) (Idle, error) {
	time.Sleep(2 * time.Second)
	before, err := switches(pid)
	if err != nil {
		return Idle{}, err
	}
	time.Sleep(d)
	after, err := switches(pid)
	return Idle{For: d, Switches: after - before}, err
}

// idleRole delivers one event, says so, and then does nothing until its standard input ends.
func idleRole(args []string, out *json.Encoder) error {
	if len(args) != 2 {
		return fmt.Errorf("benchmarks: role idle got %q; write who, address", args)
	}
	stop := func() error { return nil }
	if args[0] != "nobody" {
		to, err := targetOf(args[1])
		if err != nil {
			return err
		}
		s, err := openDelivery(args[0], to, make(chan struct{}, 1))
		if err != nil {
			return err
		}
		s.Batch(1)
		if err := s.Rest(); err != nil {
			return err
		}
		stop = s.Close
	}
	debug.FreeOSMemory() // or the runtime's scavenger wakes now and then to do the same
	if err := out.Encode(true); err != nil {
		return err
	}
	io.Copy(io.Discard, os.Stdin)
	return stop()
}

// switches adds up the voluntary context switches of the threads of a process.
func switches(pid int) (sum int, err error) {
	pattern := fmt.Sprintf("/proc/%d/task/*/status", pid)
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		return 0, fmt.Errorf("benchmarks: %s lists no threads; count wake-ups on Linux: %w", pattern, errors.Join(err, errors.ErrUnsupported))
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return 0, fmt.Errorf("benchmarks: thread status: %w", err)
		}
		_, rest, _ := bytes.Cut(b, []byte("\nvoluntary_ctxt_switches:"))
		line, _, _ := bytes.Cut(rest, []byte("\n"))
		n, err := strconv.Atoi(string(bytes.TrimSpace(line)))
		if err != nil {
			return 0, fmt.Errorf("benchmarks: %s: %w", f, err)
		}
		sum += n
	}
	return sum, nil
}
