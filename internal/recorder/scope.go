package recorder

import (
	"strings"

	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/text"
)

const (
	maxTags     = 50
	maxContexts = 24
)

// scope is what SetTag, SetUser and SetContext said, as of the record that is being read.
type scope struct {
	tags     map[string]string
	user     protocol.User
	contexts []context // in the order in which they were set
}

type context struct {
	name   string
	fields protocol.Raw
}

// apply takes one change. Strings are cloned: a record's bytes are overwritten later.
func (s *scope) apply(rec *record.Record) {
	switch rec.Type {
	case record.SetTag:
		fields := rec.Fields()
		f, _ := fields.Next()
		key, ok := protocol.CleanTagKey(f.Key)
		if _, has := s.tags[key]; !ok || (!has && len(s.tags) >= maxTags) {
			return
		}
		value, _ := text.Trim(oneLine(f.Str), protocol.MaxTag)
		s.tags[strings.Clone(key)] = strings.Clone(value)
	case record.RemoveTag:
		key, _ := protocol.CleanTagKey(rec.Text)
		delete(s.tags, key)
	case record.SetUser:
		s.user = protocol.User{}
		fields := rec.Fields()
		for f, ok := fields.Next(); ok; f, ok = fields.Next() {
			s.setUser(f.Key, strings.Clone(f.Str))
		}
	case record.SetContext:
		s.setContext(rec)
	}
}

func (s *scope) setUser(key, value string) {
	switch key {
	case "id":
		s.user.ID, _ = text.Trim(value, protocol.MaxUser)
	case "username":
		s.user.Username, _ = text.Trim(value, protocol.MaxUser)
	case "email":
		s.user.Email, _ = text.Trim(value, protocol.MaxEmail)
	}
}

func (s *scope) setContext(rec *record.Record) {
	name := rec.Text
	at := len(s.contexts)
	for i := range s.contexts {
		if s.contexts[i].name == name {
			at = i
		}
	}
	fields := appendFields(nil, rec)
	switch {
	case len(fields) == 0 && at < len(s.contexts):
		s.contexts = append(s.contexts[:at], s.contexts[at+1:]...)
	case len(fields) == 0:
	case at < len(s.contexts):
		s.contexts[at].fields = object(nil, fields)
	case at < maxContexts:
		s.contexts = append(s.contexts, context{strings.Clone(name), object(nil, fields)})
	}
}

// oneLine replaces line breaks: a tag's value has none.
func oneLine(s string) string {
	if !strings.ContainsAny(s, "\r\n") {
		return s
	}
	return strings.Map(func(c rune) rune {
		if c == '\r' || c == '\n' {
			return ' '
		}
		return c
	}, s)
}
