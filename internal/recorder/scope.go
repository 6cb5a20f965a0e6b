package recorder

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/scrub"
	"github.com/krunk-go/krunk/internal/text"
)

// MaxScope is the most that a scope takes, in bytes.
const MaxScope = 224 << 10

const (
	maxTags     = 50
	maxContexts = 24
	maxName     = 200 // of a context, in bytes
	maxPolicy   = 255 // of its version in a copy of the scope, in bytes

	leastContext = 128 // bytes, under which nothing of a context would be left
)

// scope is what SetTag, SetUser, SetContext and SetTrace said, as of the record that is being read. All of it lies in mem, entry behind
// entry in the order in which they were set, so that it is bounded and can be kept as a whole. An entry is its part, the length
// of its name, the length of its value as uint16, the name, and the value.
type scope struct {
	mem     []byte // grows to its capacity and no further
	cut     bool   // something did not fit
	state   []byte // of head; immutable but for its owner
	install string // user id where the game sets none; "": there is none
	policy  string // version of the policy that was in force last
	changed bool   // since the copy in the block was written
	most    int    // bytes of contexts, immutable after newScope

	scrub *cleaner
	merge func(*events, int, *scope) // (*events).merge, nil while nothing was set

	// Views of mem, made again after each change.
	tags     []protocol.Tag
	user     protocol.User
	contexts []protocol.Context
	trace    string // empty: that of the run
}

// part says what an entry is.
type part uint8

const (
	tagPart part = iota + 1
	userPart
	contextPart
	tracePart
)

const traceSize = 32 // of an id, in hexadecimal digits

const (
	entryHead = 4
	userRoom  = 3*entryHead + len("id") + len("username") + len("email") + 2*protocol.MaxUser + protocol.MaxEmail
	traceRoom = entryHead + traceSize
)

// newScope makes a scope of at most size bytes, of which contexts may take half, and no more than that many.
func newScope(size, contexts int, s *cleaner) scope {
	return scope{most: min(size/2, contexts), scrub: s, mem: make([]byte, 0, size)}
}

// apply takes one change as it stands in the ring. It reads it once more: a record that is handed to who knows which function lies on
// the heap.
func (s *scope) apply(body []byte) {
	rec, err := record.Read(body)
	if err != nil {
		return
	}
	s.changed = true
	fields := rec.Fields()
	switch rec.Type {
	case record.SetTag:
		f, _ := fields.Next()
		s.setTag(f.Key, f.Str)
	case record.RemoveTag:
		key, _ := protocol.CleanTagKey(s.scrub.Text(rec.Text))
		s.remove(tagPart, key)
	case record.SetUser:
		for _, key := range [...]string{"id", "username", "email"} {
			s.remove(userPart, key)
		}
		for f, ok := fields.Next(); ok; f, ok = fields.Next() {
			s.setUser(f.Key, f.Str)
		}
	case record.SetContext:
		s.setContext(&rec)
	case record.SetTrace:
		if s.remove(tracePart, ""); len(rec.Text) == traceSize {
			s.set(tracePart, "", rec.Text)
		}
	}
	s.read()
}

func (s *scope) setTag(key, value string) {
	key, value, ok := cleanTag(s.scrub, key, value)
	if !ok {
		return
	}
	if s.remove(tagPart, key); s.count(tagPart) >= maxTags {
		s.cut = true
		return
	}
	value, _ = text.Trim(value, protocol.MaxTag)
	if room := s.room() - len(key); len(value) > room {
		value, _ = text.Trim(value, room)
		s.cut = true
	}
	if value != "" {
		s.set(tagPart, key, value)
	}
}

func (s *scope) setUser(key, value string) {
	limit := protocol.MaxUser
	if key == "email" {
		limit = protocol.MaxEmail
	}
	// The game says who plays; an address of his is meant.
	if value, _ = text.Trim(s.scrub.Path(value), limit); value != "" {
		s.set(userPart, key, value)
	}
}

// setContext leaves room to the tags and the user, and to the rest of an event.
func (s *scope) setContext(rec *record.Record) {
	name, _ := text.Trim(cleanKey(s.scrub.Text(rec.Text)), maxName)
	s.remove(contextPart, name)
	fields := appendFields(nil, rec, s.scrub, takenInContext)
	if len(fields) == 0 {
		return
	}
	if s.count(contextPart) >= maxContexts {
		s.cut = true
		return
	}
	room := min(s.most-s.used(contextPart)-entryHead, s.room()) - len(name)
	value := protocol.Typed(name, object(nil, fields, contextDepth))
	if room = min(room, protocol.MaxContext-512); len(value) > room {
		if s.cut = true; room < leastContext {
			return
		}
		value = protocol.AppendShrunk(nil, value, room)
	}
	s.set(contextPart, name, string(value))
}

// room returns how long the name and the value of one more entry may be. The user and the trace have room of their own.
func (s *scope) room() int {
	return cap(s.mem) - len(s.mem) - entryHead - (userRoom - s.used(userPart)) - (traceRoom - s.used(tracePart))
}

// set appends an entry for which there is room.
//
//go:noinline
func (s *scope) set(p part, name, value string) {
	b := append(s.mem, uint8(p), uint8(len(name)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	s.mem = append(append(b, name...), value...)
}

// next returns the entry at the offset at and where the one behind it begins. The texts are views.
func (s *scope) next(at int) (p part, name, value string, end int) {
	b := s.mem[at:]
	n := entryHead + int(b[1])
	end = n + int(binary.LittleEndian.Uint16(b[2:]))
	return part(b[0]), view(b[entryHead:n]), view(b[n:end]), at + end
}

func (s *scope) remove(p part, name string) {
	for at := 0; at < len(s.mem); {
		q, n, _, end := s.next(at)
		if q == p && n == name {
			s.mem = slices.Delete(s.mem, at, end)
			return
		}
		at = end
	}
}

func (s *scope) count(p part) (n int) {
	for at := 0; at < len(s.mem); {
		q, _, _, end := s.next(at)
		if at = end; q == p {
			n++
		}
	}
	return n
}

// used returns the bytes of all entries of a part.
func (s *scope) used(p part) (n int) {
	for at := 0; at < len(s.mem); {
		q, _, _, end := s.next(at)
		if q == p {
			n += end - at
		}
		at = end
	}
	return n
}

// read makes the views.
func (s *scope) read() {
	s.merge = (*events).merge
	s.tags, s.user, s.contexts = s.tags[:0], protocol.User{ID: s.install}, s.contexts[:0]
	s.trace = ""
	for at := 0; at < len(s.mem); {
		p, name, value, end := s.next(at)
		switch {
		case p == tagPart:
			s.tags = append(s.tags, protocol.Tag{Key: name, Value: value})
		case p == contextPart:
			s.contexts = append(s.contexts, protocol.Context{Name: name, Fields: s.mem[end-len(value) : end : end]})
		case p == tracePart:
			s.trace = value
		case name == "id":
			s.user.ID = value
		case name == "username":
			s.user.Username = value
		case name == "email":
			s.user.Email = value
		}
		at = end
	}
}

// head returns what stands before mem in a copy of the scope: whether something did not fit, and the policy's version behind its
// length.
func (s *scope) head(policy string) []byte {
	policy = policy[:min(len(policy), maxPolicy)]
	b := append(s.state[:0], 0, uint8(len(policy)))
	if s.cut {
		b[0] = 1
	}
	s.policy, s.state = policy, append(b, policy...)
	return s.state
}

// cleanTag returns a tag without what is private or no part of one, but as long as it was.
func cleanTag(s *cleaner, key, value string) (k, v string, ok bool) {
	key, ok = protocol.CleanTagKey(s.Text(key))
	if value = s.Text(value); scrub.Secret(key) {
		value = scrub.Filtered
	}
	return key, text.TrimSpace(oneLine(value)), ok
}

// oneLine replaces line breaks: a tag's value has none.
func oneLine(s string) string {
	if strings.IndexByte(s, '\r') < 0 && strings.IndexByte(s, '\n') < 0 {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if c == '\r' || c == '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}
