// Package sentryrules judges requests to a Sentry endpoint to the letter: what Relay 26.9 or Bugsink 2.6 refuses, drops, cuts or
// changes in silence is a Fault. Package sentrytest is the server around it.
package sentryrules

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Settings are what a server's rules depend on.
type Settings struct {
	Project, Key string
	AnyTime      bool // times are not held against the clock
}

// Judgement is what one request held. Its nodes share the memory of the body.
type Judgement struct {
	Header *Node // nil if there is no envelope
	Items  []Item
	Body   []byte // decompressed
	Status int    // of a refusal, else 0
	Cause  string
	Faults []Fault
	Notes  []Fault // advice: nothing is lost
}

// Judge judges a request.
func (r *Rules) Judge(o Settings, q *Request) *Judgement {
	c := &check{rules: r, opt: o, now: time.Now(), item: -1}
	v := &Judgement{}
	c.request(q)
	if body := c.decode(q); c.status == 0 {
		c.envelope(v, body)
		v.Body = body
	}
	return c.done(v)
}

// JudgeEnvelope judges one uncompressed envelope.
func (r *Rules) JudgeEnvelope(o Settings, body []byte) *Judgement {
	c := &check{rules: r, opt: o, now: time.Now(), item: -1}
	v := &Judgement{Body: body}
	c.envelope(v, body)
	return c.done(v)
}

func (c *check) done(v *Judgement) *Judgement {
	v.Status, v.Cause, v.Faults, v.Notes = c.status, c.cause, c.faults, c.notes
	return v
}

// envelope judges a decompressed body and fills v.
func (c *check) envelope(v *Judgement, body []byte) {
	head, items := c.frame(body)
	if head == nil {
		return
	}
	c.path = append(c.path[:0], "header"...)
	c.rules.header(c, head)
	v.Header, v.Items, c.eventID = head, items, head.Get("event_id").Text()
	if sdk := head.Get("sdk"); sdk != nil {
		c.sdk = sdk.Get("name").Text() + "/" + sdk.Get("version").Text()
	}
	c.composition(head, items)
	if c.status != 0 {
		return
	}
	for i := range items {
		c.item, c.loss = i, lossNone
		c.judgeItem(&items[i])
	}
	c.oneTrace(head, items)
}

// composition judges what may stand together in one envelope.
func (c *check) composition(head *Node, items []Item) {
	count := map[string]int{}
	for _, it := range items {
		count[it.Head.Get("type").Text()]++
	}
	needsID := count["event"]+count["attachment"]+count["feedback"] > 0
	switch {
	case len(items) == 0:
		c.fault(head, lossNone, "envelope without items", "no envelope")
	case count["event"] > 1:
		c.refuse(413, 0, fmt.Sprintf("%d events", count["event"]), "one event in an envelope")
	case count["feedback"] > 1 || count["feedback"] > 0 && count["event"] > 0:
		c.refuse(413, 0, "feedback beside an event or another one", "one of them in an envelope")
	case count["log"] > 1:
		c.refuse(413, 0, fmt.Sprintf("%d log containers", count["log"]), "one log container in an envelope")
	case count["attachment"] > maxAttachments:
		c.refuse(413, 0, fmt.Sprintf("%d attachments", count["attachment"]), "at most 30 in an envelope")
	case count["session"] > maxSessions:
		c.refuse(413, 0, fmt.Sprintf("%d sessions", count["session"]), "at most 100 in an envelope")
	}
	if needsID && !head.has("event_id") {
		c.fault(head, lossItem, "no event_id beside an event, feedback or attachment", "the event's id")
	}
	if !needsID && head.has("event_id") {
		c.fault(head, lossNone, "event_id without an event", "no event_id")
	}
	if count["log"] > 0 && len(items)-count["log"]-count["client_report"] > 0 {
		c.fault(head, lossNone, "logs beside other items", "logs in an envelope of their own, at most with client reports")
	}
}

// oneTrace: a trace header covers every record of the envelope.
func (c *check) oneTrace(head *Node, items []Item) {
	id := head.Get("trace").Get("trace_id").Text()
	if id == "" {
		return
	}
	c.item, c.path = -1, append(c.path[:0], "header.trace.trace_id"...)
	for i := range items {
		for _, n := range items[i].Good {
			switch items[i].Type() {
			case "log":
				if n.Get("trace_id").Text() != id {
					c.fault(head, lossField, "trace header with log records of another trace", "no trace header")
					return
				}
			case "event", "feedback":
				if got := n.Get("contexts").Get("trace").Get("trace_id").Text(); got != id {
					c.fault(head, lossNone, "trace header unlike the event's contexts.trace.trace_id "+Clip(got), "one trace id")
				}
			}
		}
	}
}

func (c *check) judgeItem(it *Item) {
	typ := it.Type()
	c.path = append(c.path[:0], "item header"...)
	c.itemHeader(typ, it)
	c.path = append(c.path[:0], Clip(typ)...)
	if !c.fitsSize(typ, len(it.Payload)) {
		return
	}
	switch typ {
	case "event":
		it.keep(c.judge(it.Payload, c.rules.event))
	case "feedback":
		it.keep(c.judge(it.Payload, c.rules.feedback))
	case "log":
		it.Good = c.logs(it, it.Payload)
	case "client_report":
		if n := c.judge(it.Payload, c.rules.report); n != nil {
			c.pairs(n)
			it.keep(n)
		}
	case "session":
		it.keep(c.judge(it.Payload, c.rules.session))
	case "attachment":
		c.attachment(it)
	default:
		c.fault(it.Head, lossItem, fmt.Sprintf("item type %q", Clip(typ)), "event, feedback, log, client_report, session or attachment")
	}
}

// judge parses a payload and applies a rule; nil if servers drop the item.
func (c *check) judge(payload []byte, r rule) *Node {
	n := c.parse(payload, lossItem, lossField)
	if n == nil {
		return nil
	}
	if n.kind != object {
		c.fault(n, lossItem, "payload is "+n.kind.String(), "an object")
		return nil
	}
	r(c, n)
	if c.loss >= lossItem {
		return nil
	}
	return n
}

func (c *check) itemHeader(typ string, it *Item) {
	known := []string{"type", "length", "content_type"}
	switch typ {
	case "log":
		known = append(known, "item_count")
	case "attachment":
		known = append(known, "filename", "attachment_type")
	}
	for _, m := range it.Head.Members {
		if !slices.Contains(known, m.Name) {
			c.fault(it.Head, lossNone, fmt.Sprintf("unknown item header field %q", Clip(m.Name)), strings.Join(known, ", ")+" only")
		}
	}
}

func (c *check) fitsSize(typ string, size int) bool {
	limit := maxAttachment
	switch typ {
	case "event", "feedback":
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

func (c *check) attachment(it *Item) {
	name := it.Head.Get("filename").Text()
	if name == "" || strings.ContainsAny(name, `/\`) {
		c.fault(it.Head, lossNone, fmt.Sprintf("attachment with file name %q", Clip(name)), "filename, the base name")
	}
	if it.Head.Get("content_type").Text() == "" {
		c.note(it.Head, "attachment without content_type", "application/octet-stream where nothing else is known")
	}
	switch t := it.Head.Get("attachment_type"); {
	case t == nil:
	case !slices.Contains([]string{"event.attachment", "event.minidump", "event.applecrashreport", "event.view_hierarchy", "unreal.context", "unreal.logs"}, t.Text()):
		c.fault(it.Head, lossField, fmt.Sprintf("attachment_type %q", Clip(t.Text())), "event.attachment, or event.view_hierarchy for one")
	}
}
