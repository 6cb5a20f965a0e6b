//go:build unix || windows

package runfile_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/folder"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/runfile"
	"github.com/krunk-go/krunk/transport"
)

// end ends a game in one of the ways that TestLastRun tells apart.
func end(c *krunk.Client, how string) {
	kill := func() {
		send(os.Kill)
		select {}
	}
	hung := func() bool { return c.Stats().Waiting == 4 } // two errors, the log record, and the hang
	switch how {
	case "repanic":
		defer c.Repanic()
		panic("boom")
	case "a long message":
		defer c.Repanic()
		panic(strings.Repeat("boom ", 50_000))
	case "a long message of nobody":
		go func() { panic(strings.Repeat("boom ", 50_000)) }()
		select {}
	case "recovered after all":
		func() {
			defer func() { recover() }()
			defer c.Repanic()
			panic("boom")
		}()
		time.Sleep(1100 * time.Millisecond)
		c.Beat()
		kill()
	case "fatal":
		new(sync.Mutex).Unlock()
	case "signal":
		send(syscall.SIGABRT)
		select {}
	case "hang":
		c.Beat()
		until(hung)
		kill()
	case "hang, then close":
		c.Beat()
		until(hung)
		c.Close(50 * time.Millisecond)
	case "background":
		c.Beat()
		c.Foreground(false)
		kill()
	case "foreground again":
		c.Foreground(false)
		c.Foreground(true)
		c.Beat()
		c.Beat()
		kill()
	}
}

// Every way in which a program ends, as the next start tells of it.
func TestLastRun(t *testing.T) {
	for _, tt := range []struct {
		how    string
		want   krunk.How
		event  bool
		frames int
	}{
		{"kill", krunk.HowKilled, false, 0},
		{"exit", krunk.HowKilled, false, 0},
		{"close", krunk.HowClean, false, 0},
		{"goroutine", krunk.HowPanic, true, 0},
		{"repanic", krunk.HowPanic, true, 0},
		{"a long message", krunk.HowPanic, true, 0},
		{"recovered after all", krunk.HowKilled, false, 1},
		{"fatal", krunk.HowFatal, true, 0},
		{"signal", krunk.HowSignal, true, 0},
		{"hang", krunk.HowHang, true, 1},
		{"hang, then close", krunk.HowClean, false, 1},
		{"background", krunk.HowKilledInBackground, false, 1},
		{"foreground again", krunk.HowKilled, false, 2},
	} {
		t.Run(tt.how, func(t *testing.T) {
			t.Parallel()
			if tt.how == "signal" && runtime.GOOS == "windows" {
				t.Skip("skipped: there are no signals here")
			}
			dir := folder.Held(t)
			play(t, tt.how, dir)
			c := start(t, config(dir, transport.Func(offline)))
			defer c.Close(0)
			last := c.LastRun()
			if !last.Known || last.How != tt.want || last.Event.IsZero() == tt.event || last.Frame != tt.frames || last.Release != "game@1" {
				t.Errorf("got %+v, want how %v, an event %v, frame %d", last, tt.want, tt.event, tt.frames)
			}
			text := last.Text()
			if died := tt.want == krunk.HowPanic || tt.want == krunk.HowFatal || tt.want == krunk.HowSignal; died != (text != "") {
				t.Errorf("the text of it is %q", text)
			} else if died && (!strings.HasPrefix(text, "game@1") || !strings.Contains(text, "support code "+last.Event.SupportCode()+"\n") || !strings.Contains(text, "runfile_test.") || len(text) > 4096) {
				t.Errorf("a player would paste\n%s", text)
			}
			if last.Ran <= 0 || last.Ran > time.Minute {
				t.Errorf("ran %v, want some seconds at most", last.Ran)
			}
		})
	}
}

// What the watchdog saw is there after the end: a hang was told of before it was one for good, with the other goroutines.
func TestLastRunHung(t *testing.T) {
	dir := folder.Held(t)
	play(t, "hang", dir)
	b := new(inbox)
	c := start(t, config(dir, b))
	defer c.Close(0)
	c.Flush(time.Minute)
	for _, want := range []string{`"type":"AppHang","value":"no frame for 1000 ms"`, `"synthetic":true`, `"threads":{"values":[`, `"function":"end"`, `"level":"fatal"`, `"handled":false`} {
		if !strings.Contains(b.all(), want) {
			t.Errorf("no %s was sent", want)
		}
	}
	if n := strings.Count(b.all(), `"type":"AppHang","value"`); n != 1 {
		t.Errorf("%d events of one hang", n)
	}
	if id := c.LastRun().Event; !strings.Contains(b.all(), id.String()) {
		t.Errorf("%v, of which LastRun speaks, was not sent", id)
	}
	if last := c.LastRun(); (last.Memory < 1<<20 || last.MemoryLimit < last.Memory) && runtime.GOOS == "linux" {
		t.Errorf("got %d of %d bytes", last.Memory, last.MemoryLimit)
	}
}

// A run that was closed with nothing left takes its file away, and is the last one all the same: not the crash before it, which waits.
func TestLastRunLeavesNoFile(t *testing.T) {
	dir := folder.Held(t)
	if c := start(t, krunk.Config{RunFile: runfile.In(dir)}); c.LastRun().Known {
		t.Error("the first run has one before it")
	} else {
		c.Close(time.Minute)
	}
	play(t, "goroutine", dir)
	c := start(t, krunk.Config{RunFile: runfile.In(dir)}) // another DSN, none: the crash stays where it is
	if last := c.LastRun(); last.How != krunk.HowPanic {
		t.Errorf("got %+v, want the panic", last)
	}
	c.Beat()
	c.Pause()
	c.Close(time.Minute)
	if files, _ := filepath.Glob(filepath.Join(dir, "runs", "*")); len(files) != 1+2*left() {
		t.Errorf("%d files, want that of the crash", len(files))
	}
	c = start(t, krunk.Config{RunFile: runfile.In(dir)})
	if last := c.LastRun(); !last.Known || last.How != krunk.HowClean || last.Frame != 1 || last.Ran <= 0 || last.Ran > time.Minute {
		t.Errorf("got %+v, want the run that was closed", last)
	}
	c.Close(time.Minute)
	os.WriteFile(filepath.Join(dir, "closed"), []byte("nonsense that is as long as what stands there"), 0o600)
	c = start(t, krunk.Config{RunFile: runfile.In(dir)})
	if last := c.LastRun(); last.How != krunk.HowPanic {
		t.Errorf("got %+v, want the panic", last)
	}
	c.Close(time.Minute)
}

// What waits for another DSN is told.
func TestRunsOfAnotherDSN(t *testing.T) {
	dir := folder.Held(t)
	play(t, "kill", dir)
	play(t, "kill", dir)
	cfg := config(dir, new(inbox))
	cfg.DSN = "https://key@sentry.invalid/2"
	c := start(t, cfg)
	defer c.Close(time.Minute)
	c.Flush(time.Minute)
	if s := c.Stats().RunFile; !strings.HasSuffix(s, "2 runs wait for another DSN, the one they were captured for") {
		t.Errorf("Stats.RunFile %q", s)
	}
}

// Behind two deaths right after Start, the third Start returns when what they left has been sent.
func TestHurry(t *testing.T) {
	dir := folder.Held(t)
	var ids []string
	for quick, n := 0, 0; quick < 2; n++ {
		if n == 20 {
			t.Skip("skipped: no run takes less than 5 s here")
		}
		begin := time.Now()
		ids = append(ids, play(t, [...]string{"goroutine", "kill"}[n%2], dir)...)
		if quick++; time.Since(begin) > 5*time.Second {
			quick = 0
		}
	}
	b := new(inbox)
	cfg := config(dir, b)
	cfg.RunFile = runfile.With(runfile.Options{Dir: dir, Hurry: time.Minute})
	c := start(t, cfg)
	sent := b.all()
	for _, id := range ids {
		if !strings.Contains(sent, id) {
			t.Errorf("event %s was not sent when Start returned", id)
		}
	}
	c.Close(time.Minute)
}
