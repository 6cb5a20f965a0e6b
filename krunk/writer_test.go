package krunk_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/allocs"
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
		{"several lines", []string{"one\ntwo\nthree\n"}, []string{"one\ntwo\nthree"}},
		{"a stack", []string{"recovered: boom\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:7 +0x1d\n"},
			[]string{"recovered: boom\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:7 +0x1d"}},
		{"several writes", []string{"one\n", "two\n"}, []string{"one", "two"}},
		{"no end", []string{"one"}, []string{"one"}},
		{"no end, twice", []string{"one\n", "two"}, []string{"one", "two"}},
		{"end in the middle", []string{"one\ntwo\nthr", "ee\n"}, []string{"one\ntwo", "three"}},
		{"end comes later", []string{"o", "n", "e\ntw", "o\n"}, []string{"one", "two"}},
		{"end alone", []string{"one", "\n", "\n"}, []string{"one"}},
		{"CRLF", []string{"one\r\ntwo\r\n"}, []string{"one\ntwo"}},
		{"CR and LF apart", []string{"one\r", "\ntwo\n"}, []string{"one", "two"}},
		{"progress", []string{"10%\r20%", "\r30%", "\r\n"}, []string{"30%"}},
		{"long progress", []string{strings.Repeat("loading 10%\r", 10_000), "done\n"}, []string{"done"}},
		{"colours", []string{"\x1b[31mERROR\x1b[0m lost \x1b]8;;http://x\x1b\\here\x1b]8;;\a!\x1b(B\n"}, []string{"ERROR lost here!"}},
		{"colours in parts", []string{"a\x1b", "[3", "1mb\n", "\x1b]endless\nc\n"}, []string{"ab", "c"}},
		{"empty lines", []string{"\n\n  \none\n\r\n\n", ""}, []string{"one"}},
		{"many empty lines", []string{strings.Repeat("\n", 100_000) + " x\n"}, []string{" x"}},
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
		{"behind a prefix", []string{"game: 2026/11/26 22:50:21.664365 main.go:234: lost 3 packets\n", "[net] 22:50:21 lost\n", "net 2026/11/26 lost\n"},
			[]string{"game: lost 3 packets", "[net] lost", "net lost"}},
		{"behind a prefix, in parts", []string{"game: 2026/11/26 ", "22:50:21 lost\n"}, []string{"game: lost"}},
		{"file", []string{"2026/11/26 22:50:21 C:/my games/main.go:234: lost\n", "2026/11/26 22:50:21 ???:0: lost\n"}, []string{"lost", "lost"}},
		{"no header", []string{"2009-11-10 23:00:00 lost\n", "12 monkeys\n", "restarted at 2009/11/10 23:00:00 by x\n", "lunch 12:00:00 today\n", "main.go:12: undefined x\n", "2009/11/10 23:00:00 see a.go:12: x\n", "x: 1.go:\n", ".go:1: \n", "a: main.go:99: no call\n"},
			[]string{"2009-11-10 23:00:00 lost", "12 monkeys", "restarted at 2009/11/10 23:00:00 by x", "lunch 12:00:00 today", "main.go:12: undefined x", "see a.go:12: x", "x: 1.go:", ".go:1:", "a: main.go:99: no call"}},
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
		{"prefix in front", log.LstdFlags, "net: ", "net: lost 7"},
		{"date", log.Ldate, "", "lost 7"},
		{"time", log.Ltime, "", "lost 7"},
		{"file", log.Lshortfile, "", "lost 7"},
		{"long file", log.Llongfile, "", "lost 7"},
		{"file behind a prefix", log.Lshortfile, "net: ", "net: lost 7"},
		{"all", log.LstdFlags | log.Lmicroseconds | log.Lshortfile, "my game: ", "my game: lost 7"},
		{"all, prefix last", log.LstdFlags | log.Lmicroseconds | log.Llongfile | log.Lmsgprefix, "my game: ", "my game: lost 7"},
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
	off.Flush(time.Minute)
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
	if n := allocs.Least(200, func() { w.Write(line) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// A line without its end is not lost: Flush, Close and an event take it as far as it has come.
func TestWriterWithoutEnd(t *testing.T) {
	c, srv := sending(t)
	w := c.Channel("log").Writer(krunk.LevelInfo)
	io.WriteString(w, "loading level 3...")
	c.Report(errors.New("boom"))
	io.WriteString(w, " done")
	got := bodies(c, srv) // flushes
	io.WriteString(w, "bye")
	if !c.Close(time.Minute) {
		t.Error("Close was not in time")
	}
	for _, l := range srv.Logs()[len(got):] {
		got = append(got, l.Body)
	}
	if want := []string{"loading level 3...", " done", "bye"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if crumbs := srv.Events()[0].Breadcrumbs; len(crumbs) != 1 || crumbs[0].Message != "loading level 3..." {
		t.Errorf("breadcrumbs %+v, want what the line held when the error was reported", crumbs)
	}
}

// What a stream holds at once is as it happens to be buffered: each line is a record of its own. What is written at once is one.
func TestWriterOfStreams(t *testing.T) {
	const text = "one\ntwo\nthree"
	for name, tt := range map[string]struct {
		write func(w io.Writer)
		want  int
	}{
		"copy":           {func(w io.Writer) { io.Copy(w, strings.NewReader(text)) }, 3},
		"copy of a pipe": {func(w io.Writer) { io.Copy(w, struct{ io.Reader }{strings.NewReader(text)}) }, 3},
		"bufio":          {func(w io.Writer) { b := bufio.NewWriter(w); b.WriteString(text); b.Flush() }, 3},
		"buffer":         {func(w io.Writer) { bytes.NewBufferString(text + "\n").WriteTo(w) }, 1},
		"fmt":            {func(w io.Writer) { fmt.Fprintln(w, text) }, 1},
		"log":            {func(w io.Writer) { log.New(io.MultiWriter(io.Discard, w), "", 0).Print(text) }, 1},
		"write":          {func(w io.Writer) { w.Write([]byte(text + "\n")) }, 1},
	} {
		c, srv := sending(t)
		tt.write(c.Channel("log").Writer(krunk.LevelInfo))
		if got := bodies(c, srv); len(got) != tt.want {
			t.Errorf("%s: got %q, want %d records", name, got, tt.want)
		}
	}
}

// Writers that hold a part of a line are few at a time; what is beyond waits for its end.
func TestManyWritersWithoutEnd(t *testing.T) {
	c, srv := sending(t)
	for round := range 3 {
		var ws []io.Writer
		for i := range 20 {
			w := c.Channel("log").Writer(krunk.LevelInfo)
			fmt.Fprintf(w, "round %d writer %d", round, i)
			ws = append(ws, w)
		}
		for _, w := range ws {
			io.WriteString(w, "\n")
		}
	}
	got := bodies(c, srv)
	slices.Sort(got)
	if got = slices.Compact(got); len(got) != 60 {
		t.Errorf("%d different lines, want 60", len(got))
	}
}

// Writers, reports and flushes at once wait for nothing that waits for them.
func TestWriterBesideReports(t *testing.T) {
	c, _ := sending(t)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			w := c.Channel("log").Writer(krunk.LevelError)
			for i := range 50 {
				fmt.Fprintf(w, "part %d", i)
				if i%3 == 0 {
					io.WriteString(w, "\n")
				}
				if g == 0 {
					c.Flush(time.Minute)
				} else {
					c.Report(errors.New("boom"))
				}
			}
		})
	}
	wg.Wait()
}

func FuzzWriter(f *testing.F) {
	f.Add("game: 2026/11/26 22:50:21.664365 main.go:234: lost\n", "a\r\x1b[31m")
	f.Add(strings.Repeat("x", 9000), "\n.go:1: ")
	c := quiet(f, krunk.Config{})
	w := c.Channel("log").Writer(krunk.LevelInfo)
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, s := range []string{a, b, a + b, b + "\n" + a, "\n"} {
			if n, err := io.WriteString(w, s); n != len(s) || err != nil {
				t.Errorf("Write returned %d, %v", n, err)
			}
		}
	})
}
