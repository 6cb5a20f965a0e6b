package krunkslog_test

import (
	"log"
	"log/slog"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/krunkslog"
)

// The likeliest use: krunkslog as slog's default, the default handler as Next. It must not wait for itself, and the old output
// stays as it was, with date, file and prefix. Each case runs in a process of its own, as the default is the process's.
func TestDefaultHandlerAsNext(t *testing.T) {
	const name = "KRUNK_TEST_SLOG_DEFAULT"
	if how := os.Getenv(name); how != "" {
		speak(t, how)
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	run := func(how string) string {
		cmd := exec.Command(exe, "-test.run=^TestDefaultHandlerAsNext$", "-test.timeout=2m")
		cmd.Env = append(os.Environ(), name+"="+how)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		err := cmd.Run()
		if cmd.ProcessState == nil {
			t.Skip("skipped: this system starts no processes: ", err)
		}
		if err != nil {
			t.Fatalf("%s: %v\n%.2000s", how, err, stderr.String())
		}
		return regexp.MustCompile(`\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(\.\d+)?`).ReplaceAllString(stderr.String(), "yyyy/mm/dd hh:mm:ss")
	}
	for _, flags := range []string{"standard", "file", "prefix", "none"} {
		old, with := run(flags), run(flags+" krunk")
		with = strings.Replace(with, "INFO through", "through", 1) // SetDefault makes a record of what log prints
		if old != with || strings.Count(old, "\n") != 7 {
			t.Errorf("%s:\nwithout Krunk\n%s\nwith\n%s", flags, old, with)
		}
	}
	if got := run("standard twice"); !strings.Contains(got, "WARN packet lost seq=17\n") {
		t.Errorf("a default handler from before another SetDefault writes\n%s", got)
	}
}

// speak logs in every way, which the parent process reads from standard error.
func speak(t *testing.T, how string) {
	flags, which, _ := strings.Cut(how, " ")
	switch flags {
	case "file":
		log.SetFlags(log.LstdFlags | log.Lshortfile | log.Lmicroseconds)
	case "prefix":
		log.SetPrefix("my game: ")
		log.SetFlags(log.LstdFlags | log.Lmsgprefix | log.Llongfile)
	case "none":
		log.SetFlags(0)
	}
	var c *krunk.Client
	if which != "" {
		var err error
		if c, err = krunk.Start(krunk.Config{}); err != nil {
			t.Fatal(err)
		}
		next := slog.Default().Handler()
		if which == "twice" {
			slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
		}
		slog.SetDefault(slog.New(krunkslog.New(c.Channel("game"), &krunkslog.Options{Next: next})))
	}
	slog.Info("hello")
	slog.Warn("packet lost", "seq", 17)
	slog.Error("line\nbreak and \"quotes\"", "err", os.ErrNotExist, slog.Group("g", "a", 1))
	slog.Debug("not wanted by the old output")
	slog.With("peer", "10.0 b").WithGroup("net").Info("grouped", "level", 3, "msg", "x y")
	slog.Info("")
	log.Print("through package log")
	if c != nil {
		c.Flush(time.Minute)
		if s := c.Stats(); s.History+s.Events+s.HistoryLost == 0 {
			t.Error("the channel got nothing")
		}
	}
}
