package bridgetest

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// Slogtest runs testing/slogtest, the contract of log/slog, over what handler makes of a channel. Tests of
// those names are skipped: the logger in front of the bridge fails them by itself.
func Slogtest(t *testing.T, handler func(*krunk.Channel) slog.Handler, except ...string) {
	var c *krunk.Client
	var srv *sentrytest.Server
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		for _, name := range except {
			if strings.HasSuffix(t.Name(), "/"+name) {
				t.Skip("the logger fails this by itself")
			}
		}
		c, srv = Start(t)
		return handler(c.Channel("game"))
	}, func(t *testing.T) map[string]any {
		c.Flush(time.Minute)
		logs := srv.Logs()
		if len(logs) != 1 {
			t.Fatalf("%d log records arrived, want 1", len(logs))
		}
		l := logs[0]
		out := map[string]any{slog.LevelKey: l.Level, slog.MessageKey: l.Body, slog.TimeKey: l.Time}
		// slog asks handlers to leave the time of a record without one out. On the wire a record has a time always, so Krunk
		// stamps such a record itself, and the rule can only be that the time is not the zero one.
		if strings.HasSuffix(t.Name(), "/zero-time") {
			if l.Time.Year() < 2000 {
				t.Errorf("a record without a time arrived with %v, want the moment of the call", l.Time)
			}
			delete(out, slog.TimeKey)
		}
		for name, a := range l.Attributes {
			if !strings.HasPrefix(name, "sentry.") && !strings.HasPrefix(name, "krunk.") && !strings.HasPrefix(name, "code.") {
				nest(out, strings.Split(name, "."), opened(a.Value))
			}
		}
		return out
	})
}

// opened returns an object that travels as its JSON as a group.
func opened(v any) any {
	group := make(map[string]any)
	if text, ok := v.(string); ok && strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &group) == nil {
		return group
	}
	return v
}

// nest puts a value at the place that a dotted key names.
func nest(m map[string]any, path []string, value any) {
	if len(path) == 1 {
		m[path[0]] = value
		return
	}
	group, ok := m[path[0]].(map[string]any)
	if !ok {
		group = make(map[string]any)
		m[path[0]] = group
	}
	nest(group, path[1:], value)
}
