package recorder

import (
	"sync/atomic"
	"unsafe"

	"github.com/krunk-go/krunk/internal/record"
)

// Changes are changes of the scope that found no room in the ring. Each one waits with the position of the ring at which it was
// made, and the recorder applies it when it has read up to there: so the newest tags, user and contexts win however full the
// ring is. Add may be called by any goroutine and never waits for another one; take is the recorder's.
//
// They are a stack whose top moves by compare-and-swap. One that is over its limit loses what a newer change of the same tag,
// user or context has overtaken anyway, and then the oldest contexts and the oldest tags.
type Changes struct {
	_     [0]func()      // no code to compare it
	limit int            // bytes, immutable after NewChanges
	top   unsafe.Pointer // *change, atomic
	made  atomic.Uint64
	cut   atomic.Bool    // a change was given up
	used  unsafe.Pointer // *applying, atomic
}

// applying is what a program links only if it changes the scope.
type applying struct {
	add    func(c *Changes, pos uint64, body []byte)
	change func(r *Recorder, pos uint64)
	apply  func(s *scope, body []byte)
}

// applies is immutable. Use alone reaches it.
var applies = applying{(*Changes).add, (*Recorder).change, (*scope).apply}

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

// Wipe forgets all changes.
func (c *Changes) Wipe() { atomic.StorePointer(&c.top, nil) }

// Use is called before the first change, and may be called before each.
func (c *Changes) Use() {
	if atomic.LoadPointer(&c.used) == nil {
		atomic.StorePointer(&c.used, unsafe.Pointer(&applies))
	}
}

// Inherit is Use for a dead run's, all of which are in its ring: nothing is ever added.
func (c *Changes) Inherit() {
	atomic.StorePointer(&c.used, unsafe.Pointer(&applying{change: func(*Recorder, uint64) {}, apply: (*scope).apply}))
}

// using returns what applies changes, nil if there never was one.
func (c *Changes) using() *applying {
	if c == nil {
		return nil
	}
	return (*applying)(atomic.LoadPointer(&c.used))
}

// Add takes a change that was made when the head of the ring was at pos. The body is owned by c from now on.
func (c *Changes) Add(pos uint64, body []byte) {
	(*applying)(atomic.LoadPointer(&c.used)).add(c, pos, body)
}

func (c *Changes) add(pos uint64, body []byte) {
	n := &change{turn: c.made.Add(1), pos: pos, body: body}
	for !c.push(n) {
	}
}

// push puts n on top, and reports false when another goroutine was faster.
func (c *Changes) push(n *change) bool {
	below := (*change)(atomic.LoadPointer(&c.top))
	n.on(below)
	if n.size > c.limit {
		n = c.shorten(n)
	}
	return atomic.CompareAndSwapPointer(&c.top, unsafe.Pointer(below), unsafe.Pointer(n))
}

// on puts n on top of below; n is not in the stack yet.
func (n *change) on(below *change) {
	n.below, n.first, n.size = below, n.pos, changeSize+len(n.body)
	if below != nil {
		n.first, n.size = min(n.first, below.first), n.size+below.size
	}
}

// shorten returns the top of a new stack that takes three quarters of the limit or less, so that not each of many changes has
// to shorten it again. User and trace are one each and short, and always stay; contexts are long and go first.
func (c *Changes) shorten(top *change) *change {
	list := top.list()
	seen := make(map[string]record.Type, len(list)) // contexts come second, and may take the names of tags
	keep := make([]bool, len(list))
	size := 0
	for _, contexts := range [...]bool{false, true} {
		for i := len(list) - 1; i >= 0; i-- {
			n := list[i]
			what, name := n.subject()
			if (what == record.SetContext) != contexts || seen[name] == what {
				continue
			}
			seen[name] = what
			add := changeSize + len(n.body)
			if size+add > c.limit/4*3 && what != record.SetUser && what != record.SetTrace {
				c.cut.Store(true)
				continue
			}
			size += add
			keep[i] = true
		}
	}
	top = nil
	for i, n := range list {
		if keep[i] {
			n = &change{turn: n.turn, pos: n.pos, body: n.body}
			n.on(top)
			top = n
		}
	}
	return top
}

// take removes the changes that were made at pos or before and returns them, the oldest first. The others stay.
func (c *Changes) take(pos uint64) []*change {
	if top := (*change)(atomic.LoadPointer(&c.top)); top == nil || top.first > pos {
		return nil
	}
	list := (*change)(atomic.SwapPointer(&c.top, nil)).list()
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
	for i := len(list) - 2; i >= 0; i-- { // all but in order, from the end
		for j := i; j+1 < len(list) && list[j].turn < list[j+1].turn; j++ {
			list[j], list[j+1] = list[j+1], list[j]
		}
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// subject returns what a change is about, of which the newer change wins: a tag, set or removed, the user, who has no name, or a
// context.
func (n *change) subject() (what record.Type, name string) {
	rec, err := record.Read(n.body)
	if err != nil {
		return 0, ""
	}
	switch rec.Type {
	case record.SetTag:
		fields := rec.Fields()
		f, _ := fields.Next()
		return record.SetTag, f.Key
	case record.RemoveTag:
		return record.SetTag, rec.Text
	case record.SetTrace:
		return rec.Type, "\x00" // no tag is called so, and the user has no name
	}
	return rec.Type, rec.Text
}
