package benchmarks

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
)

const (
	listEnvelope = `{"event_id":"a"}
{"type":"event","length":10}
{"event_id":"a","breadcrumbs":[{},{}],"tags":{"a":"b"},"exception":[{"stacktrace":{"frames":[{},{},{}]}}]}
`
	objectEnvelope = `{"event_id":"a"}
{"type":"event"}
{"event_id":"a","breadcrumbs":{"values":[{},{}]},"tags":{"a":"b"},"exception":{"values":[{"stacktrace":{"frames":[{},{},{}]}}]}}
`
)

func TestShapeOf(t *testing.T) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	w.Write([]byte(listEnvelope))
	w.Close()
	for name, body := range map[string]string{"list": listEnvelope, "object": objectEnvelope, "gzip": zipped.String()} {
		got, err := shapeOf([]byte(body))
		if got.Size = 0; err != nil || got != (Shape{Frames: 3, Crumbs: 2, Tags: 1}) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	for name, body := range map[string]string{
		"empty": "", "no event": "{}\n{}\n{}\n", "cut gzip": zipped.String()[:20],
		"broken": strings.Replace(listEnvelope, "[{},{}]", "[{},", 1),
	} {
		if got, err := shapeOf([]byte(body)); err == nil {
			t.Errorf("%s: got %+v, want an error", name, got)
		}
	}
}
