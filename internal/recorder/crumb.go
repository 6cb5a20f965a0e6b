package recorder

import (
	"encoding/binary"
	"math/bits"
	"strconv"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/ident"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/text"
)

// A breadcrumb is encoded once, when its record is read, and kept so in the history: without its time, since the clock may be set until
// it travels, and so that it can be told how often it happened. In front of its JSON are 20 bytes: a hash of what the record said, the
// record's time, and where in the JSON the message ends.
const (
	crumbHead      = 20
	crumbHash      = 8
	crumbShortened = 1 << 31 // in the last word: something of it was cut
)

// breadcrumbs adds the history, oldest first: as much of its newest part as an event may hold.
func (e *events) breadcrumbs(history *blackbox.HistoryBuffer, start int64) {
	crumbs := e.crumbs[:0]
	limit := e.limit()
	first, room := history.Len(), limit
	for first > 0 && history.Len()-first < crumbsOf(limit) {
		if room -= len(history.Body(first-1)) + crumbTime; room < 0 {
			break
		}
		first--
	}
	last, shortened := int64(0), false
	b := e.raw // in a local for the loop; growing moves later breadcrumbs only
	for i := first; i < history.Len(); i++ {
		body := history.Body(i)
		if len(body) <= crumbHead {
			continue
		}
		head, body := body[:crumbHead], body[crumbHead:]
		time := int64(binary.LittleEndian.Uint64(head[crumbHash:]))
		end := binary.LittleEndian.Uint32(head[crumbHash+8:])
		shortened = shortened || end&crumbShortened != 0
		ns, _ := e.clock.at(time, start)
		last = behind(last, ns)
		at := len(b)
		b = append(e.seconds.append(append(b, protocol.BreadcrumbTime...), last), '"')
		if n := int(end &^ crumbShortened); n <= len(body) {
			b = appendRepeated(append(b, body[:n]...), history, i, time)
			body = body[n:]
		}
		b = append(b, body...)
		crumbs = append(crumbs, b[at:len(b):len(b)])
	}
	e.raw = b
	if shortened {
		e.shorten("breadcrumbs")
	}
	e.crumbs, e.event.Breadcrumbs = crumbs, crumbs
}

// crumbTime is what a breadcrumb's beginning takes, and a comma.
const crumbTime = len(protocol.BreadcrumbTime) + len(`2026-09-21T14:13:20.000000Z",`) - crumbHead

// stamp appends times as RFC 3339 with microseconds. Most are of the same second as the one before.
type stamp struct {
	_      [0]func() // no code to compare it
	second int64     // that text is of, plus one, so that the zero stamp has none
	text   [len("2026-09-21T14:13:20")]byte
}

func (s *stamp) append(dst []byte, ns int64) []byte {
	sec, us := ns/1e9, ns%1e9/1e3
	if sec+1 != s.second {
		start := len(dst)
		dst = text.AppendTime(dst, ns, 6)
		if n := copy(s.text[:], dst[start:]); n == len(s.text) && len(dst)-start == n+len(".000000Z") {
			s.second = sec + 1
		}
		return dst
	}
	dst = append(append(dst, s.text[:]...), ".000000Z"...)
	for i, us := len(dst)-2, uint32(us); us > 0; i-- { // a division of 32 bits is a multiplication of 64
		dst[i] += byte(us % 10)
		us /= 10
	}
	return dst
}

// crumb puts a record into the history. What was to be an event is one with others that say the same, as if it had never been to be one.
func (r *Recorder) crumb(rec *record.Record, in *blackbox.Record) {
	e := &r.events
	var head [crumbHead]byte
	said, rest := record.Said(in.Body)
	h := hash(said)
	if len(rest) > 0 {
		h += hash(rest)
	}
	binary.LittleEndian.PutUint64(head[:], h)
	if r.cfg.History.Repeated(head[:crumbHash], rec.Time) {
		return
	}
	e.raw, e.shortened = e.raw[:0], e.shortened[:0]
	c := protocol.Breadcrumb{Category: e.run.Channel(rec.Channel), Level: protocol.EventLevel(int(rec.Level))}
	e.told(rec, &c)
	r.keepCrumb(head[:], &c, rec, in.Pos, 0, 1)
	clear(e.fields)
	clear(e.errs)
}

// keepCrumb encodes a breadcrumb and puts it into the history. One that is longer than an entry loses its data, and then the end of its
// message.
func (r *Recorder) keepCrumb(head []byte, c *protocol.Breadcrumb, rec *record.Record, pos uint64, kind, n uint32) {
	e := &r.events
	binary.LittleEndian.PutUint64(head[crumbHash:], uint64(rec.Time))
	start := len(e.raw)
	e.raw = append(e.raw, head...)
	var end int
	cut := uint32(0)
	for {
		e.raw, end = protocol.AppendBreadcrumb(e.raw[:start+crumbHead], c)
		if len(e.raw)-start <= r.cfg.History.MaxBody() {
			break
		}
		if cut = crumbShortened; c.Data != nil {
			c.Data = nil
		} else if c.Message, _ = text.Trim(c.Message, len(c.Message)/2); c.Message == "" {
			return // no history is so small, and no channel's name so long
		}
	}
	if len(e.shortened) > 0 {
		cut = crumbShortened
	}
	body := e.raw[start:]
	binary.LittleEndian.PutUint32(body[crumbHash+8:], uint32(end)|cut)
	r.worked += len(body)
	r.cfg.History.Add(pos, body, rec.Channel, rec.Time, kind, n)
	e.raw, e.shortened = e.raw[:0], e.shortened[:0]
}

// validCrumb reports whether a body of the history, which is input from outside, makes a breadcrumb.
func validCrumb(body []byte) bool {
	if len(body) <= crumbHead {
		return false
	}
	end := int(binary.LittleEndian.Uint32(body[crumbHash+8:]) &^ crumbShortened)
	json := append(append([]byte(protocol.BreadcrumbTime), '"'), body[crumbHead:]...)
	if at := len(json) - len(body) + crumbHead + end; at >= 0 && at < len(json) { // where it may say how often
		json = append(append(json[:at:at], " ×2 in 1 ms"...), json[at:]...)
	}
	return protocol.Valid(json)
}

// hash tells what records say apart.
func hash(b []byte) uint64 {
	const m = 0x9e3779b97f4a7c15
	h := uint64(len(b)) * m
	for ; len(b) >= 8; b = b[8:] {
		h = bits.RotateLeft64((h^binary.LittleEndian.Uint64(b))*m, 29)
	}
	for _, c := range b {
		h = (h ^ uint64(c)) * m
	}
	return h ^ h>>32
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
		e.fields = appendField(e.fields, &record.Field{Key: "frame", Kind: record.Int64, Num: uint64(rec.Frame)})
	}
	c.Message = e.withValues(c.Message)
	if fieldNamed(e.fields, message.Key) < 0 && message.Str != "" {
		message.Str, _ = text.Trim(message.Str, maxTold)
		e.fields = appendField(e.fields, &message)
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
		b = text.Append(b, " ", f.Key, "=")
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
func appendRepeated(dst []byte, history *blackbox.HistoryBuffer, i int, first int64) []byte {
	n, last := history.Often(i)
	if n < 2 {
		return dst
	}
	dst = strconv.AppendUint(append(dst, " ×"...), uint64(n), 10)
	if ms := (last - first) / 1e6; ms > 0 {
		dst = text.Append(strconv.AppendInt(text.Append(dst, " in "), ms, 10), " ms")
	}
	return dst
}

// maxIssue is how much of an issue's text stands in its breadcrumb, in bytes.
const maxIssue = 200

// issue leaves a breadcrumb of what was raised, for the events that come after. All of one kind leave one, so that a burst of
// them does not push out what led to it. It uses memory of the event that was encoded before.
func (r *Recorder) issue(rec *record.Record, pos uint64) {
	e := &r.events
	e.errs, e.pcs = rec.Errors(e.errs[:0]), rec.PCs(e.pcs[:0])
	said, same := append(e.raw[:0], rec.Text...), ""
	switch {
	case rec.Type != record.LogType && len(e.errs) > 0:
		same = e.errs[0].Type
		said = text.Append(said[:0], title(e.errs, 0), ": ", e.errs[0].Text)
	case blank(rec.Text):
		said = append(said, "(no message)"...)
	case rec.Flags&record.FlagPlain == 0:
		same = rec.Text
	}
	if e.hook != nil { // what it took out of an event does not come back with later ones
		text, ok := e.hook.leaves(e, rec.ID)
		if !ok {
			return
		}
		if text != "" {
			said = append(said[:0], text...)
		}
	}
	kind, n := issueKind(rec, e.pcs, same), 1+rec.Suppressed
	if !r.cfg.History.RepeatedKind(kind, n, rec.Time) {
		short, _ := text.Trim(view(said), maxIssue)
		e.raw, e.shortened = text.Append(said, e.scrub.Text(short)), e.shortened[:0]
		e.raw = text.Append(ident.AppendShort(text.Append(e.raw, " ["), rec.ID), "]")
		var head [crumbHead]byte
		r.keepCrumb(head[:], &protocol.Breadcrumb{
			Type: "error", Category: e.run.Channel(rec.Channel), Level: protocol.EventLevel(int(rec.Level)), Message: view(e.raw[len(said):]),
		}, rec, pos, kind, n)
	}
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
