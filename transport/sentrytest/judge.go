package sentrytest

import (
	"fmt"
	"slices"
	"strings"
)

// verdict is what one request held.
type verdict struct {
	env      Envelope
	status   int // of a refusal, else 0
	cause    string
	events   []Event
	logs     []Log
	discards []Discard
	sessions []Session
	faults   []Fault
	notes    []Fault
}

// Lint judges one uncompressed envelope without a server: golden files, a spool file, an encoder's output. It never
// retains envelope. Notes are left out.
func Lint(o Options, envelope []byte) []Fault {
	s := New(o)
	c := s.newCheck(0)
	var v verdict
	c.envelope(&v, envelope)
	return c.faults
}

// envelope judges a decompressed body and fills v.
func (c *check) envelope(v *verdict, body []byte) {
	head, items := c.frame(body)
	v.env.Raw = body
	if head == nil {
		return
	}
	c.path = append(c.path[:0], "header"...)
	c.rules.header(c, head)
	v.env.Header = newHeader(head)
	c.eventID = v.env.Header.EventID
	if sdk := head.get("sdk"); sdk != nil {
		c.sdk = sdk.get("name").text() + "/" + sdk.get("version").text()
	}
	c.composition(head, items)
	for i := range items {
		v.env.Items = append(v.env.Items, newItem(items[i]))
	}
	if c.status != 0 {
		return
	}
	for i := range items {
		c.item, c.loss = i, LossNone
		c.judgeItem(v, &items[i])
	}
	c.oneTrace(head, v)
}

// composition judges what may stand together in one envelope.
func (c *check) composition(head *node, items []rawItem) {
	count := map[string]int{}
	for _, it := range items {
		count[it.head.get("type").text()]++
	}
	needsID := count["event"]+count["attachment"] > 0
	switch {
	case len(items) == 0:
		c.fault(head, LossNone, "envelope without items", "no envelope")
	case count["event"] > 1:
		c.refuse(413, 0, fmt.Sprintf("%d events", count["event"]), "one event in an envelope")
	case count["log"] > 1:
		c.refuse(413, 0, fmt.Sprintf("%d log containers", count["log"]), "one log container in an envelope")
	case count["session"] > maxSessions:
		c.refuse(413, 0, fmt.Sprintf("%d sessions", count["session"]), "at most 100 in an envelope")
	}
	if needsID && !head.has("event_id") {
		c.fault(head, LossItem, "no event_id beside an event or attachment", "the event's id")
	}
	if !needsID && head.has("event_id") {
		c.fault(head, LossNone, "event_id without an event", "no event_id")
	}
	if count["log"] > 0 && len(items)-count["log"]-count["client_report"] > 0 {
		c.fault(head, LossNone, "logs beside other items", "logs in an envelope of their own, at most with client reports")
	}
}

// oneTrace: a trace header covers every record of the envelope.
func (c *check) oneTrace(head *node, v *verdict) {
	id := head.get("trace").get("trace_id").text()
	if id == "" {
		return
	}
	c.item, c.path = -1, append(c.path[:0], "header.trace.trace_id"...)
	for _, l := range v.logs {
		if l.TraceID != id {
			c.fault(head, LossField, "trace header with log records of another trace", "no trace header")
			return
		}
	}
	for _, e := range v.events {
		if got, _ := e.Contexts["trace"]["trace_id"].(string); got != id {
			c.fault(head, LossNone, "trace header unlike the event's contexts.trace.trace_id "+clip(got), "one trace id")
		}
	}
}

func (c *check) judgeItem(v *verdict, it *rawItem) {
	typ := it.head.get("type").text()
	c.path = append(c.path[:0], "item header"...)
	c.itemHeader(typ, it)
	c.path = append(c.path[:0], clip(typ)...)
	if !c.fitsSize(typ, len(it.payload)) {
		return
	}
	switch typ {
	case "event":
		if n := c.judge(it.payload, c.rules.event); n != nil {
			v.events = append(v.events, newEvent(c, n, it.payload))
		}
	case "log":
		v.logs = append(v.logs, c.logs(it, it.payload)...)
	case "client_report":
		if n := c.judge(it.payload, c.rules.report); n != nil {
			c.pairs(n)
			v.discards = append(v.discards, newDiscards(c.number, n)...)
		}
	case "session":
		if n := c.judge(it.payload, c.rules.session); n != nil {
			v.sessions = append(v.sessions, newSession(c.number, n))
		}
	case "attachment":
		c.attachment(it)
	default:
		c.fault(it.head, LossItem, fmt.Sprintf("item type %q", clip(typ)), "event, log, client_report, session or attachment")
	}
}

// judge parses a payload and applies a rule; nil if servers drop the item.
func (c *check) judge(payload []byte, r rule) *node {
	n := c.parse(payload, LossItem, LossField)
	if n == nil {
		return nil
	}
	if n.kind != object {
		c.fault(n, LossItem, "payload is "+n.kind.String(), "an object")
		return nil
	}
	r(c, n)
	if c.loss >= LossItem {
		return nil
	}
	return n
}

func (c *check) itemHeader(typ string, it *rawItem) {
	known := []string{"type", "length", "content_type"}
	switch typ {
	case "log":
		known = append(known, "item_count")
	case "attachment":
		known = append(known, "filename", "attachment_type")
	}
	for _, m := range it.head.members {
		if !slices.Contains(known, m.name) {
			c.fault(it.head, LossNone, fmt.Sprintf("unknown item header field %q", clip(m.name)), strings.Join(known, ", ")+" only")
		}
	}
}

func (c *check) fitsSize(typ string, size int) bool {
	limit := maxAttachment
	switch typ {
	case "event":
		limit = maxEvent
	case "log":
		limit = maxContainer
	case "client_report", "session":
		limit = maxReport
	}
	if size > limit {
		c.refuse(413, 0, fmt.Sprintf("%d bytes", size), fmt.Sprintf("at most %d: a larger item costs the whole envelope", limit))
		return false
	}
	return true
}

func (c *check) attachment(it *rawItem) {
	name := it.head.get("filename").text()
	if name == "" || strings.ContainsAny(name, `/\`) {
		c.fault(it.head, LossNone, fmt.Sprintf("attachment with file name %q", clip(name)), "filename, the base name")
	}
}
