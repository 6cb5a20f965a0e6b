package recorder

import (
	"math/bits"
	"slices"
	"strconv"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/ident"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/text"
)

// breadcrumbs adds the history, oldest first.
func (e *events) breadcrumbs(history *blackbox.HistoryBuffer, start int64) {
	e.crumbs.Values = e.crumbs.Values[:0]
	last := int64(0)
	limit := e.limit()
	first, room := history.Len(), limit
	for first > 0 && history.Len()-first < crumbsOf(limit) && room >= len(history.At(first-1).Body) {
		first--
		room -= len(history.At(first).Body)
	}
	for i := first; i < history.Len(); i++ {
		entry := history.At(i)
		rec, err := record.Read(entry.Body)
		if err != nil {
			continue // the last bytes of a record that was longer than the history keeps
		}
		last = behind(last, e.clock.of(&rec, start))
		c := protocol.Breadcrumb{
			Timestamp: e.moment(last), Category: e.run.Channel(rec.Channel), Level: protocol.EventLevel(int(rec.Level)),
		}
		if rec.Flags&record.FlagID != 0 {
			c.Type = "error"
			c.Message = e.scrub.Text(rec.Text)
		} else {
			e.told(&rec, &c)
		}
		if c.Type != "" || entry.Count > 1 {
			b := append(e.raw, c.Message...)
			if c.Type != "" {
				b = append(ident.AppendShort(append(b, " ["...), rec.ID), ']')
			}
			c.Message = view(e.keep(appendRepeated(b, &entry, rec.Time)))
		}
		e.crumbs.Values = append(e.crumbs.Values, c)
	}
	if len(e.crumbs.Values) > 0 {
		e.event.Breadcrumbs = &e.crumbs
	}
}

// told fills in what a record said: Sentry shows message and data, Bugsink the message alone, Spotlight the data alone if there
// is any. So the data holds the message and the message some of the data.
func (e *events) told(rec *record.Record, c *protocol.Breadcrumb) {
	e.fields = appendFields(e.fields[:0], rec, e.scrub, takenInData)
	c.Message = e.scrub.Text(rec.Text)
	if rec.Type == record.ErrorType { // a report that the policy, or a threshold, made history
		if e.errs = rec.Errors(e.errs[:0]); len(e.errs) > 0 {
			c.Message = title(e.errs, 0) + ": " + e.scrub.Text(e.errs[0].Text)
		}
	}
	if len(e.fields) == 0 {
		return
	}
	message := record.Field{Key: "message", Kind: record.String, Str: c.Message}
	if rec.Frame > 0 && fieldNamed(e.fields, "frame") < 0 {
		e.fields = append(e.fields, record.Field{Key: "frame", Kind: record.Int64, Num: uint64(rec.Frame)})
	}
	c.Message = e.withValues(c.Message)
	if fieldNamed(e.fields, message.Key) < 0 && message.Str != "" {
		message.Str, _ = text.Trim(message.Str, maxTold)
		e.fields = append(e.fields, message)
	}
	all := e.keep(object(e.raw, e.fields, dataDepth))
	c.Data = e.fitted("breadcrumbs", all, protocol.MaxCrumbData)
}

const (
	maxTold   = 256 // bytes of a message in its breadcrumb's data
	maxValues = 4   // that a breadcrumb's message shows
	maxShown  = 40  // bytes of each
)

// withValues appends the first short values to a message: "packet lost seq=119 rtt=15".
func (e *events) withValues(message string) string {
	b := append(e.raw, message...)
	shown := 0
	for i := range e.fields {
		f := &e.fields[i]
		if f.Kind == record.JSON || len(f.Str) > maxShown || len(f.Key) > maxShown || f.Key == "frame" || f.Key == "message" {
			continue
		}
		b = append(append(append(b, ' '), f.Key...), '=')
		start := len(b)
		if b = value(b, f, 0); plain(b[start:]) {
			b = append(b[:start], b[start+1:len(b)-1]...)
		}
		if shown++; shown == maxValues {
			break
		}
	}
	return view(e.keep(b))
}

// plain reports whether a JSON value is a text that is read as well without its quotes.
func plain(v []byte) bool {
	if v[0] != '"' || len(v) == len(`""`) {
		return false
	}
	for _, c := range v[1 : len(v)-1] {
		if c <= ' ' || c == '"' || c == '\\' || c == '=' {
			return false
		}
	}
	return true
}

// appendRepeated tells how often something happened, and in which time, if it was more than once.
func appendRepeated(dst []byte, entry *blackbox.HistoryEntry, first int64) []byte {
	if entry.Count < 2 {
		return dst
	}
	dst = strconv.AppendUint(append(dst, " ×"...), uint64(entry.Count), 10)
	if ms := (entry.Last - first) / 1e6; ms > 0 {
		dst = append(strconv.AppendInt(append(dst, " in "...), ms, 10), " ms"...)
	}
	return dst
}

// maxIssue is how much of an issue's text stands in its breadcrumb, in bytes.
const maxIssue = 200

// issue leaves a breadcrumb of what was raised, for the events that come after. All of one kind leave one, so that a burst of
// them does not push out what led to it. It uses memory of the event that was encoded before.
func (r *Recorder) issue(rec *record.Record) {
	e := &r.events
	e.errs, e.pcs = rec.Errors(e.errs[:0]), rec.PCs(e.pcs[:0])
	said, same := append(e.raw[:0], rec.Text...), ""
	switch {
	case rec.Type != record.LogType && len(e.errs) > 0:
		same = e.errs[0].Type
		said = append(append(append(said[:0], title(e.errs, 0)...), ": "...), e.errs[0].Text...)
	case blank(rec.Text):
		said = append(said, "(no message)"...)
	case rec.Flags&record.FlagPlain == 0:
		same = rec.Text
	}
	short, _ := text.Trim(view(said), maxIssue)
	h := rec.Head
	h.Type, h.Flags, h.Suppressed = record.LogType, record.FlagID, 0
	n := record.Size(&h, short, 0)
	e.raw = slices.Grow(said, n)
	body := e.raw[len(said) : len(said)+n]
	record.Begin(body, &h, short, nil)
	r.cfg.History.AddKind(body, rec.Channel, rec.Time, issueKind(rec, e.pcs, same), 1+rec.Suppressed)
	e.raw = e.raw[:0]
	clear(e.errs)
}

// issueKind is a hash of what makes two issues the same: the place, the channel, and the template or the type of the error.
func issueKind(rec *record.Record, pcs []uintptr, same string) uint32 {
	const m = 0x9e3779b97f4a7c15
	h := uint64(rec.Type)<<16 | uint64(rec.Channel)
	for _, pc := range pcs {
		h = bits.RotateLeft64((h^uint64(pc))*m, 29)
	}
	for i := range len(same) {
		h = (h ^ uint64(same[i])) * m
	}
	return uint32(h^h>>32) | 1
}
