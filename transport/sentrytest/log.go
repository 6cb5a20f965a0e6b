package sentrytest

import (
	"bytes"
	"encoding/json"
	"time"
)

// Log is one log record.
type Log struct {
	Time       time.Time
	TraceID    string
	SpanID     string
	Level      string // trace, debug, info, warn, error, fatal
	Body       string
	Severity   int
	Attributes map[string]Attribute
	Raw        json.RawMessage
	Envelope   int // number of the request
}

// Attribute is one typed value of a log record.
type Attribute struct {
	Value any    // string, bool, int64 (integer), float64 (double) or []any (array)
	Type  string // string, boolean, integer, double, array
	Unit  string
}

// Attr is the value of an attribute, nil if there is none.
func (l *Log) Attr(name string) any { return l.Attributes[name].Value }

func newLog(number int, n *node, payload []byte) Log {
	l := Log{
		Time: n.get("timestamp").when(), TraceID: n.get("trace_id").text(), SpanID: n.get("span_id").text(), Level: n.get("level").text(),
		Body: n.get("body").text(), Severity: int(int32(n.get("severity_number").num())),
		Raw: bytes.Clone(payload[n.off:n.end]), Envelope: number,
	}
	if a := n.get("attributes"); a != nil {
		l.Attributes = make(map[string]Attribute, len(a.members))
		for _, m := range a.members {
			l.Attributes[m.name] = newAttribute(m.val)
		}
	}
	return l
}

func newAttribute(n *node) Attribute {
	a := Attribute{Value: n.get("value").any(), Type: n.get("type").text(), Unit: n.get("unit").text()}
	if v := n.get("value"); a.Type == "double" && v != nil && v.kind == number {
		a.Value = v.float()
	}
	return a
}
