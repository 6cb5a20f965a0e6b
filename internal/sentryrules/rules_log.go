package sentryrules

import (
	"fmt"
	"strings"
)

const (
	LogType   = "application/vnd.sentry.items.log+json"
	maxLogs   = 100
	maxRecord = 2 << 20
)

func recordRule() rule {
	known := closed(fields{
		"timestamp":       all(moment(lossItem, retention, day+day), textTime),
		"trace_id":        traceID,
		"span_id":         hexID(16, lossField),
		"level":           textual(lossItem, oneOf("trace", "debug", "info", "warn", "error", "fatal")),
		"body":            textual(lossItem, str(0)),
		"severity_number": whole(1),
		"attributes":      attributes,
	})
	return func(c *check, n *Node) {
		known(c, n)
		if n.kind == object {
			c.require(n, lossItem, "timestamp", "trace_id", "level", "body")
		}
	}
}

func textTime(c *check, n *Node) {
	if n.kind == text {
		c.note(n, "time as text", "Unix seconds as a number")
	}
}

// textual is r for strings; another kind costs the loss.
func textual(loss Loss, r rule) rule {
	return func(c *check, n *Node) {
		if n.kind != text {
			c.faultf(n, loss, "a string", "%v", n.kind)
			return
		}
		r(c, n)
	}
}

// traceID of a record: zeros are replaced by a random id, anything else that is no id costs the record.
func traceID(c *check, n *Node) {
	if n.kind == text && len(n.str) == 32 && strings.Trim(n.str, "0") == "" {
		c.fault(n, lossField, "trace id of zeros: servers replace it by a random one", "one id for the whole run")
		return
	}
	losing(lossItem, hexID(32, lossItem))(c, n)
}

func attributes(c *check, n *Node) {
	if !c.is(n, object) {
		return
	}
	for _, m := range n.Members {
		mark := c.key(m.Name)
		if m.Name == "" {
			c.at(m.off, lossField, "attribute without name", "a name")
		}
		if !strings.HasPrefix(m.Name, "sentry.") {
			c.scrubbed(m.Val, m.Name)
		}
		c.attribute(m.Val)
		c.sdkAttribute(m.Name, m.Val.Get("value"))
		c.sequence(m.Name, m.Val.Get("value"))
		c.out(mark)
	}
}

func (c *check) attribute(n *Node) {
	if !c.is(n, object) {
		return
	}
	for _, m := range n.Members {
		switch m.Name {
		case "value", "type":
		case "unit":
			filled(0)(c, m.Val)
		default:
			c.at(m.off, lossField, fmt.Sprintf("unknown key %q", Clip(m.Name)), "value, type and unit only")
		}
	}
	c.require(n, lossField, "value", "type")
	if typ, v := n.Get("type"), n.Get("value"); typ != nil && v != nil && c.is(typ, text) && !fits(v, typ.str) {
		c.faultf(n, lossField, "a value written as its type asks (integer without fraction, within int64), or type string",
			"value %v %s does not fit type %q", v.kind, Clip(v.str), Clip(typ.str))
	}
}

// fits reports whether a value may carry the type; an array holds scalars of one kind.
func fits(v *Node, typ string) bool {
	switch typ {
	case "string":
		return v.kind == text
	case "boolean":
		return v.kind == boolean
	case "integer":
		_, ok := v.int()
		return ok
	case "double":
		return v.kind == number
	case "array":
		if v.kind != array {
			return false
		}
		for _, e := range v.Elems {
			if e.kind != v.Elems[0].kind || e.kind == null || e.kind == array || e.kind == object {
				return false
			}
		}
		return true
	}
	return false
}

// sequence orders records of one time: an integer, or readers cannot sort by it.
func (c *check) sequence(name string, v *Node) {
	if n, ok := v.int(); v != nil && name == "sentry.timestamp.sequence" && (!ok || n < 0) {
		c.fault(v, lossField, "not an integer of at least 0", "a count that begins again with each new time")
	}
}

func (c *check) sdkAttribute(name string, v *Node) {
	if v == nil || c.sdk == "" || name != "sentry.sdk.name" && name != "sentry.sdk.version" {
		return
	}
	sdk, version, _ := strings.Cut(c.sdk, "/")
	want := sdk
	if name == "sentry.sdk.version" {
		want = version
	}
	if v.str != want {
		c.faultf(v, lossNone, "the SDK of the envelope's header", "%q, want %q", Clip(v.str), Clip(want))
	}
}

// logs judges a container and returns its good records.
func (c *check) logs(item *Item, payload []byte) []*Node {
	if !c.container(item) {
		return nil
	}
	n := c.parse(payload, lossItem, lossField)
	if n == nil || !c.containerShape(n) {
		return nil
	}
	records := n.Get("items").Elems
	if got, ok := item.Head.Get("item_count").int(); !ok || got != int64(len(records)) {
		c.faultf(n, lossItem, fmt.Sprintf("item_count %d", len(records)), "item_count %d", got)
		return nil
	}
	if len(records) > maxLogs {
		c.faultf(n, lossNone, fmt.Sprintf("at most %d records in an envelope", maxLogs), "%d records", len(records))
	}
	var good []*Node
	for i, r := range records {
		c.loss = lossNone
		mark := c.in(fmt.Sprintf(".items[%d]", i))
		if r.End-r.Off > maxRecord {
			c.fault(r, lossItem, "record of more than 2 MiB", "less")
		}
		c.rules.record(c, r)
		c.out(mark)
		if c.loss < lossItem {
			good = append(good, r)
		}
	}
	return good
}

// container judges the item's header.
func (c *check) container(item *Item) bool {
	typ, count := item.Head.Get("content_type"), item.Head.Get("item_count")
	if typ.Text() != LogType {
		c.faultf(item.Head, lossItem, "content_type "+LogType, "content_type %q", Clip(typ.Text()))
		return false
	}
	if count == nil {
		c.fault(item.Head, lossItem, "no item_count", "the number of records")
		return false
	}
	return true
}

func (c *check) containerShape(n *Node) bool {
	infer := oneOf("auto", "never")
	bad := c.loss
	c.loss = lossNone
	closed(fields{
		"items":           list(losing(lossItem, func(c *check, r *Node) { c.is(r, object) })),
		"version":         whole(1),
		"ingest_settings": closed(fields{"infer_ip": infer, "infer_user_agent": infer}),
	})(c, n)
	if n.kind != object || n.Get("items") == nil || n.Get("items").kind != array {
		c.fault(n, lossItem, "container is no object with a list of items", `{"items":[…]}`)
	}
	ok := c.loss < lossItem
	c.loss = max(bad, c.loss)
	return ok
}
