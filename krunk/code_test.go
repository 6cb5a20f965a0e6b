package krunk_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
)

// An event belongs to the place that called the game's own helper, here package reflect.
func TestWrappersAreCut(t *testing.T) {
	for _, tt := range []struct {
		wrappers []string
		want     string
	}{{nil, "Value.call"}, {[]string{"reflect"}, "TestWrappersAreCut"}} {
		c, srv := controlled(t, krunk.Config{Code: krunk.Code{Wrappers: tt.wrappers}}, "")
		reflect.ValueOf(c.Channel("net").Report).Call([]reflect.Value{reflect.ValueOf(errors.New("boom"))})
		c.Flush(time.Minute)
		events := srv.Events()
		if len(events) != 1 {
			t.Fatalf("%d events arrived, want 1", len(events))
		}
		if top := events[0].Top(); top.Function != tt.want {
			t.Errorf("with wrappers %q the top frame is %s, want %s", tt.wrappers, top.Function, tt.want)
		}
	}
}

// A build that does not know its version says so in every event, in the lean build too, instead of having no release.
func TestReleaseOfAnUnversionedBuild(t *testing.T) {
	c, srv := controlled(t, krunk.Config{}, "")
	c.Report(errors.New("boom"))
	c.Flush(time.Minute)
	if ev := srv.Events(); len(ev) != 1 || !strings.Contains(ev[0].Release, "@") {
		t.Errorf("events %v, want one with a release", ev)
	}
}
