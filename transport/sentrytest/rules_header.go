package sentrytest

import (
	"net/url"
	"strings"
	"time"
)

const drift = 55 * time.Minute // from here on servers move all timestamps of the event

func headerRule(r *rules) rule {
	known := fields{
		"event_id": eventID(LossEnvelope),
		"dsn":      headerDSN,
		"sdk":      r.sdk,
		"sent_at":  sentAt,
		"trace":    r.trace,
	}
	return func(c *check, n *node) {
		for _, m := range n.members {
			mark := c.key(m.name)
			if f := known[m.name]; f != nil {
				f(c, m.val)
			} else {
				c.at(m.off, LossNone, "unknown header field", "event_id, dsn, sdk, sent_at and trace only")
			}
			c.out(mark)
		}
		c.require(n, LossNone, "sent_at", "sdk")
		if !n.has("dsn") {
			c.note(n, "header without dsn", "the DSN: a proxy and the disk cache need it")
		}
	}
}

func headerDSN(c *check, n *node) {
	const want = "the DSN that made the URL and X-Sentry-Auth"
	u, err := url.Parse(n.text())
	if n.kind != text || err != nil || u.Host == "" || u.User == nil || u.Scheme != "http" && u.Scheme != "https" {
		c.faultf(n, LossEnvelope, want, "DSN %q", clip(n.str))
		return
	}
	project := u.Path[strings.LastIndexByte(u.Path, '/')+1:]
	if key := u.User.Username(); key != c.opt.Key {
		c.faultf(n, LossEnvelope, want, "DSN of key %q, this is %q", clip(key), c.opt.Key)
	} else if project != c.opt.Project {
		c.faultf(n, LossEnvelope, want, "DSN of project %q, this is %q", clip(project), c.opt.Project)
	}
}

func sentAt(c *check, n *node) {
	const want = `the time of sending in UTC, such as "2026-09-21T14:13:21.004Z"`
	t, err := time.Parse(time.RFC3339Nano, n.text())
	switch {
	case n.kind != text || err != nil:
		c.faultf(n, LossEnvelope, want, "sent_at %v %s", n.kind, clip(n.str))
	case !strings.HasSuffix(n.str, "Z") || len(n.str) > len("2026-09-21T14:13:21.000000000Z"):
		c.faultf(n, LossField, want, "sent_at %q: Bugsink reads only Z and at most 9 digits", clip(n.str))
	case c.opt.AnyTime:
	case c.now.Sub(t).Abs() >= drift:
		c.faultf(n, LossField, want+", written when the request is built", "sent_at is %v off: servers move every timestamp by it", c.now.Sub(t).Round(time.Second))
	}
}

func traceRule() rule {
	known := closed(fields{
		"trace_id": hexID(32, LossField), "public_key": filled(0), "release": release, "environment": environment,
		"org_id": filled(0), "sample_rand": filled(0),
	}, "trace_id", "public_key")
	return func(c *check, n *node) {
		known(c, n)
		if k := n.get("public_key"); k != nil && k.text() != c.opt.Key {
			c.below(".public_key", k, LossField, c.opt.Key, "%q", clip(k.str))
		}
	}
}
