package sampling

import (
	"strconv"
	"strings"
	"sync"
	"time"
)

// Storage keeps the last good policy between two runs. Its methods are called by one goroutine at a time and may block.
type Storage interface {
	// Load returns what Save was given last, nil if there is nothing.
	Load() ([]byte, error)
	// Save replaces it, whole or not at all; nil removes it. It must not retain b.
	Save(b []byte) error
}

// maxAge is how long a stored policy may wait for the next run.
const maxAge = 7 * 24 * time.Hour

const recordHead = "krunk-policy-stored-1"

// record is what is stored: the document as it came, and what is needed to judge it again.
type record struct {
	saved  time.Time // wall clock
	server time.Time // server's clock at that moment
	at     At
	floors map[string]floor
	body   []byte
}

func (r *record) encode() []byte {
	b := append([]byte(nil), recordHead...)
	line := func(name, value string) {
		b = append(append(append(b, '\n'), name...), ' ')
		b = strconv.AppendQuote(b, value)
	}
	line("saved", strconv.FormatInt(r.saved.UnixNano(), 10))
	line("server", strconv.FormatInt(r.server.UnixNano(), 10))
	line("etag", r.at.ETag)
	line("sig", r.at.Signature)
	for kid, f := range r.floors {
		line("floor", f.version.String()+" "+strconv.FormatUint(f.sum, 16)+" "+kid)
	}
	line("sum", strconv.FormatUint(sum64(r.body), 16))
	b = append(b, "\n\n"...)
	return append(b, r.body...)
}

func decodeRecord(b []byte) (r record, ok bool) {
	head, body, ok := strings.Cut(string(b), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || lines[0] != recordHead || len(lines) > 64 {
		return r, false
	}
	r.floors, r.body = make(map[string]floor), []byte(body)
	sum := ""
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, " ")
		value, err := strconv.Unquote(value)
		if err != nil {
			return r, false
		}
		switch name {
		case "saved":
			r.saved, ok = nanos(value, ok)
		case "server":
			r.server, ok = nanos(value, ok)
		case "etag":
			r.at.ETag = value
		case "sig":
			r.at.Signature = value
		case "sum":
			sum = value
		case "floor":
			ok = r.floor(value) && ok
		}
	}
	// A time that is not there would be written as one in 1754.
	whole := !r.saved.IsZero() && !r.server.IsZero()
	return r, ok && whole && sum == strconv.FormatUint(sum64(r.body), 16)
}

func nanos(s string, ok bool) (time.Time, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return time.Unix(0, n), ok && err == nil
}

func (r *record) floor(s string) bool {
	version, rest, ok := strings.Cut(s, " ")
	sum, kid, ok2 := strings.Cut(rest, " ")
	v, ok3 := ParseVersion(version)
	n, err := strconv.ParseUint(sum, 16, 64)
	r.floors[kid] = floor{v, n}
	return ok && ok2 && ok3 && err == nil
}

// store hands the document that runs to the saver.
func (c *Controller) store(b []byte, a At) {
	if c.opt.Storage == nil {
		return
	}
	r := record{saved: c.clock.wall(), server: c.clock.now(), at: a, floors: c.run.floors, body: b}
	c.saver.put(r.encode(), c.stored)
}

func (c *Controller) stored(err error) {
	c.mu.Lock()
	c.run.storage = err
	c.mu.Unlock()
}

// restore verifies and applies what an earlier run has stored. Whatever is wrong with it costs only the stored policy.
func (c *Controller) restore() {
	if c.opt.Storage == nil {
		return
	}
	b, err := c.opt.Storage.Load()
	if err != nil || len(b) == 0 {
		c.run.storage = err
		return
	}
	r, ok := decodeRecord(b)
	if !ok {
		c.run.storage = c.opt.Storage.Save(nil)
		return
	}
	passed := c.clock.wall().Sub(r.saved)
	if passed > maxAge {
		c.run.floors = r.floors
		return
	}
	r.at.Source, r.at.ServerTime = "stored", r.server.Add(passed)
	if passed < 0 {
		r.at.ServerTime, r.at.doubt = never(), true // the clock went back: no way to know how much time is left
	}
	o := c.open(r.body, r.at)
	if err := c.apply(&o, r.at); err != nil && !o.kills {
		c.run.source = "default"
		if err != ErrExpired {
			c.run.storage = c.opt.Storage.Save(nil)
		}
	}
	for kid, f := range r.floors {
		if c.run.floors[kid].version.Less(f.version) {
			c.run.floors[kid] = f
		}
	}
	c.news.list, c.run.err = nil, nil
}

// saver writes on a goroutine of its own, the newest record only.
type saver struct {
	storage Storage
	done    sync.WaitGroup
	mu      sync.Mutex // guards next and busy
	next    []byte
	busy    bool
}

func (s *saver) put(b []byte, told func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = b
	if !s.busy {
		s.busy = true
		s.done.Go(func() { s.work(told) })
	}
}

func (s *saver) work(told func(error)) {
	for {
		s.mu.Lock()
		b := s.next
		s.next, s.busy = nil, b != nil
		s.mu.Unlock()
		if b == nil {
			return
		}
		told(s.storage.Save(b))
	}
}

func (s *saver) wait() { s.done.Wait() }
