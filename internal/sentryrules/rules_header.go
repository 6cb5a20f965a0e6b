package sentryrules

import (
	"net/url"
	"strings"
	"time"
)

const drift = 55 * time.Minute // from here on servers move all timestamps of the event

func headerRule(r *Rules) rule {
	known := fields{
		"event_id": eventID(lossEnvelope),
		"dsn":      headerDSN,
		"sdk":      r.sdk,
		"sent_at":  sentAt,
		"trace":    r.trace,
	}
	return func(c *check, n *Node) {
		for _, m := range n.Members {
			mark := c.key(m.Name)
			if f := known[m.Name]; f != nil {
				f(c, m.Val)
			} else {
				c.at(m.off, lossNone, "unknown header field", "event_id, dsn, sdk, sent_at and trace only")
			}
			c.out(mark)
		}
		c.require(n, lossNone, "sent_at", "sdk")
		if !n.has("dsn") {
			c.note(n, "header without dsn", "the DSN: a proxy and the disk cache need it")
		}
	}
}

func headerDSN(c *check, n *Node) {
	const want = "the DSN that made the URL and X-Sentry-Auth"
	u, err := url.Parse(n.Text())
	if n.kind != text || err != nil || u.Host == "" || u.User == nil || u.Scheme != "http" && u.Scheme != "https" {
		c.faultf(n, lossEnvelope, want, "DSN %q", Clip(n.str))
		return
	}
	project := u.Path[strings.LastIndexByte(u.Path, '/')+1:]
	if key := u.User.Username(); key != c.opt.Key {
		c.faultf(n, lossEnvelope, want, "DSN of key %q, this is %q", Clip(key), c.opt.Key)
	} else if project != c.opt.Project {
		c.faultf(n, lossEnvelope, want, "DSN of project %q, this is %q", Clip(project), c.opt.Project)
	}
}

func sentAt(c *check, n *Node) {
	const want = `the time of sending in UTC, such as "2026-09-21T14:13:21.004Z"`
	t, err := time.Parse(time.RFC3339Nano, n.Text())
	switch {
	case n.kind != text || err != nil:
		c.faultf(n, lossEnvelope, want, "sent_at %v %s", n.kind, Clip(n.str))
	case !strings.HasSuffix(n.str, "Z") || len(n.str) > len("2026-09-21T14:13:21.000000000Z"):
		c.faultf(n, lossField, want, "sent_at %q: Bugsink reads only Z and at most 9 digits", Clip(n.str))
	case c.opt.AnyTime:
	case c.now.Sub(t).Abs() >= drift:
		c.faultf(n, lossField, want+", written when the request is built", "sent_at is %v off: servers move every timestamp by it", c.now.Sub(t).Round(time.Second))
	}
}

func traceRule() rule {
	known := closed(fields{
		"trace_id": hexID(32, lossField), "public_key": filled(0), "release": release, "environment": environment,
		"org_id": filled(0), "sample_rand": filled(0),
	}, "trace_id", "public_key")
	return func(c *check, n *Node) {
		known(c, n)
		if k := n.Get("public_key"); k != nil && k.Text() != c.opt.Key {
			c.below(".public_key", k, lossField, c.opt.Key, "%q", Clip(k.str))
		}
	}
}
