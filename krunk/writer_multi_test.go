package krunk_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
)

// The way that the documentation of Writer shows: frames of io and fmt between package log and the bridge are cut too.
func TestWriterBehindOtherWriters(t *testing.T) {
	c, srv := sending(t)
	w := io.MultiWriter(new(bytes.Buffer), c.Channel("log").Writer(krunk.LevelError))
	l := log.New(w, "", log.LstdFlags)
	printLost(l, 1)
	l.Print("one")
	fmt.Fprintln(w, "two")
	c.Flush(time.Minute)
	prints := map[string]bool{}
	for i, want := range []string{"printLost", "TestWriterBehindOtherWriters", "TestWriterBehindOtherWriters"} {
		ev := srv.Events()[i]
		if got := ev.Top().Function; got != want {
			t.Errorf("event %d: top frame %s, want %s", i, got, want)
		}
		prints[strings.Join(ev.Fingerprint, "|")] = true
	}
	if len(prints) != 3 {
		t.Errorf("%d groups, want one for each site", len(prints))
	}
}
