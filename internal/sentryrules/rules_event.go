package sentryrules

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

const (
	retention = 90 * 24 * time.Hour
	day       = 24 * time.Hour
)

// Rules are built once for a Server and immutable after.
type Rules struct {
	header, trace, sdk, event, feedback, record, report, session rule
	kinds                                                        map[string]rule // contexts by their type
}

func NewRules() *Rules {
	r := &Rules{kinds: contextRules()}
	r.sdk = sdkRule()
	r.trace = traceRule()
	r.header = headerRule(r)
	r.event = all(eventRule(r), eventWhole)
	r.feedback = all(eventRule(r), feedbackWhole)
	r.record = recordRule()
	r.report = reportRule()
	r.session = sessionRule()
	return r
}

func levels() rule { return oneOf("fatal", "error", "warning", "info", "debug") }

func eventRule(r *Rules) rule {
	known := fields{
		"event_id":    eventID(lossItem),
		"timestamp":   moment(lossField, retention, time.Minute),
		"platform":    filled(64),
		"level":       levels(),
		"logger":      all(str(64), oneLine),
		"transaction": str(200),
		"server_name": str(256),
		"release":     release,
		"dist":        dist,
		"environment": environment,
		"tags":        tags,
		"user":        userRule(),
		"contexts":    contexts,
		"extra":       extra,
		"breadcrumbs": breadcrumbsRule(),
		"exception":   exceptionsRule(),
		"threads":     threadsRule(),
		"fingerprint": list(str(0)),
		"modules":     all(mapOf(str(0)), sizeOf(8192)),
		"logentry":    logEntryRule(),
		"sdk":         r.sdk,
		"debug_meta":  debugMetaRule(),
		"errors":      list(open(fields{"type": filled(0), "name": str(0)}, "type")),
		"request":     anObject,
		"message":     all(str(8192), old("Bugsink in strict mode drops the event", "logentry.formatted")),
		"type":        all(oneOf("event"), old("errors need no type", "no type")),
	}
	return closed(known, "event_id", "timestamp", "platform", "sdk")
}

// feedbackWhole wants what makes a feedback of an event.
func feedbackWhole(c *check, n *Node) {
	about := n.Get("contexts").Get("feedback")
	if about == nil {
		c.fault(n, lossItem, "feedback without contexts.feedback", "that context, with a message")
		return
	}
	c.sameID(n)
	if id := about.Get("associated_event_id").Text(); id != "" && id == n.Get("event_id").Text() {
		c.fault(about, lossField, "feedback about itself", "the id of the event that it is about")
	}
	if n.has("exception") || n.has("breadcrumbs") || n.has("threads") {
		c.note(n, "feedback with exception, breadcrumbs or threads", "associated_event_id")
	}
}

func (c *check) sameID(n *Node) {
	if id := n.Get("event_id").Text(); id != "" && c.eventID != "" && id != c.eventID {
		c.below(".event_id", n.Get("event_id"), lossField, "the same id in both", "event id %q is unlike the envelope's %q", Clip(id), Clip(c.eventID))
	}
}

// eventWhole judges what no field can be judged by alone.
func eventWhole(c *check, n *Node) {
	if n.kind != object {
		return
	}
	c.sameID(n)
	if !n.has("release") {
		c.note(n, "event without release", "the release, package@version")
	}
	if n.has("dist") && !n.has("release") {
		c.below(".dist", n.Get("dist"), lossField, "both or none", "dist without release")
	}
	crashedThread(c, n)
	if !n.has("exception") && !n.has("logentry") && !n.has("message") && !n.has("threads") {
		c.note(n, "event says nothing: no exception, logentry or threads", "one of them")
	}
}

func old(what, write string) rule {
	return func(c *check, n *Node) { c.note(n, what, write) }
}

func oneLine(c *check, n *Node) {
	if n.kind == text && strings.ContainsAny(n.str, "\r\n") {
		c.fault(n, lossField, "line break", "one line")
	}
}

// sizeOf limits the bytes of a value as it was sent.
func sizeOf(limit int) rule {
	return func(c *check, n *Node) {
		if size := n.End - n.Off; size > limit {
			c.faultf(n, lossField, fmt.Sprintf("at most %d bytes", limit), "%d bytes, servers cut it", size)
		}
	}
}

func deepest(limit int) rule {
	return func(c *check, n *Node) {
		if d := n.depth(); d > limit {
			c.faultf(n, lossField, fmt.Sprintf("at most %d levels", limit), "%d levels deep, servers turn the inner ones into text", d)
		}
	}
}

func tags(c *check, n *Node) {
	if n.kind == array {
		c.fault(n, lossNone, "list of pairs", "an object of strings")
		return
	}
	if !c.is(n, object) {
		return
	}
	if len(n.Members) > 100 {
		c.faultf(n, lossField, "at most 100 tags", "%d tags", len(n.Members))
	}
	for _, m := range n.Members {
		mark := c.key(m.Name)
		c.tag(m)
		c.out(mark)
	}
}

func (c *check) tag(m Member) {
	switch {
	case m.Name == "" || !charset(m.Name, "_.:-"):
		c.at(m.off, lossField, fmt.Sprintf("tag key %q", Clip(m.Name)), "letters, digits, _ . : and - only")
	case len(m.Name) > 200:
		c.at(m.off, lossField, fmt.Sprintf("tag key of %d characters", len(m.Name)), "at most 200, better 32")
	case len(m.Name) > 32:
		c.note(m.Val, "tag key of more than 32 characters: old servers drop it", "at most 32")
	}
	switch m.Name {
	case "release", "dist", "user", "filename", "function", "environment":
		c.at(m.off, lossField, "tag key "+m.Name+" is removed or moved by servers", "the field of the event, or another key")
	}
	filled(200)(c, m.Val)
	oneLine(c, m.Val)
}

func userRule() rule {
	return closed(fields{
		"id": filled(128), "username": str(128), "name": str(128), "email": str(75),
		"ip_address": ipAddress,
		"geo":        closed(fields{"city": str(0), "country_code": str(0), "region": str(0)}),
		"data":       anObject,
	})
}

func ipAddress(c *check, n *Node) {
	if !c.is(n, text) || n.str == "{{auto}}" {
		return
	}
	if _, err := netip.ParseAddr(n.str); err != nil {
		c.faultf(n, lossField, "an IP address or {{auto}}", "address %q", Clip(n.str))
	}
}

func extra(c *check, n *Node) {
	anObject(c, n)
	scrubKeys(c, n)
	sizeOf(256<<10)(c, n)
	for _, m := range n.Members {
		mark := c.key(m.Name)
		sizeOf(16<<10)(c, m.Val)
		deepest(7)(c, m.Val)
		c.out(mark)
	}
}

func breadcrumbsRule() rule {
	crumb := closed(fields{
		"timestamp": moment(lossField, 0, 0),
		"type":      oneOf("default", "debug", "error", "navigation", "http", "info", "query", "transaction", "ui", "user"),
		"category":  str(128),
		"message":   str(8192),
		"level":     levels(),
		"data":      all(anObject, sizeOf(2048), deepest(5), scrubKeys),
		"origin":    all(str(0), old("Bugsink in strict mode drops the event", "no origin")),
	})
	return all(values(crumb), chronological)
}

func chronological(c *check, n *Node) {
	var last time.Time
	for i, e := range n.Values() {
		t, ok := e.Get("timestamp").time()
		if !ok {
			continue
		}
		if t.Before(last) {
			c.below(fmt.Sprintf(".values[%d].timestamp", i), e, lossNone, "oldest first; servers do not sort", "earlier than the one before")
		}
		last = t
	}
}

func logEntryRule() rule {
	known := closed(fields{"formatted": str(8192), "message": str(8192), "params": params})
	return func(c *check, n *Node) {
		known(c, n)
		if n.kind == object && n.Get("formatted").Text() == "" && n.Get("message").Text() == "" {
			c.fault(n, lossField, "neither formatted nor message", "formatted, the text to show")
		}
	}
}

func params(c *check, n *Node) {
	if n.kind != array && n.kind != object {
		c.fault(n, lossField, n.kind.String(), "a list or an object")
		return
	}
	noNull(c, n)
}

func sdkRule() rule {
	known := closed(fields{
		"name": sdkName, "version": sdkVersion,
		"integrations": list(filled(0)), "features": list(filled(0)),
		"packages": list(closed(fields{"name": filled(0), "version": filled(0)}, "name", "version")),
		"settings": all(closed(fields{"infer_ip": oneOf("auto", "never")}), old("Bugsink in strict mode drops events with sdk.settings", "no settings for such a server")),
	}, "name", "version")
	return func(c *check, n *Node) {
		known(c, n)
		c.agree(n, n.Get("name").Text()+"/"+n.Get("version").Text())
	}
}

// agree compares an SDK's name and version with those told earlier in the request.
func (c *check) agree(n *Node, got string) {
	for _, want := range []string{c.client, c.sdk} {
		if n.kind == object && want != "" && got != want {
			c.faultf(n, lossNone, "one name and version everywhere", "SDK %q here, %q in the request or its header", Clip(got), Clip(want))
			return
		}
	}
}

func sdkName(c *check, n *Node) {
	filled(0)(c, n)
	if n.kind == text && (!charset(n.str, "._-") || strings.ToLower(n.str) != n.str || !strings.Contains(n.str, ".") || strings.HasPrefix(n.str, "sentry.")) {
		c.faultf(n, lossNone, "entity.ecosystem in lower case, not sentry.*", "SDK name %q", Clip(n.str))
	}
}

func sdkVersion(c *check, n *Node) {
	filled(0)(c, n)
	if n.kind == text && (n.str == "" || n.str[0] < '0' || n.str[0] > '9' || strings.Count(n.str, ".") < 2) {
		c.faultf(n, lossNone, "a version such as 0.3.0, without v", "SDK version %q", Clip(n.str))
	}
}

func debugMetaRule() rule {
	image := closed(fields{
		"type": oneOf("elf", "macho", "pe", "wasm"), "image_addr": address, "image_vmaddr": address,
		"image_size": whole(0), "debug_id": debugID, "code_id": filled(0), "code_file": str(0), "debug_file": str(0), "arch": filled(0),
	}, "type", "image_addr")
	return closed(fields{"images": list(image)}, "images")
}

func debugID(c *check, n *Node) {
	if c.is(n, text) && (len(n.str) < 36 || !isUUID(n.str[:36])) {
		c.faultf(n, lossField, "a UUID with dashes, made of the build id", "debug id %q", Clip(n.str))
	}
}
