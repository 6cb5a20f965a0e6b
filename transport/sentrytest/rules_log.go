package sentrytest

import (
	"fmt"
	"strings"
)

const (
	logType   = "application/vnd.sentry.items.log+json"
	maxLogs   = 100
	maxRecord = 2 << 20
)

func recordRule() rule {
	known := closed(fields{
		"timestamp":       all(moment(LossItem, retention, day+day), textTime),
		"trace_id":        traceID,
		"span_id":         hexID(16, LossField),
		"level":           textual(LossItem, oneOf("trace", "debug", "info", "warn", "error", "fatal")),
		"body":            textual(LossItem, str(0)),
		"severity_number": whole(1),
		"attributes":      attributes,
	})
	return func(c *check, n *node) {
		known(c, n)
		if n.kind == object {
			c.require(n, LossItem, "timestamp", "trace_id", "level", "body")
		}
	}
}

func textTime(c *check, n *node) {
	if n.kind == text {
		c.note(n, "time as text", "Unix seconds as a number")
	}
}

// textual is r for strings; another kind costs the loss.
func textual(loss Loss, r rule) rule {
	return func(c *check, n *node) {
		if n.kind != text {
			c.faultf(n, loss, "a string", "%v", n.kind)
			return
		}
		r(c, n)
	}
}

// traceID of a record: zeros are replaced by a random id, anything else that is no id costs the record.
func traceID(c *check, n *node) {
	if n.kind == text && len(n.str) == 32 && strings.Trim(n.str, "0") == "" {
		c.fault(n, LossField, "trace id of zeros: servers replace it by a random one", "one id for the whole run")
		return
	}
	losing(LossItem, hexID(32, LossItem))(c, n)
}

func attributes(c *check, n *node) {
	if !c.is(n, object) {
		return
	}
	for _, m := range n.members {
		mark := c.key(m.name)
		if m.name == "" {
			c.at(m.off, LossField, "attribute without name", "a name")
		}
		if !strings.HasPrefix(m.name, "sentry.") {
			c.scrubbed(m.val, m.name)
		}
		c.attribute(m.val)
		c.sdkAttribute(m.name, m.val.get("value"))
		c.out(mark)
	}
}

func (c *check) attribute(n *node) {
	if !c.is(n, object) {
		return
	}
	for _, m := range n.members {
		switch m.name {
		case "value", "type":
		case "unit":
			filled(0)(c, m.val)
		default:
			c.at(m.off, LossField, fmt.Sprintf("unknown key %q", clip(m.name)), "value, type and unit only")
		}
	}
	c.require(n, LossField, "value", "type")
	if typ, v := n.get("type"), n.get("value"); typ != nil && v != nil && c.is(typ, text) && !fits(v, typ.str) {
		c.faultf(n, LossField, "a value written as its type asks (integer without fraction, within int64), or type string",
			"value %v %s does not fit type %q", v.kind, clip(v.str), clip(typ.str))
	}
}

// fits reports whether a value may carry the type; an array holds scalars of one kind.
func fits(v *node, typ string) bool {
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
		for _, e := range v.elems {
			if e.kind != v.elems[0].kind || e.kind == null || e.kind == array || e.kind == object {
				return false
			}
		}
		return true
	}
	return false
}

func (c *check) sdkAttribute(name string, v *node) {
	if v == nil || c.sdk == "" || name != "sentry.sdk.name" && name != "sentry.sdk.version" {
		return
	}
	sdk, version, _ := strings.Cut(c.sdk, "/")
	want := sdk
	if name == "sentry.sdk.version" {
		want = version
	}
	if v.str != want {
		c.faultf(v, LossNone, "the SDK of the envelope's header", "%q, want %q", clip(v.str), clip(want))
	}
}

// logs judges a container and returns its good records.
func (c *check) logs(item *rawItem, payload []byte) []Log {
	if !c.container(item) {
		return nil
	}
	n := c.parse(payload, LossItem, LossField)
	if n == nil || !c.containerShape(n) {
		return nil
	}
	records := n.get("items").elems
	if got, ok := item.head.get("item_count").int(); !ok || got != int64(len(records)) {
		c.faultf(n, LossItem, fmt.Sprintf("item_count %d", len(records)), "item_count %d", got)
		return nil
	}
	if len(records) > maxLogs {
		c.faultf(n, LossNone, fmt.Sprintf("at most %d records in an envelope", maxLogs), "%d records", len(records))
	}
	var good []Log
	for i, r := range records {
		c.loss = LossNone
		mark := c.in(fmt.Sprintf(".items[%d]", i))
		if r.end-r.off > maxRecord {
			c.fault(r, LossItem, "record of more than 2 MiB", "less")
		}
		c.rules.record(c, r)
		c.out(mark)
		if c.loss < LossItem {
			good = append(good, newLog(c.number, r, payload))
		}
	}
	return good
}

// container judges the item's header.
func (c *check) container(item *rawItem) bool {
	typ, count := item.head.get("content_type"), item.head.get("item_count")
	if typ.text() != logType {
		c.faultf(item.head, LossItem, "content_type "+logType, "content_type %q", clip(typ.text()))
		return false
	}
	if count == nil {
		c.fault(item.head, LossItem, "no item_count", "the number of records")
		return false
	}
	return true
}

func (c *check) containerShape(n *node) bool {
	infer := oneOf("auto", "never")
	bad := c.loss
	c.loss = LossNone
	closed(fields{
		"items":           list(losing(LossItem, func(c *check, r *node) { c.is(r, object) })),
		"version":         whole(1),
		"ingest_settings": closed(fields{"infer_ip": infer, "infer_user_agent": infer}),
	})(c, n)
	if n.kind != object || n.get("items") == nil || n.get("items").kind != array {
		c.fault(n, LossItem, "container is no object with a list of items", `{"items":[…]}`)
	}
	ok := c.loss < LossItem
	c.loss = max(bad, c.loss)
	return ok
}
