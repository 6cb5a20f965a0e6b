package sentryrules

import (
	"fmt"
	"slices"
	"time"
)

func reportRule() rule {
	entry := closed(fields{
		"reason":   all(losing(lossItem, filled(200)), reason),
		"category": losing(lossItem, oneOf(categories()...)),
		"quantity": losing(lossItem, whole(1)),
	})
	full := func(c *check, n *Node) {
		entry(c, n)
		if n.kind == object {
			c.require(n, lossItem, "reason", "category", "quantity")
		}
	}
	known := closed(fields{
		"timestamp":        moment(lossItem, retention, time.Minute),
		"discarded_events": discarded(full),
	})
	return func(c *check, n *Node) {
		known(c, n)
		if n.kind == object {
			c.require(n, lossItem, "discarded_events")
		}
		if n.kind == object && n.Get("timestamp") == nil {
			c.note(n, "no timestamp", "the time of the report")
		}
	}
}

// discarded is the list of entries.
func discarded(entry rule) rule {
	return func(c *check, n *Node) {
		switch {
		case n.kind != array:
			c.faultf(n, lossItem, "a list of entries", "%v", n.kind)
		case len(n.Elems) == 0:
			c.note(n, "empty list", "no client report at all, unless it is there to try the way")
		default:
			list(entry)(c, n)
		}
	}
}

func categories() []string {
	return []string{"error", "session", "log_item", "log_byte", "attachment", "attachment_item", "feedback", "internal", "transaction",
		"span", "profile", "profile_chunk", "replay", "monitor", "metric_bucket", "trace_metric", "trace_metric_byte", "security", "default"}
}

func reasons() []string {
	return []string{"queue_overflow", "buffer_overflow", "cache_overflow", "ratelimit_backoff", "network_error", "send_error", "sample_rate",
		"before_send", "event_processor", "ignored", "invalid", "insufficient_data", "backpressure", "internal_sdk_error"}
}

// reason warns of names that servers keep as free text only.
func reason(c *check, n *Node) {
	if n.kind == text && !slices.Contains(reasons(), n.str) {
		c.faultf(n, lossNone, "one of the protocol's reasons", "reason %q is not counted as a known one", Clip(n.str))
	}
}

// pairs notes log records that were counted without their bytes, or the reverse.
func (c *check) pairs(n *Node) {
	seen := map[string]map[string]bool{}
	for _, e := range n.Get("discarded_events").Values() {
		r, category := e.Get("reason").Text(), e.Get("category").Text()
		if seen[r] == nil {
			seen[r] = map[string]bool{}
		}
		seen[r][category] = true
	}
	for r, of := range seen {
		if of["log_item"] != of["log_byte"] {
			c.note(n, fmt.Sprintf("reason %s has one of log_item and log_byte", Clip(r)), "both")
		}
	}
}

// sessionRule: Relay reads sessions into fixed types, so most faults cost the whole update.
func sessionRule() rule {
	attrs := closed(fields{"release": release, "environment": environment, "ip_address": ipAddress, "user_agent": str(0)}, "release")
	item := fields{
		"sid": sid, "did": filled(0), "init": aBool, "seq": whole(0),
		"started":   all(textOnly, moment(lossItem, 5*day, time.Minute)),
		"timestamp": moment(lossItem, 0, time.Minute),
		"duration":  duration,
		"errors":    whole(0),
		"attrs":     attrs,
	}
	for name, r := range item {
		item[name] = losing(lossItem, r)
	}
	item["status"] = textual(lossItem, oneOf("ok", "exited", "crashed", "abnormal", "unhandled", "errored"))
	item["abnormal_mechanism"] = oneOf("anr_foreground", "anr_background", "none")
	known := all(closed(item), func(c *check, n *Node) { c.require(n, lossItem, "sid", "started", "attrs") })
	return func(c *check, n *Node) {
		known(c, n)
		if n.kind != object {
			return
		}
		status := n.Get("status").Text()
		if n.has("abnormal_mechanism") && status != "abnormal" {
			c.fault(n, lossField, "abnormal_mechanism with status "+Clip(status), "it with abnormal only")
		}
		if status == "crashed" && n.Get("errors").Num() < 1 {
			c.fault(n, lossNone, "crashed without errors", "errors of at least 1")
		}
		sessionTimes(c, n)
		if !n.has("did") {
			c.note(n, "session without did: users are not counted", "the install id")
		}
	}
}

// sessionTimes judges what the times of an update say together.
func sessionTimes(c *check, n *Node) {
	began, at, duration := n.Get("started").When(), n.Get("timestamp").When(), n.Get("duration")
	if began.IsZero() || at.IsZero() {
		return
	}
	age := at.Sub(began).Seconds()
	switch {
	case age < 0:
		c.fault(n, lossField, fmt.Sprintf("timestamp %v s before started", -age), "a time that is not before started")
	case duration != nil && duration.Float() > age+1:
		c.fault(n, lossField, fmt.Sprintf("duration %v of a session that is %v s old", duration.Float(), age), "the seconds from started at most")
	}
}

func sid(c *check, n *Node) {
	if c.is(n, text) && !isUUID(n.str) {
		c.faultf(n, lossItem, "a UUID", "session id %q", Clip(n.str))
	}
}

func textOnly(c *check, n *Node) {
	if n.kind == number {
		c.fault(n, lossItem, "started is a number", "RFC 3339")
	}
}

func duration(c *check, n *Node) {
	if c.is(n, number) && n.Float() < 0 {
		c.faultf(n, lossItem, "seconds of at least 0", "duration %s", Clip(n.str))
	}
}
