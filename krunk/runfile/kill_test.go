//go:build unix || windows

package runfile_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/folder"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/runfile"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/http1"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// storm captures without an end and tells each thing once it is captured: "event <run>.<n> <id>" or "log <run>.<n>".
func storm(dir, dsn, run string, calm bool) {
	c, err := krunk.Start(krunk.Config{
		DSN: dsn, Transport: http1.Default(), Release: "game@" + run, RunFile: runfile.With(runfile.Options{Dir: dir, Disk: 1 << 30}), MaxRepeats: -1,
		Channels: map[string]krunk.Thresholds{"*": {Send: "info"}},
	})
	if err != nil {
		panic(err)
	}
	ch := c.Channel("storm")
	c.SetTag("run", run)
	for i := 0; ; i++ {
		c.Beat()
		n := strconv.Itoa(i)
		at := run + "." + n
		c.SetTag("n", n)
		ch.Debug("crumb", krunk.String("at", at))
		fmt.Println("event", at, ch.Report(errors.New("boom "+at)))
		if calm {
			ch.Info("log " + at)
			fmt.Println("log", at)
			time.Sleep(10 * time.Millisecond)
		} else if i%16 == 0 {
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// killer kills games at random instants and remembers what they told.
type killer struct {
	t      *testing.T
	dir    string
	srv    *sentrytest.Server
	rng    *rand.Rand
	mode   atomic.Int32
	kills  int
	events map[string]string // id: place
	logs   []string
}

// answer is the server of a bad day.
func (k *killer) answer(sentrytest.Received) sentrytest.Reply {
	switch k.mode.Load() {
	case 1:
		return sentrytest.Slow(10 * time.Millisecond)
	case 2:
		return sentrytest.Reset()
	case 3:
		if rand.IntN(2) == 0 {
			return sentrytest.Unavailable()
		}
	}
	return sentrytest.OK()
}

// play runs a game until it is killed.
func (k *killer) play(how string, run int, most time.Duration) {
	k.t.Helper()
	cmd := again()
	cmd.Env = append(cmd.Env, "KRUNK_GAME="+how, "KRUNK_DIR="+k.dir, "KRUNK_DSN="+k.srv.DSN(), "KRUNK_RUN="+strconv.Itoa(run))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		k.t.Fatal(err)
	}
	first := make(chan struct{})
	read := make(chan struct{})
	go func() {
		defer close(read)
		lines := bufio.NewReader(out)
		for n := 0; ; n++ {
			line, err := lines.ReadString('\n') // a line without an end was not told
			if n == 0 {
				close(first)
			}
			if err != nil {
				return
			}
			switch f := strings.Fields(line); {
			case len(f) == 3 && f[0] == "event":
				k.events[f[2]] = f[1]
			case len(f) == 2 && f[0] == "log":
				k.logs = append(k.logs, f[1])
			}
		}
	}()
	<-first
	time.Sleep(time.Duration(k.rng.Int64N(int64(most))))
	_ = cmd.Process.Kill()
	<-read
	_ = cmd.Wait()
	k.kills++
}

// TestKill: whatever the instant at which a program is killed, what it was told to be captured arrives, with the scope, breadcrumbs, frames and
// release of its moment. KRUNK_KILLS=300 takes minutes.
func TestKill(t *testing.T) {
	kills := 30
	if n, err := strconv.Atoi(os.Getenv("KRUNK_KILLS")); err == nil {
		kills = n
	} else if testing.Short() {
		kills = 6
	}
	k := &killer{t: t, dir: folder.Held(t), srv: sentrytest.Start(sentrytest.Options{Keep: 2 << 30}), rng: rand.New(rand.NewPCG(11, 1)), events: make(map[string]string)}
	defer k.srv.Close()
	k.srv.Answer(k.answer)
	for run := 0; k.kills < kills; run++ {
		k.mode.Store(int32(k.rng.IntN(4)))
		how := "storm"
		if run%2 == 0 {
			how = "calm"
		}
		k.play(how, run, 120*time.Millisecond)
		if k.rng.IntN(10) < 3 { // one that only goes on with the others is killed too
			k.play("heir", run, 40*time.Millisecond)
		}
	}
	k.mode.Store(0)
	cfg := config(k.dir, http1.Default())
	cfg.DSN, cfg.Release = k.srv.DSN(), "last"
	c := start(t, cfg)
	if !c.Flush(5 * time.Minute) {
		t.Errorf("flush: %+v", c.Stats())
	}
	c.Close(time.Minute)
	k.judge()
}

func (k *killer) judge() {
	t := k.t
	arrived, doubled, faults := make(map[string]bool), 0, 0
	fault := func(format string, args ...any) {
		if faults++; faults < 20 {
			t.Errorf(format, args...)
		}
	}
	for _, e := range k.srv.Events() {
		if arrived[e.ID] {
			doubled++
		}
		arrived[e.ID] = true
		at := strings.TrimPrefix(e.Exceptions[len(e.Exceptions)-1].Value, "boom ")
		run, n, _ := strings.Cut(at, ".")
		if told, ok := k.events[e.ID]; ok && told != at {
			fault("event %s says %s, told was %s", e.ID, at, told)
		}
		if e.Tag("run") != run || e.Tag("n") != n || e.Release != "game@"+run {
			fault("event %s: run %q, n %q, release %q", at, e.Tag("run"), e.Tag("n"), e.Release)
		}
		if last := len(e.Breadcrumbs) - 1; last < 0 || fmt.Sprint(e.Breadcrumbs[last].Data["at"]) != at {
			fault("event %s: the last breadcrumb is %+v", at, e.Breadcrumbs[max(last, 0):])
		}
		if top := e.Top(); !strings.Contains(top.Function, "storm") {
			fault("event %s: top frame %+v", at, top)
		}
	}
	for id, at := range k.events {
		if !arrived[id] {
			fault("lost: event %s %s", at, id)
		}
	}
	logs := make(map[string]bool)
	for _, l := range k.srv.Logs() {
		logs[strings.TrimPrefix(l.Body, "log ")] = true
	}
	for _, at := range k.logs {
		if !logs[at] {
			fault("lost: log %s", at)
		}
	}
	if doubled > transport.Parallel(http1.Default())*k.kills { // those under way
		t.Errorf("%d events came twice in %d kills", doubled, k.kills)
	}
	if files := files(t, k.dir); len(files) > left() {
		t.Errorf("left %v", files)
	}
	for i, f := range k.srv.Faults() {
		if i < 5 {
			t.Errorf("the endpoint says: %v", f)
		}
	}
	t.Logf("%d kills: %d events told, %d arrived, %d twice; %d logs told", k.kills, len(k.events), len(arrived), doubled, len(k.logs))
}
