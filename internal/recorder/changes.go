package recorder

import (
	"cmp"
	"slices"
	"sync/atomic"

	"github.com/krunk-go/krunk/internal/record"
)

// Changes are changes of the scope that found no room in the ring. Each one waits with the position of the ring at which it was
// made, and the recorder applies it when it has read up to there: so the newest tags, user and contexts win however full the
// ring is. Add may be called by any goroutine and never waits for another one; take is the recorder's.
//
// They are a stack whose top moves by compare-and-swap. One that is over its limit loses what a newer change of the same tag,
// user or context has overtaken anyway, and then the oldest contexts and the oldest tags.
type Changes struct {
	limit int // bytes, immutable after NewChanges
	top   atomic.Pointer[change]
	made  atomic.Uint64
	cut   atomic.Bool // a change was given up
}

// change is immutable once it is in the stack.
type change struct {
	below *change
	turn  uint64 // the order in which the changes were made
	pos   uint64 // head of the ring when it was made
	first uint64 // the least pos of this one and those below
	size  int    // bytes of this one and those below
	body  []byte // as it would stand in the ring
}

// changeSize is what a change takes beside its body, with what the allocator rounds up.
const changeSize = 128

// NewChanges returns an empty list that takes about limit bytes at most.
func NewChanges(limit int) *Changes { return &Changes{limit: limit} }

// Add takes a change that was made when the head of the ring was at pos. The body is owned by c from now on.
func (c *Changes) Add(pos uint64, body []byte) {
	n := &change{turn: c.made.Add(1), pos: pos, body: body}
	for !c.push(n) {
	}
}

// push puts n on top, and reports false when another goroutine was faster.
func (c *Changes) push(n *change) bool {
	below := c.top.Load()
	n.on(below)
	if n.size > c.limit {
		n = c.shorten(n)
	}
	return c.top.CompareAndSwap(below, n)
}

// on puts n on top of below; n is not in the stack yet.
func (n *change) on(below *change) {
	n.below, n.first, n.size = below, n.pos, changeSize+len(n.body)
	if below != nil {
		n.first, n.size = min(n.first, below.first), n.size+below.size
	}
}

// shorten returns the top of a new stack that takes three quarters of the limit or less, so that not each of many changes has
// to shorten it again. The user is one and short, and always stays; contexts are long and go first.
func (c *Changes) shorten(top *change) *change {
	list := top.list()
	slices.Reverse(list)
	seen := make(map[subject]bool, len(list))
	var kept []*change
	size := 0
	for _, contexts := range [...]bool{false, true} {
		for _, n := range list {
			s := n.subject()
			if (s.what == record.SetContext) != contexts || seen[s] {
				continue
			}
			seen[s] = true
			if size += changeSize + len(n.body); size > c.limit/4*3 && s.what != record.SetUser {
				c.cut.Store(true)
				size -= changeSize + len(n.body)
				continue
			}
			kept = append(kept, n)
		}
	}
	slices.SortFunc(kept, inTurn)
	top = nil
	for _, n := range kept {
		n = &change{turn: n.turn, pos: n.pos, body: n.body}
		n.on(top)
		top = n
	}
	return top
}

// take removes the changes that were made at pos or before and returns them, the oldest first. The others stay.
func (c *Changes) take(pos uint64) []*change {
	if c == nil {
		return nil
	}
	if top := c.top.Load(); top == nil || top.first > pos {
		return nil
	}
	list := c.top.Swap(nil).list()
	due := list[:0]
	for _, n := range list {
		if n.pos <= pos {
			due = append(due, n)
			continue
		}
		n = &change{turn: n.turn, pos: n.pos, body: n.body} // somebody may still look at the old one
		for !c.push(n) {
		}
	}
	return due
}

// list returns n and those below it, the oldest first.
func (n *change) list() []*change {
	var list []*change
	for ; n != nil; n = n.below {
		list = append(list, n)
	}
	slices.SortFunc(list, inTurn)
	return list
}

func inTurn(a, b *change) int { return cmp.Compare(a.turn, b.turn) }

// subject is what a change is about: of two about the same one the newer wins.
type subject struct {
	what record.Type // SetTag for RemoveTag too
	name string
}

func (n *change) subject() subject {
	rec, err := record.Read(n.body)
	if err != nil {
		return subject{}
	}
	switch rec.Type {
	case record.SetTag:
		fields := rec.Fields()
		f, _ := fields.Next()
		return subject{record.SetTag, f.Key}
	case record.RemoveTag:
		return subject{record.SetTag, rec.Text}
	}
	return subject{rec.Type, rec.Text}
}
