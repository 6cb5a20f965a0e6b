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

const recordHead = "krunk-policy-stored-1\n"

// record is what is stored: the document as it came, and what is needed to judge it again. Times are kept in seconds.
type record struct {
	saved  time.Time // wall clock
	server time.Time // server's clock at that moment
	at     At
	floors map[string]floor
	body   []byte
}

// encode writes a head, a checksum of the rest, lines of name and value, an empty line and the document.
func (r *record) encode() []byte {
	b := ""
	for kid, f := range r.floors {
		b = appendLine(b, "floor ", f.version.String()+" "+strconv.FormatUint(f.sum, 10)+" "+kid)
	}
	b = appendLine(b, "saved ", strconv.FormatInt(r.saved.Unix(), 10))
	b = appendLine(b, "server ", strconv.FormatInt(r.server.Unix(), 10))
	b = appendLine(b, "etag ", r.at.ETag)
	b = appendLine(b, "sig ", r.at.Signature)
	b = appendLine(b, "", "") + string(r.body)
	return []byte(recordHead + strconv.FormatUint(sum64([]byte(b)), 10) + "\n" + b)
}

// appendLine leaves out a value that would break the format; no server and no key id has a reason for one.
func appendLine(to, name, value string) string {
	if strings.Contains(value, "\n") {
		return to
	}
	return to + name + value + "\n"
}

func decodeRecord(b []byte) (r record, ok bool) {
	s, ok := strings.CutPrefix(string(b), recordHead)
	sum, rest, ok2 := strings.Cut(s, "\n")
	n, ok3 := whole(sum)
	if !ok || !ok2 || !ok3 || n != sum64([]byte(rest)) {
		return r, false
	}
	r.floors = make(map[string]floor)
	for {
		line, more, ok := strings.Cut(rest, "\n")
		if !ok {
			return r, false
		}
		rest = more
		if line == "" {
			break
		}
		if name, value, _ := strings.Cut(line, " "); !r.line(name, value) {
			return r, false
		}
	}
	r.body = []byte(rest)
	return r, !r.saved.IsZero() && !r.server.IsZero()
}

func (r *record) line(name, value string) bool {
	switch name {
	case "etag":
		r.at.ETag = value
	case "sig":
		r.at.Signature = value
	case "floor":
		version, rest, _ := strings.Cut(value, " ")
		sum, kid, _ := strings.Cut(rest, " ")
		v, ok := ParseVersion(version)
		n, ok2 := whole(sum)
		r.floors[kid] = floor{v, n}
		return ok && ok2
	case "saved", "server":
		n, ok := whole(value)
		if t := time.Unix(int64(n), 0); name == "saved" {
			r.saved = t
		} else {
			r.server = t
		}
		return ok && n < 1<<41
	}
	return true
}

// store hands the document that runs to the saver.
func (c *Controller) store(b []byte, a At) {
	if c.opt.Storage == nil {
		return
	}
	r := record{saved: c.clock.wall(), server: c.clock.now().Add(time.Second), at: a, floors: c.run.floors, body: b}
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
