package krunk_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/allocs"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
)

var _ io.Writer = (*krunk.Ring)(nil)

// sequence returns bytes that tell their place.
func sequence(from, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte((from + i) % 251)
	}
	return b
}

// What the game writes travels beside what is fatal and nothing else, the newest of it, and the event says where it begins.
func TestRingTravels(t *testing.T) {
	for name, pack := range map[string]transport.Compressor{"plain": nil, "compressed": deflate.Items()} {
		t.Run(name, func(t *testing.T) {
			c, srv := endpoint(t, krunk.Config{Compress: pack})
			inputs, err := c.Ring("inputs.bin", 1000)
			if err != nil {
				t.Fatal(err)
			}
			seeds, err := c.Ring("seeds", 20<<10)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Ring("empty", 64); err != nil {
				t.Fatal(err)
			}
			if again, err := c.Ring("inputs.bin", 64); err != nil {
				t.Fatal(err)
			} else if n, err := again.Write(sequence(0, 700)); n != 700 || err != nil { // the same ring
				t.Fatal(n, err)
			}
			for at := 700; at < 5000; at += 100 {
				inputs.Write(sequence(at, 100))
			}
			seeds.Write([]byte("seed 77"))
			if err := c.Attach(krunk.Attachment{Name: "big", Data: make([]byte, 10<<10)}); err != nil {
				t.Fatal(err)
			}
			c.Report(errors.New("not fatal"))
			c.ReportPanic("boom")
			if !c.Flush(time.Minute) {
				t.Fatalf("flush: %+v", c.Stats())
			}
			for _, e := range srv.Events() {
				a := srv.Attachments(e.ID)
				if e.Title() == "error: not fatal" {
					if len(a) != 0 {
						t.Errorf("%s has %d attachments", e.Title(), len(a))
					}
					continue
				}
				if len(a) != 3 || a[1].Filename != "inputs.bin" || string(a[1].Payload) != string(sequence(5000-1024, 1024)) || string(a[2].Payload) != "seed 77" {
					t.Fatalf("%s: %d attachments", e.Title(), len(a))
				}
				if got := fmt.Sprint(e.Contexts["krunk"]["rings"]); got != "[inputs.bin: from byte 3976 seeds: from byte 0]" {
					t.Errorf("rings %s", got)
				}
			}
		})
	}
}

func TestRingRefuses(t *testing.T) {
	for _, memory := range []int{128 << 10, 256 << 10, 0} {
		c, srv := endpoint(t, krunk.Config{Memory: memory})
		for _, tt := range []struct {
			name string
			size int
			want string
		}{
			{"", 64, `krunk: Ring "": a name is 1 to 32 letters, digits and ._-; write one such as "inputs"`},
			{"a/b", 64, "a name is"}, {"é", 64, "a name is"}, {strings.Repeat("a", 33), 64, "a name is"},
			{"inputs", 63, `krunk: Ring "inputs": 63 bytes; write at least 64`}, {"inputs", -1, "write at least 64"},
			{"inputs", 1 << 20, "of a sixteenth of Config.Memory are left; make it smaller, or set Config.Memory to "},
			{"inputs", math.MaxInt, "are left; make it smaller (rings have "}, // no Memory is as much
		} {
			if r, err := c.Ring(tt.name, tt.size); err == nil || !strings.Contains(err.Error(), tt.want) || r != nil {
				t.Errorf("%q of %d: got %v, want %s", tt.name, tt.size, err, tt.want)
			}
		}
		total := 0
		for i := 0; ; i++ {
			r, err := c.Ring(fmt.Sprint("r", i), 1024)
			if err != nil {
				break
			}
			r.Write(sequence(0, 2000))
			total += 1024
		}
		if least := map[int]int{128 << 10: 1 << 10, 256 << 10: 12 << 10, 0: 50 << 10}[memory]; total < least {
			t.Errorf("memory %d: rings of %d bytes, want at least %d", memory, total, least)
		}
		c.ReportPanic("it still finds room")
		if !c.Flush(time.Minute) || len(srv.Events()) != 1 || len(srv.Attachments(srv.Events()[0].ID)) == 0 {
			t.Errorf("memory %d: %d events, losses %v", memory, len(srv.Events()), c.Stats().Losses)
		}
		c.Close(time.Second)
		if _, err := c.Ring("late", 64); err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("closed: %v", err)
		}
	}
	c := quiet(t, krunk.Config{}) // without a DSN
	if r, err := c.Ring("inputs", 40<<10); err != nil {
		t.Error(err)
	} else if n, err := r.Write(make([]byte, 100)); n != 100 || err != nil {
		t.Error(n, err)
	}
	var none *krunk.Client
	r, err := none.Ring("inputs", 64)
	if n, err2 := r.Write(make([]byte, 100)); err != nil || n != 100 || err2 != nil {
		t.Error("nil client: ", err, n, err2)
	}
}

// Whole bytes travel while another goroutine writes.
func TestRingWhileItIsWritten(t *testing.T) {
	c, srv := endpoint(t, krunk.Config{Panics: krunk.Panics{MaxRepeats: -1}})
	r, err := c.Ring("inputs", 4096)
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan bool)
	var all sync.WaitGroup
	all.Go(func() {
		for at := 0; ; at += 64 {
			select {
			case <-stop:
				return
			default:
				r.Write(sequence(at, 64))
			}
		}
	})
	for range 30 {
		c.ReportPanic("boom")
		c.Flush(time.Minute)
	}
	close(stop)
	all.Wait()
	for _, e := range srv.Events() {
		from := 0
		if _, err := fmt.Sscanf(fmt.Sprint(e.Contexts["krunk"]["rings"]), "[inputs: from byte %d]", &from); err != nil {
			continue // nothing was whole
		}
		if a := srv.Attachments(e.ID); len(a) != 1 || string(a[0].Payload) != string(sequence(from, len(a[0].Payload))) {
			t.Fatalf("%d attachments, not what was written", len(a))
		}
	}
}

func TestRingDoesNotAllocate(t *testing.T) {
	c := quiet(t, krunk.Config{})
	r, err := c.Ring("inputs", 4096)
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 64)
	if n := allocs.Least(1000, func() { r.Write(p) }); n != 0 {
		t.Errorf("a write allocates %g times, want 0", n)
	}
}

func BenchmarkRing(b *testing.B) {
	c, err := krunk.Start(krunk.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close(0)
	r, err := c.Ring("inputs", 32<<10)
	if err != nil {
		b.Fatal(err)
	}
	p := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		r.Write(p)
	}
}
