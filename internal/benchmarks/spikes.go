package benchmarks

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"time"
)

const (
	spike    = 500                   // errors in one frame
	distance = 50 * time.Millisecond // of the server that is far away
)

// Spiked is what became of the errors of a game that makes them in spikes.
type Spiked struct {
	Who               string
	Captured, Arrived int
	Counted           int           // that Krunk told to be lost
	Flushed           bool          // by Flush, if there was one
	Took              time.Duration // the Flush
}

// SpikeReporters are those who are measured.
func SpikeReporters() []string {
	return []string{"krunk+http1", "krunk+http1+100", "krunk+http1+deflate", "krunk+http1+deflate+100", "krunk", "krunk+100", "krunk+deflate", "krunk+deflate+100"}
}

// Spikes plays a game on one processor that makes 500 errors in one frame once a second, against a server that is up. The game plays one
// spike more than asked for, to get warm.
func Spikes(who string, spikes, world int) (s Spiked, err error) {
	load, err := loadOf("spike-of-500/s")
	if err != nil {
		return s, err
	}
	c := FrameCase{Load: load, Server: "up", Procs: 1}
	run, err := c.play(who, FrameOptions{For: time.Duration(spikes) * time.Second, World: world})
	return Spiked{Who: who, Captured: run.Captured, Arrived: run.Arrived, Counted: run.Counted}, err
}

// Distant makes one spike on one processor, flushes for 10 seconds, and ends, against a server that is 50 ms away.
func Distant(who string) (s Spiked, err error) {
	srv, err := startChild("server", "up", "distant")
	if err != nil {
		return s, err
	}
	var addr string
	if err = srv.out.Decode(&addr); err == nil {
		err = runChild(&s, "distant", who, addr)
	}
	var seen Seen
	err = errors.Join(err, srv.end(&seen))
	s.Who, s.Arrived = who, int(seen.Events)
	return s, err
}

func distantRole(args []string, out *json.Encoder) error {
	if len(args) != 2 {
		return fmt.Errorf("benchmarks: role distant got %q; write who, address", args)
	}
	runtime.GOMAXPROCS(1)
	r, err := openReporter(args[0], "http://0123456789abcdef0123456789abcdef@"+args[1]+"/1", Load{})
	if err != nil {
		return err
	}
	for i := range spike {
		r.capture(i)
	}
	began := time.Now()
	s := Spiked{Captured: spike, Flushed: r.flush(10 * time.Second), Took: time.Since(began)}
	if s.Counted, err = r.end(); err != nil {
		return err
	}
	return out.Encode(s)
}
