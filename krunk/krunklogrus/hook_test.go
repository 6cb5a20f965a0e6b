package krunklogrus_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/internal/bridgetest"
	"github.com/krunk-go/krunk/krunk/krunklogrus"
)

// logger returns a logger whose old output is the returned buffer, and which passes everything on to the hook.
func logger(channel *krunk.Channel, o *krunklogrus.Options) (*logrus.Logger, *bytes.Buffer) {
	old := new(bytes.Buffer)
	l := logrus.New()
	l.Out = old
	l.Level = logrus.TraceLevel
	l.Formatter = &logrus.TextFormatter{DisableTimestamp: true}
	l.AddHook(krunklogrus.New(channel, o))
	return l, old
}

type rude struct{}

func (rude) MarshalText() ([]byte, error) { panic("rude") }
func (rude) String() string               { return "rude" }

func TestFields(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fields logrus.Fields
		want   string
	}{
		{"plain", logrus.Fields{"n": 17, "s": "x", "b": true, "f": 1.5, "d": 1500 * time.Microsecond}, "b=true d=1.5 f=1.5 n=17 s=x"},
		{"error", logrus.Fields{logrus.ErrorKey: io.EOF}, "error=EOF"},
		{"nil", logrus.Fields{"a": nil}, "a=<nil>"},
		{"lists", logrus.Fields{"a": []int{1, 2}, "m": map[string]any{"k": 1}}, `a=[1,2] m={"k":1}`},
		{"named", logrus.Fields{"level": logrus.WarnLevel, "month": time.March}, "level=warning month=3"},
		{"panics", logrus.Fields{"a": rude{}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := bridgetest.Start(t)
			l, old := logger(c.Channel("net"), nil)
			l.WithFields(tt.fields).Info("got")
			c.Flush(time.Minute)
			logs := srv.Logs()
			if len(logs) != 1 || !strings.Contains(old.String(), "msg=got") {
				t.Fatalf("%d log records arrived and the old output is %q, want one of each", len(logs), old)
			}
			if got := bridgetest.Own(&logs[0]); got != tt.want && tt.want != "" {
				t.Errorf("attributes %s, want %s", got, tt.want)
			}
		})
	}
}

func TestManyFields(t *testing.T) {
	c, srv := bridgetest.Start(t)
	l, _ := logger(c.Channel("net"), nil)
	fields := logrus.Fields{}
	for i := range 40 {
		fields[fmt.Sprintf("k%02d", i)] = i
	}
	l.WithFields(fields).Info("got")
	c.Flush(time.Minute)
	logs := srv.Logs()
	if len(logs) != 1 || logs[0].Attr("k00") != int64(0) || logs[0].Attr("k39") != int64(39) {
		t.Errorf("%d records, want one with all of 40 fields", len(logs))
	}
}

func TestLevels(t *testing.T) {
	for level, want := range map[logrus.Level]krunk.Level{
		logrus.TraceLevel: krunk.LevelTrace, logrus.DebugLevel: krunk.LevelDebug, logrus.InfoLevel: krunk.LevelInfo, logrus.WarnLevel: krunk.LevelWarn,
		logrus.ErrorLevel: krunk.LevelError, logrus.FatalLevel: krunk.LevelFatal, logrus.PanicLevel: krunk.LevelError + 3, 100: krunk.LevelTrace,
	} {
		if got := krunklogrus.Level(level); got != want {
			t.Errorf("level %d: got %d, want %d", level, got, want)
		}
	}
	l, old := logger(nil, nil)
	l.Error("nowhere")
	if !strings.Contains(old.String(), "nowhere") {
		t.Errorf("old output %q without a client, want the record", old)
	}
}

func place(l *logrus.Logger) {
	l.WithError(fmt.Errorf("dial: %w", io.ErrUnexpectedEOF)).Errorf("connection %d lost", 17)
}
func placeEntry(l *logrus.Logger) { l.WithField("a", 1).WithError(io.EOF).Error("connection lost") }

// An error is an event with the chain of the error, and its stack begins where the game logged.
func TestErrorsAreEvents(t *testing.T) {
	for _, tt := range []struct {
		name   string
		log    func(*logrus.Logger)
		caller bool
		top    string
	}{
		{"plain", place, false, "place"},
		{"caller", place, true, "place"},
		{"entry", placeEntry, false, "placeEntry"},
		{"entry with caller", placeEntry, true, "placeEntry"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := bridgetest.Start(t)
			l, _ := logger(c.Channel("net"), nil)
			l.SetReportCaller(tt.caller)
			tt.log(l)
			c.Flush(time.Minute)
			events := srv.Events()
			if len(events) != 1 {
				t.Fatalf("%d events arrived, want 1", len(events))
			}
			if got := events[0].Top().Function; got != tt.top {
				t.Errorf("top frame %s, want %s", got, tt.top)
			}
			if len(events[0].Exceptions) < 2 {
				t.Errorf("%d exceptions, want the message over the error", len(events[0].Exceptions))
			}
		})
	}
}

// Messages hold values: records of one place are one issue.
func TestGrouping(t *testing.T) {
	c, srv := bridgetest.Start(t)
	l, _ := logger(c.Channel("net"), nil)
	for i := range 3 {
		l.Errorf("connection %d lost", i)
	}
	c.Flush(time.Minute)
	prints := map[string]bool{}
	for _, e := range srv.Events() {
		prints[strings.Join(e.Fingerprint, "|")] = true
	}
	if n := len(srv.Events()); n != 3 || len(prints) != 1 {
		t.Errorf("%d events in %d groups, want 3 in 1", n, len(prints))
	}
}

// A fatal record ends the program: it is delivered first.
func TestFatalFlushes(t *testing.T) {
	c, srv := bridgetest.Start(t)
	l, _ := logger(c.Channel("net"), &krunklogrus.Options{Flush: c.Flush, FlushWait: time.Minute})
	arrived := -1
	l.ExitFunc = func(int) { arrived = len(srv.Events()) }
	l.Fatal("the world is gone")
	if arrived != 1 {
		t.Errorf("%d events had arrived when the program would have ended, want 1", arrived)
	}
	hook := krunklogrus.New(c.Channel("net"), &krunklogrus.Options{Flush: func(time.Duration) bool { return false }})
	if err := hook.Fire(&logrus.Entry{Level: logrus.FatalLevel, Message: "again"}); err == nil {
		t.Error("Fire says nothing of what was not delivered")
	}
}

func TestFireDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	c, err := krunk.Start(krunk.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(time.Second) })
	c.Flush(time.Second)
	hook := krunklogrus.New(c.Channel("net"), nil)
	for _, tt := range []struct {
		name string
		e    logrus.Entry
	}{
		{"none", logrus.Entry{Level: logrus.InfoLevel, Message: "packet lost"}},
		{"four", logrus.Entry{Level: logrus.InfoLevel, Message: "packet lost", Data: logrus.Fields{"seq": 17, "peer": "10.0", "ok": true, "rtt": 1.5}}},
		{"error", logrus.Entry{Level: logrus.ErrorLevel, Message: "packet lost", Data: logrus.Fields{logrus.ErrorKey: errors.New("gone")}}},
		{"below the threshold", logrus.Entry{Level: logrus.TraceLevel, Message: "packet lost", Data: logrus.Fields{"seq": 17}}},
	} {
		if got := testing.AllocsPerRun(200, func() { hook.Fire(&tt.e) }); got != 0 {
			t.Errorf("%s: %v allocations, want 0", tt.name, got)
		}
	}
}

func Example() {
	client, err := krunk.Start(krunk.Config{Release: "moonfall@1.4.2"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close(time.Second)
	log := logrus.New()
	log.AddHook(krunklogrus.New(client.Channel("game"), &krunklogrus.Options{Flush: client.Flush}))
	log.Formatter, log.Out = &logrus.TextFormatter{DisableTimestamp: true}, example{}
	log.WithField("seq", 17).Warn("packet lost")
	// Output: level=warning msg="packet lost" seq=17
}

// example writes where go test looks.
type example struct{}

func (example) Write(p []byte) (int, error) { return fmt.Print(string(p)) }
