package sampling

import (
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/plan"
)

// Storage keeps the last good policy between two runs. Its methods are called by one goroutine at a time and may block.
type Storage interface {
	// Load returns what Save was given last, nil if there is nothing.
	Load() ([]byte, error)
	// Save replaces it, whole or not at all; nil removes it. It must not retain b.
	Save(b []byte) error
}

// maxAge is how long a stored policy may wait for the next run.
const maxAge = 7 * oneDay

const recordHead = "krunk-policy-stored-1\n"

// record is what is stored: the document as it came, and what is needed to judge it again. Times are kept in seconds.
type record struct {
	saved  plan.Moment // wall clock
	server plan.Moment // server's clock at that moment
	begun  plan.Moment // likewise, by which things begin; zero: the same
	issued plan.Moment // see running; zero: as the document says
	at     At
	floors []floor
	memo   []done
	body   []byte
}

// encode writes a head, a checksum of the rest, lines of name and value, an empty line and the document.
func (r *record) encode() []byte {
	b := ""
	for i := range r.floors {
		f := &r.floors[i]
		if f.version.N == 0 {
			continue // nothing was taken of that key
		}
		b = appendLine(b, "floor ", f.version.String()+" "+strconv.FormatUint(f.sum, 10)+" "+f.kid)
	}
	for _, d := range r.memo {
		b = appendLine(b, "done ", strconv.FormatUint(uint64(d.day), 10)+" "+strconv.FormatUint(d.key, 10))
	}
	b = appendLine(b, "saved ", strconv.FormatInt(r.saved.Unix(), 10))
	b = appendLine(b, "server ", strconv.FormatInt(r.server.Unix(), 10))
	if r.begun != 0 {
		b = appendLine(b, "begun ", strconv.FormatInt(r.begun.Unix(), 10))
	}
	if r.issued > plan.Epoch { // of times before that there are none
		b = appendLine(b, "issued ", strconv.FormatInt(r.issued.Unix(), 10))
	}
	if r.at.doubt {
		b = appendLine(b, "guessed ", "1")
	}
	b = appendLine(b, "etag ", r.at.ETag)
	b = appendLine(b, "sig ", r.at.Signature)
	b = appendLine(b, "", "") + string(r.body)
	return []byte(recordHead + strconv.FormatUint(gate.Sum64([]byte(b)), 10) + "\n" + b)
}

// appendLine leaves out a value that would break the format; no server and no key id has a reason for one.
func appendLine(to, name, value string) string {
	if strings.IndexByte(value, '\n') >= 0 {
		return to
	}
	return to + name + value + "\n"
}

func decodeRecord(b []byte) (r record, ok bool) {
	s, ok := strings.CutPrefix(string(b), recordHead)
	sum, rest, ok2 := ascii.Cut(s, '\n')
	n, ok3 := plan.Whole(sum)
	if !ok || !ok2 || !ok3 || n != gate.Sum64([]byte(rest)) {
		return r, false
	}
	for {
		line, more, ok := ascii.Cut(rest, '\n')
		if !ok {
			return r, false
		}
		rest = more
		if line == "" {
			break
		}
		if name, value, _ := ascii.Cut(line, ' '); !r.line(name, value) {
			return r, false
		}
	}
	r.body = []byte(rest)
	return r, r.saved != 0 && r.server != 0
}

func (r *record) line(name, value string) bool {
	switch name {
	case "guessed": // no server had told the time: it must not count as told after a restart
		r.at.doubt = true
	case "etag":
		r.at.ETag = value
	case "sig":
		r.at.Signature = value
	case "floor":
		version, rest, _ := ascii.Cut(value, ' ')
		sum, kid, _ := ascii.Cut(rest, ' ')
		v, ok := ParseVersion(version)
		n, ok2 := plan.Whole(sum)
		r.floors = append(r.floors, floor{kid: kid, version: v, sum: n})
		return ok && ok2
	case "done":
		day, key, _ := ascii.Cut(value, ' ')
		n, ok := plan.Whole(day)
		m, ok2 := plan.Whole(key)
		if len(r.memo) < maxMemo {
			r.memo = append(r.memo, done{key: m, day: uint32(n)})
		}
		return ok && ok2
	case "saved", "server", "begun", "issued":
		n, ok := plan.Whole(value)
		switch t := plan.MomentAt(int64(n)); name {
		case "saved":
			r.saved = t
		case "server":
			r.server = t
		case "begun":
			r.begun = t
		default:
			r.issued = t
		}
		return ok && n < 1<<41
	}
	return true
}

// Keeper keeps the last good policy for a Controller between two runs; make it with Keep, one for each controller.
type Keeper interface {
	store(c *Controller, b []byte, a *At)
	write(c *Controller)
	restore(c *Controller)
	wait()
}

// Keep returns a Keeper over s. It is a function of its own, so that a client which keeps nothing links nothing of it. A
// panic of s counts as its error.
func Keep(s Storage) Keeper { return &keeper{storage: s} }

// keeper writes on a goroutine of its own, the newest record only.
type keeper struct {
	storage Storage
	last    record // what was stored last, guarded by the controller's lock
	done    sync.WaitGroup
	mu      sync.Mutex // guards next and busy
	next    []byte
	busy    bool
}

// store hands the document that runs over; the caller holds the controller's lock.
func (k *keeper) store(c *Controller, b []byte, a *At) {
	k.last = record{at: *a, body: append([]byte(nil), b...)}
	k.write(c)
}

// write stores the document once more, with what the controller knows by now; the caller holds its lock.
func (k *keeper) write(c *Controller) {
	r := k.last
	if r.body == nil {
		return
	}
	r.begun = max(c.clock.begun(), plan.Epoch) // no time is written before that
	r.saved, r.server, r.floors, r.memo = c.clock.wall(), c.clock.now()+plan.Second, c.run.floors, c.memo
	r.at.doubt = !c.clock.trusted
	r.issued = c.run.issued
	next := r.encode()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.next = next
	if !k.busy {
		k.busy = true
		k.done.Go(func() { k.work(c) })
	}
}

func (k *keeper) work(c *Controller) {
	for {
		k.mu.Lock()
		b := k.next
		k.next, k.busy = nil, b != nil
		k.mu.Unlock()
		if b == nil {
			return
		}
		err := k.save(b)
		c.mu.Lock()
		c.run.storage = err
		c.mu.Unlock()
	}
}

func (k *keeper) wait() { k.done.Wait() }

var errPanicked = errors.New("sampling: the Storage panicked")

func (k *keeper) save(b []byte) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanicked
		}
	}()
	return k.storage.Save(b)
}

func (k *keeper) load() (b []byte, err error) {
	defer func() {
		if recover() != nil {
			b, err = nil, errPanicked
		}
	}()
	return k.storage.Load()
}

// restore verifies and applies what an earlier run has stored. Whatever is wrong with it costs only the stored policy. The
// caller holds the controller's lock.
func (k *keeper) restore(c *Controller) {
	b, err := k.load()
	if err != nil || len(b) == 0 {
		c.run.storage = err
		return
	}
	r, ok := decodeRecord(b)
	if !ok {
		c.run.storage = k.save(nil)
		return
	}
	c.memo = r.memo
	passed := c.clock.wall() - r.saved
	if r.begun == 0 && r.server < never {
		r.begun = r.server // of a program that did not tell them apart
	}
	r.at.Source, r.at.ServerTime, r.at.least = "stored", (r.server + passed).Time(), r.begun+max(passed, 0)
	if passed < 0 {
		r.at.ServerTime, r.at.doubt = never.Time(), true // the clock went back: no way to know how much time is left
	}
	var o opened
	c.open(&o, r.body, &r.at)
	if passed > maxAge && !o.head.Disabled {
		c.run.floors = r.floors
		return
	}
	if err := c.apply(&o, &r.at); err == nil || o.kills {
		k.last = record{at: r.at, body: r.body}
	} else {
		c.run.source = "default"
		if err != ErrExpired {
			c.run.storage = k.save(nil)
		}
	}
	if r.issued != 0 {
		c.run.issued = r.issued
	}
	for i := range r.floors {
		f := &r.floors[i]
		if mine := c.run.floor(f.kid); mine.version.Less(f.version) {
			mine.version, mine.sum = f.version, f.sum
		}
	}
	c.news.list, c.run.err = nil, nil
}
