package sentrytest

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/krunk-go/krunk/internal/sentryrules"
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

func newLog(number int, n *sentryrules.Node, payload []byte) Log {
	l := Log{
		Time: n.Get("timestamp").When(), TraceID: n.Get("trace_id").Text(), SpanID: n.Get("span_id").Text(), Level: n.Get("level").Text(),
		Body: n.Get("body").Text(), Severity: int(int32(n.Get("severity_number").Num())),
		Raw: bytes.Clone(payload[n.Off:n.End]), Envelope: number,
	}
	if a := n.Get("attributes"); a != nil {
		l.Attributes = make(map[string]Attribute, len(a.Members))
		for _, m := range a.Members {
			l.Attributes[m.Name] = newAttribute(m.Val)
		}
	}
	return l
}

func newAttribute(n *sentryrules.Node) Attribute {
	a := Attribute{Value: n.Get("value").Any(), Type: n.Get("type").Text(), Unit: n.Get("unit").Text()}
	if v := n.Get("value"); a.Type == "double" && v != nil && v.IsNumber() {
		a.Value = v.Float()
	}
	return a
}
