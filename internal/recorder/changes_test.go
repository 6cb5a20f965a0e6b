package recorder

import (
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
)

func tagged(key, value string) []byte {
	return encoded(record.Head{Type: record.SetTag}, "", nil, nil, record.Field{Key: key, Kind: record.String, Str: value})
}

// Eight goroutines change tags of their own while the recorder takes: whatever was shortened and taken on the way, the last
// value of each tag is the one that was set last, and the list never holds more than its limit.
func TestChangesTheNewestWins(t *testing.T) {
	const setters, each, limit = 8, 2000, 8 << 10
	c := used(limit)
	var wg sync.WaitGroup
	for g := range setters {
		wg.Go(func() {
			for i := range each {
				c.Add(uint64(i), tagged("tag"+strconv.Itoa(g), strconv.Itoa(i)))
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	s := newScope(16<<10, 8<<10, cleanerOf(""))
	take := func(pos uint64) {
		if top := (*change)(atomic.LoadPointer(&c.top)); top != nil && top.size > limit {
			t.Errorf("%d bytes of changes, want at most %d", top.size, limit)
		}
		for _, n := range c.take(pos) {
			if n.pos > pos {
				t.Errorf("a change made at %d was taken at %d", n.pos, pos)
			}
			s.apply(n.body)
		}
	}
	for pos, working := uint64(0), true; working; pos++ {
		select {
		case <-done:
			working = false
		default:
			runtime.Gosched() // in a browser nobody else gets a turn otherwise
		}
		take(pos % each)
	}
	take(each)
	if len(s.tags) != setters || c.cut.Load() || atomic.LoadPointer(&c.top) != nil {
		t.Errorf("%d tags, cut %v; want %d and all of them taken", len(s.tags), c.cut.Load(), setters)
	}
	for _, tag := range s.tags {
		if tag.Value != strconv.Itoa(each-1) {
			t.Errorf("%s is %s, want %d", tag.Key, tag.Value, each-1)
		}
	}
}

func used(limit int) *Changes {
	c := NewChanges(limit)
	c.Use()
	return c
}

// Of too many changes the user and the newest tags stay.
func TestChangesOverTheLimit(t *testing.T) {
	c := used(8 << 10)
	c.Add(1, encoded(record.Head{Type: record.SetUser}, "", nil, nil, record.Field{Key: "id", Kind: record.String, Str: "bert"}))
	for i := range 1000 {
		c.Add(2, tagged("tag"+strconv.Itoa(i), "v"))
		c.Add(2, encoded(record.Head{Type: record.SetContext}, "group"+strconv.Itoa(i%20), nil, nil,
			record.Field{Key: "long", Kind: record.String, Str: strings.Repeat("x", 300)}))
	}
	if !c.cut.Load() {
		t.Error("nothing says that changes were given up")
	}
	type subject struct {
		what record.Type
		name string
	}
	left := map[subject]bool{}
	for _, n := range c.take(2) {
		what, name := n.subject()
		left[subject{what, name}] = true
	}
	for _, want := range []subject{{record.SetUser, ""}, {record.SetTag, "tag999"}, {record.SetTag, "tag990"}} {
		if !left[want] {
			t.Errorf("%v is gone", want)
		}
	}
}

// A change beside the ring takes effect at the place in the ring where it was made: events before it have the old tag, those
// behind it the new one, and a later change in the ring wins over it.
func TestChangesHaveAPlaceInTheRing(t *testing.T) {
	g := newRig(1<<20, nil)
	set := func(value string) { g.put(t, blackbox.Event, tagged("scene", value)) }
	beside := func(value string) { g.cfg.Changes.Add(g.ring.Head(), tagged("scene", value)) }
	want := []string{"menu", "swamp", "castle", "boss", "end"}
	set(want[0])
	g.event(t, 0, "x")
	beside("never seen")
	beside(want[1])
	g.event(t, 1, "x")
	set(want[2])
	g.event(t, 2, "x")
	set("never seen")
	beside(want[3])
	g.event(t, 3, "x")
	g.drain()
	beside(want[4])
	g.event(t, 4, "x")
	g.drain()
	for i, value := range want {
		e, _ := g.sent()
		if tag := `"scene":"` + value + `"`; !strings.Contains(string(e.Body), tag) {
			t.Errorf("event %d has no %s:\n%s", i, tag, e.Body)
		}
	}
}

func TestScopeEntries(t *testing.T) {
	s := newScope(16<<10, 8<<10, cleanerOf(""))
	apply := s.apply
	for i := range 60 {
		apply(tagged("tag"+strconv.Itoa(i), strings.Repeat("v", 300)))
	}
	apply(tagged("tag3", "a\nb"))
	apply(encoded(record.Head{Type: record.RemoveTag}, "tag4", nil, nil))
	if len(s.tags) != maxTags-1 || protocol.Tagged(s.tags[len(s.tags)-1:], "tag3") != "a b" || len(s.tags[0].Value) != 200 {
		t.Errorf("%d tags, the last one %v, the first one of %d bytes", len(s.tags), s.tags[len(s.tags)-1], len(s.tags[0].Value))
	}
	for i := range 30 {
		apply(encoded(record.Head{Type: record.SetContext}, "group"+strconv.Itoa(i), nil, nil,
			record.Field{Key: "long", Kind: record.String, Str: strings.Repeat("x", 1900)}, record.Field{Key: "n", Kind: record.Int64, Num: 7}))
	}
	user := record.Field{Key: "username", Kind: record.String, Str: strings.Repeat("u", 200)}
	apply(encoded(record.Head{Type: record.SetUser}, "", nil, nil, user))
	if len(s.user.Username) != 128 || !s.cut || cap(s.mem) != 16<<10 {
		t.Errorf("user %v, cut %v, %d bytes", s.user, s.cut, cap(s.mem))
	}
	if len(s.contexts) == 0 || !strings.Contains(string(s.contexts[len(s.contexts)-1].Fields), `"krunk_shortened":["long"]`) {
		t.Errorf("%d contexts, the last one without its note", len(s.contexts))
	}
	apply(encoded(record.Head{Type: record.SetUser}, "", nil, nil))
	for i := range 30 {
		apply(encoded(record.Head{Type: record.SetContext}, "group"+strconv.Itoa(i), nil, nil))
	}
	for len(s.tags) > 0 {
		apply(encoded(record.Head{Type: record.RemoveTag}, s.tags[0].Key, nil, nil))
	}
	if len(s.mem) != 0 || s.user.Username != "" || len(s.contexts)+len(s.tags) != 0 {
		t.Errorf("%d bytes are left", len(s.mem))
	}
}
