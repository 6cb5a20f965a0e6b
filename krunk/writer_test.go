package krunk_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// sending returns a client that ships every record of every level and its endpoint.
func sending(t *testing.T) (*krunk.Client, *sentrytest.Server) {
	t.Helper()
	srv := sentrytest.New(sentrytest.Options{})
	c := quiet(t, krunk.Config{
		DSN: srv.DSN(), Transport: srv.Transport(), Channels: map[string]krunk.Thresholds{"*": {Trail: "trace", Send: "trace"}, "quiet": {Send: "warn"}},
	})
	t.Cleanup(func() { srv.Verify(t) })
	return c, srv
}

// bodies returns the texts of all log records so far.
func bodies(c *krunk.Client, srv *sentrytest.Server) []string {
	c.Flush(time.Minute)
	var out []string
	for _, l := range srv.Logs() {
		out = append(out, l.Body)
	}
	return out
}

func TestWriterLines(t *testing.T) {
	long := strings.Repeat("x", 8192)
	for _, tt := range []struct {
		name   string
		writes []string
		want   []string
	}{
		{"one line", []string{"one\n"}, []string{"one"}},
		{"several lines", []string{"one\ntwo\nthree\n"}, []string{"one", "two", "three"}},
		{"several writes", []string{"one\n", "two\n"}, []string{"one", "two"}},
		{"no end", []string{"one"}, nil},
		{"end comes later", []string{"o", "n", "e\ntw", "o\n"}, []string{"one", "two"}},
		{"end alone", []string{"one", "\n", "\n"}, []string{"one"}},
		{"CRLF", []string{"one\r\ntwo\r\n"}, []string{"one", "two"}},
		{"CR and LF apart", []string{"one\r", "\ntwo\n"}, []string{"one", "two"}},
		{"empty lines", []string{"\n\n  \none\n\r\n\n", ""}, []string{"one"}},
		{"spaces", []string{"  indented \t\n"}, []string{"  indented"}},
		{"as long as is kept", []string{long + "\n"}, []string{long}},
		{"too long", []string{long + "yz\n", "next\n"}, []string{long[3:] + "...", "next"}},
		{"too long, in parts", []string{long, "yz", "\nnext\n"}, []string{long[3:] + "...", "next"}},
		{"huge, in parts", []string{strings.Repeat(long, 100), strings.Repeat(long, 100), "\nnext\n"}, []string{long[3:] + "...", "next"}},
		{"date", []string{"2009/11/10 23:00:00 lost\n"}, []string{"lost"}},
		{"date with microseconds", []string{"2009/11/10 23:00:00.123456 lost\n"}, []string{"lost"}},
		{"date in parts", []string{"2009/11/", "10 23:00:00 lost\n"}, []string{"lost"}},
		{"date and a long line, in parts", []string{"2009/11/10 23:00:00.123456 ", long, "\n"}, []string{long}},
		{"date alone", []string{"2009/11/10 23:00:00 \n"}, nil},
		{"no date", []string{"2009/11/10 lost\n", "2009-11-10 23:00:00 lost\n", "12 monkeys\n"},
			[]string{"2009/11/10 lost", "2009-11-10 23:00:00 lost", "12 monkeys"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := sending(t)
			w := c.Channel("log").Writer(krunk.LevelInfo)
			for _, s := range tt.writes {
				if n, err := io.WriteString(w, s); n != len(s) || err != nil {
					t.Errorf("Write returned %d, %v; want %d, nil", n, err, len(s))
				}
			}
			if got := bodies(c, srv); !slices.Equal(got, tt.want) {
				t.Errorf("got %.60q, want %.60q", got, tt.want)
			}
		})
	}
}

func TestWriterBehindPackageLog(t *testing.T) {
	for _, tt := range []struct {
		name  string
		flags int
		pre   string
		want  string
	}{
		{"none", 0, "", "lost 7"},
		{"standard", log.LstdFlags, "", "lost 7"},
		{"microseconds", log.LstdFlags | log.Lmicroseconds, "", "lost 7"},
		{"UTC", log.LstdFlags | log.LUTC, "", "lost 7"},
		{"prefix", log.LstdFlags | log.Lmsgprefix, "net: ", "net: lost 7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := sending(t)
			l := log.New(c.Channel("log").Writer(krunk.LevelWarn), tt.pre, tt.flags)
			l.Printf("lost %d", 7)
			if got := bodies(c, srv); len(got) != 1 || got[0] != tt.want {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
			rec := srv.Logs()[0]
			if rec.Level != "warn" || rec.Attr("krunk.channel") != "log" {
				t.Errorf("level %s, channel %v; want warn, log", rec.Level, rec.Attr("krunk.channel"))
			}
			if got := rec.Attr("sentry.message.template"); got != nil {
				t.Errorf("the text, which holds values, went out as the template %v", got)
			}
		})
	}
}

func printLost(l *log.Logger, n int) { l.Printf("connection %d lost", n) }

// The text of a line holds values, so it must not decide about the group; the place that logged does.
func TestWriterGroupsByCallSite(t *testing.T) {
	c, srv := sending(t)
	l := log.New(c.Channel("log").Writer(krunk.LevelError), "", log.LstdFlags)
	printLost(l, 1)
	printLost(l, 2)
	l.Print("connection 1 lost")
	l.Print("connection 1 lost")
	c.Flush(time.Minute)
	events := srv.Events()
	if len(events) != 4 {
		t.Fatalf("%d events, want 4", len(events))
	}
	var prints []string
	for _, ev := range events {
		prints = append(prints, strings.Join(ev.Fingerprint, "|"))
	}
	if prints[0] != prints[1] {
		t.Errorf("one site, two texts: %q and %q, want the same", prints[0], prints[1])
	}
	if prints[1] == prints[2] || prints[2] == prints[3] {
		t.Errorf("fingerprints %q: want another one for each site", prints[1:])
	}
	for i, want := range []string{"printLost", "printLost", "TestWriterGroupsByCallSite", "TestWriterGroupsByCallSite"} {
		top := events[i].Top()
		if top.Function != want || !strings.HasSuffix(top.Filename, "krunk/writer_test.go") {
			t.Errorf("event %d: top frame %s in %s, want %s in this file", i, top.Function, top.Filename, want)
		}
	}
	if got := events[1].LogEntry; got.Message != "connection 2 lost" {
		t.Errorf("logentry %+v, want the text", got)
	}
}

func TestWriterBelowThreshold(t *testing.T) {
	c, srv := sending(t)
	c.Channel("quiet").Info("marks that the client works", krunk.Bool("x", true))
	off := quiet(t, krunk.Config{Channels: map[string]krunk.Thresholds{"log": {Trail: "warn"}}})
	w := off.Channel("log").Writer(krunk.LevelInfo)
	if n, err := io.WriteString(w, "below\n"); n != len("below\n") || err != nil {
		t.Errorf("Write returned %d, %v", n, err)
	}
	off.Flush(time.Second)
	if s := off.Stats(); s.History != 0 || s.Logs != 0 || s.Events != 0 {
		t.Errorf("below the threshold: %+v, want nothing", s)
	}
	// Below send it is history: it travels with the next event.
	io.WriteString(c.Channel("quiet").Writer(krunk.LevelInfo), "a crumb\n")
	c.Report(errors.New("boom"))
	if got := bodies(c, srv); len(got) != 0 {
		t.Errorf("log records %q, want none", got)
	}
	crumbs := srv.Events()[0].Breadcrumbs
	if n := len(crumbs); n != 2 || crumbs[1].Message != "a crumb" {
		t.Errorf("breadcrumbs %+v, want the line as the last", crumbs)
	}
}

func TestWriterOfNilChannel(t *testing.T) {
	var ch *krunk.Channel
	if n, err := fmt.Fprintln(ch.Writer(krunk.LevelFatal), "x"); n != 2 || err != nil {
		t.Errorf("Write returned %d, %v; want 2, nil", n, err)
	}
}

// Lines of several goroutines that share a Writer stay whole.
func TestWriterConcurrently(t *testing.T) {
	c, srv := sending(t)
	l := log.New(c.Channel("log").Writer(krunk.LevelInfo), "", 0)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 10 {
				l.Printf("line %d-%d end", g, i)
			}
		})
	}
	wg.Wait()
	got := bodies(c, srv)
	slices.Sort(got)
	if got = slices.Compact(got); len(got) != 80 {
		t.Errorf("%d different lines, want 80", len(got))
	}
	for _, s := range got {
		if !strings.HasPrefix(s, "line ") || !strings.HasSuffix(s, " end") {
			t.Errorf("torn line %q", s)
		}
	}
}

// The caller owns what it writes and changes it right after the call.
func TestWriterMustNotRetain(t *testing.T) {
	c, srv := sending(t)
	w := c.Channel("log").Writer(krunk.LevelInfo)
	buf := []byte("first\nsec")
	w.Write(buf)
	copy(buf, "XXXXXXXXX")
	io.WriteString(w, "ond\n")
	if got := bodies(c, srv); !slices.Equal(got, []string{"first", "second"}) {
		t.Errorf("got %q, want first and second", got)
	}
}

func TestWriterDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	w := quiet(t, krunk.Config{}).Channel("log").Writer(krunk.LevelInfo)
	line := []byte("2009/11/10 23:00:00 lost\n")
	if n := testing.AllocsPerRun(200, func() { w.Write(line) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
