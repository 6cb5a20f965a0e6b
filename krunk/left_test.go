package krunk_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
)

// sums is what became of what was captured.
type sums struct{ captured, delivered, lost, left uint64 }

func (s sums) String() string {
	return fmt.Sprintf("%d captured: %d delivered, %d lost, %d left", s.captured, s.delivered, s.lost, s.left)
}

// open returns how many of them nobody tells of.
func (s sums) open() int64 { return int64(s.captured - s.delivered - s.lost - s.left) }

// taker is a server that counts what it takes.
type taker struct {
	answer       func(transport.Context) (transport.Response, error)
	events, logs atomic.Uint64 // that were answered with 200
}

func (s *taker) Send(ctx transport.Context, r *transport.Request) (transport.Response, error) {
	body := plainBody(r)
	events, logs := uint64(bytes.Count(body, []byte("{\"type\":\"event\""))), uint64(0)
	if i := bytes.Index(body, []byte("\"item_count\":")); i >= 0 {
		fmt.Sscanf(string(body[i:]), "\"item_count\":%d", &logs)
	}
	resp, err := s.answer(ctx)
	if err == nil && resp.Status == 200 {
		s.events.Add(events)
		s.logs.Add(logs)
	}
	return resp, err
}

func (s *taker) Parallel() int { return 4 }

// However a client is closed, each event and log record was delivered, is told as lost, or is told as left behind.
func TestCloseLeavesNothingUncounted(t *testing.T) {
	ok := transport.Response{Status: 200}
	deaf := make(chan struct{})
	defer close(deaf)
	far := func(ctx transport.Context) (transport.Response, error) {
		select {
		case <-time.After(5 * time.Millisecond):
			return ok, nil
		case <-ctx.Done():
			return transport.Response{}, ctx.Err()
		}
	}
	for _, tt := range []struct {
		name   string
		answer func(transport.Context) (transport.Response, error)
		wait   time.Duration // of Close
		storm  bool          // the game captures while it closes
		left   bool          // something must be
	}{
		{"server up", func(transport.Context) (transport.Response, error) { return ok, nil }, time.Minute, false, false},
		{"server up, no time", func(transport.Context) (transport.Response, error) { return ok, nil }, 0, false, false},
		{"server away", func(transport.Context) (transport.Response, error) {
			return transport.Response{}, errors.New("no route")
		}, 20 * time.Millisecond, false, true},
		{"server in trouble", func(transport.Context) (transport.Response, error) { return transport.Response{Status: 503}, nil }, 20 * time.Millisecond, false, true},
		{"server hangs", func(ctx transport.Context) (transport.Response, error) {
			<-ctx.Done()
			return transport.Response{}, ctx.Err()
		}, 20 * time.Millisecond, false, true},
		{"transport is deaf", func(transport.Context) (transport.Response, error) {
			<-deaf
			return transport.Response{}, errors.New("late")
		}, 20 * time.Millisecond, false, true},
		{"server far away", far, 30 * time.Millisecond, false, false},
		{"in a storm", far, 30 * time.Millisecond, true, false},
		{"in a storm, no time", far, 0, true, false},
	} {
		for _, pack := range []transport.Compressor{nil, deflate.Items()} {
			for _, memory := range []int{0, 512 << 10} {
				t.Run(fmt.Sprint(tt.name, map[bool]string{true: ", compressed"}[pack != nil], ", ", memory>>10, "KiB"), func(t *testing.T) {
					events, logs := closed(t, &taker{answer: tt.answer}, pack, memory, tt.wait, tt.storm)
					if events.open() != 0 || logs.open() != 0 {
						t.Errorf("nobody tells of %d events (%v) and %d log records (%v)", events.open(), events, logs.open(), logs)
					}
					if tt.left && events.left+logs.left == 0 || tt.name == "server up" && (events.left+logs.left > 0 || events.delivered == 0) {
						t.Errorf("events: %v; log records: %v", events, logs)
					}
				})
			}
		}
	}
}

// closed closes a client after a spike of 300 errors and 250 log records, or in the middle of one that does not end.
func closed(t *testing.T, srv *taker, pack transport.Compressor, memory int, wait time.Duration, storm bool) (events, logs sums) {
	c, err := krunk.Start(krunk.Config{
		DSN: "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1", Transport: srv, Compress: pack, Memory: memory, MaxRepeats: -1,
		Channels: map[string]krunk.Thresholds{"*": {Send: "info"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	net := c.Channel("net")
	var captured atomic.Uint64
	spike := func(n int) {
		for i := range n {
			if !net.Report(errors.New("boom"), krunk.Int("i", i)).IsZero() {
				captured.Add(1)
			}
			net.Info("a record", krunk.Int("i", i))
		}
	}
	var all sync.WaitGroup
	var over atomic.Bool
	if spike(300); storm {
		for range 3 {
			all.Go(func() {
				for !over.Load() {
					spike(1)
				}
			})
		}
		time.Sleep(5 * time.Millisecond)
	}
	c.Close(wait)
	over.Store(true)
	all.Wait()
	for limit := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if events, logs = settled(c.Stats(), srv, captured.Load()); storm {
			logs = sums{} // nobody knows how many were taken before the gate was shut
		}
		if events.open()+logs.open() == 0 || time.Now().After(limit) { // on a busy machine Close does not wait for the recorder's end
			return events, logs
		}
	}
}

// settled returns what became of so many events with an id, and of 300 log records.
func settled(s krunk.Stats, srv *taker, captured uint64) (events, logs sums) {
	events = sums{captured, srv.events.Load(), 0, s.LeftEvents}
	logs = sums{300, srv.logs.Load(), 0, s.LeftLogs}
	for _, l := range s.Losses {
		switch {
		case l.Category == "error":
			events.lost += l.Quantity
			if l.Reason == "queue_overflow" {
				events.captured += l.Quantity // that got no id
			}
		case l.Category == "log_item":
			logs.lost += l.Quantity
		}
	}
	return events, logs
}

// plainBody returns the envelope of a request.
func plainBody(r *transport.Request) []byte {
	if r.ContentEncoding != "gzip" {
		return r.Body
	}
	z, err := gzip.NewReader(bytes.NewReader(r.Body))
	if err != nil {
		return nil
	}
	b, err := io.ReadAll(z)
	if err != nil {
		return nil
	}
	return b
}
