// Package bridgetest is what the tests of all bridges begin with: a client that ships everything to a strict endpoint.
package bridgetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// Start returns a client that ships every record of every level, and its endpoint, which must have nothing to complain about
// at the end.
func Start(t *testing.T) (*krunk.Client, *sentrytest.Server) {
	t.Helper()
	srv := sentrytest.New(sentrytest.Options{AnyTime: true})
	c, err := krunk.Start(krunk.Config{
		DSN: srv.DSN(), Transport: srv.Transport(), Release: "moonfall@1.4.2",
		Channels: map[string]krunk.Thresholds{"*": {Trail: "trace", Send: "trace"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !c.Close(time.Minute) {
			t.Error("Close could not deliver everything")
		}
		srv.Verify(t)
	})
	return c, srv
}

// Own returns the attributes that the record brought itself, as "key=value", sorted.
func Own(l *sentrytest.Log) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(l.Attributes)) {
		if !strings.HasPrefix(name, "sentry.") && !strings.HasPrefix(name, "krunk.") && !strings.HasPrefix(name, "code.") {
			out = append(out, fmt.Sprintf("%s=%v", name, l.Attr(name)))
		}
	}
	return strings.Join(out, " ")
}
