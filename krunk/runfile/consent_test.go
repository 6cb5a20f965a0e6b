//go:build unix || windows

package runfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/folder"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
)

// holding returns the files below dir that hold a text.
func holding(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(text)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil && runtime.GOOS == "windows" {
		t.Skipf("nobody else may open the file of a run that lives there: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// say says it until what is under way has ended: a machine that is busy with other things may not get there in the time that Consent waits.
func say(c *krunk.Client, answer krunk.Consent) error {
	err := c.Consent(answer)
	for tries := 0; err != nil && strings.Contains(err.Error(), "not come back within") && tries < 20; tries++ {
		err = c.Consent(answer)
	}
	return err
}

// plant captures a text in every way, so that it lies in all regions.
func plant(c *krunk.Client, text string) {
	c.SetTag("tag", text)
	c.SetUser(krunk.User{ID: text})
	c.SetContext("ctx", krunk.String("v", text))
	c.Channel(text).Warn("channel")
	for i := range 20 {
		c.Channel("net").Debug("crumb "+text, krunk.Int("i", i))
		c.Channel("net").Info("log " + text)
		c.Channel("net").Report(errors.New("report " + text))
	}
	if ring, err := c.Ring("inputs", 64); err == nil {
		fmt.Fprint(ring, text)
	}
	c.Feedback(text)
	func() {
		defer c.Recover()
		panic("panic " + text)
	}()
	c.Beat()
	c.Flush(50 * time.Millisecond)
	c.Channel("net").Debug("last " + text)
}

const planted = "xyzzyplanted"

// After Denied nothing of what was captured is on the disk, of this run nor of those before it, and what is captured comes to none.
func TestDeniedClearsTheDisk(t *testing.T) {
	dir := folder.Held(t)
	play(t, "exit", dir)
	play(t, "goroutine", dir) // tells how it died
	c := start(t, config(dir, transport.Func(offline)))
	if !c.LastRun().Known || c.LastRun().Text() == "" {
		t.Error("the last run is not known before the answer")
	}
	plant(c, planted)
	if n, dead := len(holding(t, dir, planted)), len(holding(t, dir, "aztec")); n != 1 || dead != 2 {
		t.Fatalf("%d files hold what was planted, and %d dead runs are there; want 1 and 2", n, dead)
	}
	install, err := os.ReadFile(filepath.Join(dir, "install"))
	if err != nil {
		t.Fatal(err)
	}
	if err := say(c, krunk.Denied); err != nil {
		t.Fatal(err)
	}
	plant(c, planted)
	for _, text := range []string{planted, string(install), "game@1", "aztec", "nobody wrapped me"} {
		if found := holding(t, dir, text); len(found) != 0 {
			t.Errorf("%q is in %v", text, found)
		}
	}
	if n := len(files(t, dir)); n != 1 {
		t.Errorf("%d run files, want that of this run", n)
	}
	if c.LastRun().Known {
		t.Error("the last run is known after Denied")
	}
	if answer, err := os.ReadFile(filepath.Join(dir, "consent")); err != nil || string(answer) != "denied\n" {
		t.Errorf("kept %q (error %v)", answer, err)
	}
	c.Close(time.Minute)
	if n := len(files(t, dir)); n != 0 {
		t.Errorf("%d run files after Close, want none", n)
	}
	if found := holding(t, dir, planted); len(found) != 0 {
		t.Errorf("after Close it is in %v", found)
	}
}

// The answer holds for the next start, whatever its Config says; Ask takes it back.
func TestAnswerIsKept(t *testing.T) {
	dir := folder.Held(t)
	for i, step := range []struct{ configured, found, say krunk.Consent }{
		{krunk.Ask, krunk.Ask, krunk.Denied},
		{krunk.Ask, krunk.Denied, krunk.Denied},
		{krunk.Granted, krunk.Denied, krunk.Granted},
		{krunk.Ask, krunk.Granted, krunk.Ask},
		{krunk.Denied, krunk.Denied, krunk.Granted},
		{krunk.Denied, krunk.Granted, krunk.Ask},
		{krunk.Granted, krunk.Granted, krunk.Granted},
	} {
		var box inbox
		cfg := config(dir, &box)
		cfg.Consent = step.configured
		c := start(t, cfg)
		if c.Answer() != step.found {
			t.Errorf("start %d: the answer is %d, want %d", i, c.Answer(), step.found)
		}
		if err := say(c, step.say); err != nil {
			t.Errorf("start %d: %v", i, err)
		}
		what := fmt.Sprint("start ", i)
		c.Report(errors.New(what))
		c.Flush(time.Minute)
		if got := strings.Contains(box.all(), what); got != (step.say == krunk.Granted) {
			t.Errorf("start %d: sent %v", i, got)
		}
		c.Close(time.Minute)
	}
	for name, content := range map[string]string{"nonsense": "maybe", "long": strings.Repeat("granted\n", 9)} {
		if err := os.WriteFile(filepath.Join(dir, "consent"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		c := start(t, config(dir, transport.Func(offline)))
		if c.Answer() != krunk.Denied {
			t.Errorf("%s: the answer is %d, want a no", name, c.Answer())
		}
		c.Close(time.Minute)
	}
}

// An answer that lies there and is no file of its own is a no, as one that cannot be read is: nobody can say that it was a yes.
func TestAnswerThatIsNoFile(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"a link": func(path string) error {
			if err := os.WriteFile(path+".elsewhere", []byte("denied\n"), 0o600); err != nil {
				return err
			}
			return os.Symlink(path+".elsewhere", path)
		},
		"a link to nothing": func(path string) error { return os.Symlink(path+".nowhere", path) },
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && name != "a folder" {
				t.Skip("wine 8 shows no link as one")
			}
			dir := folder.Held(t)
			if err := make(filepath.Join(dir, "consent")); err != nil {
				t.Skip("skipped: ", err)
			}
			var box inbox
			c := start(t, config(dir, &box))
			c.Report(errors.New("boom"))
			c.Close(time.Minute)
			if c.Answer() != krunk.Denied || box.all() != "" {
				t.Errorf("the answer is %d, want a no; sent %d bytes", c.Answer(), len(box.all()))
			}
		})
	}
}

// The answer lies where the runs do, wherever the program goes meanwhile, and a no clears what is there.
func TestAnswerStaysWhereTheRunsAre(t *testing.T) {
	dir := folder.Held(t)
	play(t, "exit", filepath.Join(dir, "saves"))
	t.Chdir(dir)
	c := start(t, config("saves", transport.Func(offline)))
	t.Chdir(folder.Held(t))
	if err := say(c, krunk.Denied); err != nil {
		t.Fatal(err)
	}
	if answer, err := os.ReadFile(filepath.Join(dir, "saves", "consent")); err != nil || string(answer) != "denied\n" {
		t.Errorf("kept %q (error %v)", answer, err)
	}
	if n := len(files(t, filepath.Join(dir, "saves"))); n != 1 {
		t.Errorf("%d run files, want that of this run", n)
	}
	c.Close(time.Minute)
	t.Chdir(os.TempDir())
}

// A dead run that a transport is at which does not come back goes when it does.
func TestDeniedWhileADeadRunIsSent(t *testing.T) {
	dir := folder.Held(t)
	play(t, "goroutine", dir)
	stuck, back := make(chan struct{}), make(chan struct{})
	var once sync.Once
	cfg := config(dir, transport.Func(func(transport.Context, *transport.Request) (transport.Response, error) {
		once.Do(func() { close(stuck) })
		<-back
		return transport.Response{}, errors.New("no route to host")
	}))
	c := start(t, cfg)
	<-stuck
	if err := c.Consent(krunk.Denied); err == nil {
		t.Error("no word of the transport, which has not come back")
	}
	close(back)
	until(func() bool { return len(files(t, dir)) == 1 })
	if n := len(files(t, dir)); n != 1 {
		t.Errorf("%d run files, want that of this run", n)
	}
	c.Close(time.Minute)
}

// Of who has said no before the start not even frames are noted.
func TestDeniedAtTheStartNotesNothing(t *testing.T) {
	dir := folder.Held(t)
	synctest.Test(t, func(t *testing.T) {
		cfg := config(dir, transport.Func(offline))
		cfg.Consent = krunk.Denied
		c := start(t, cfg)
		defer c.Close(time.Second)
		synctest.Wait() // the recorder has noted when it began
		before, err := os.ReadFile(c.Stats().RunFile)
		if err != nil {
			t.Skip("skipped: ", err)
		}
		for range 100 {
			c.Beat()
		}
		c.Foreground(false)
		c.SetTag("tag", planted)
		c.Channel(planted).Error("error")
		c.Report(errors.New(planted))
		c.Flush(50 * time.Millisecond)
		time.Sleep(time.Minute)
		synctest.Wait()
		after, _ := os.ReadFile(c.Stats().RunFile)
		for i := range before {
			if before[i] != after[i] {
				t.Errorf("byte %d is %d, and was %d", i, after[i], before[i])
			}
		}
	})
}

// Runs that wait are sent after Granted and not before, and a run that dies while the player is asked waits as well.
func TestDeadRunsWaitForTheAnswer(t *testing.T) {
	dir := folder.Held(t)
	play(t, "goroutine", dir)
	play(t, "exit", dir, "KRUNK_ASK=1")
	play(t, "close", dir, "KRUNK_ASK=1")
	var box inbox
	cfg := config(dir, &box)
	cfg.Consent = krunk.Ask
	c := start(t, cfg)
	c.Online()
	if c.Flush(time.Minute) || box.all() != "" {
		t.Errorf("sent before the answer:\n%s", box.all())
	}
	if n := len(files(t, dir)); n != 4 {
		t.Errorf("%d run files, want 4", n)
	}
	if err := say(c, krunk.Granted); err != nil {
		t.Fatal(err)
	}
	if !c.Flush(time.Minute) {
		t.Errorf("flush: %+v", c.Stats())
	}
	if all := box.all(); !strings.Contains(all, "nobody wrapped me") || strings.Count(all, `"value":"late"`) != 3 {
		t.Errorf("what dead runs have left did not arrive:\n%.2000s", all)
	}
	c.Close(time.Minute)
}

// saysNoThenYes is a game whose player does, and tells both install ids.
func saysNoThenYes(c *krunk.Client, net *krunk.Channel, dir string) {
	plant(c, planted)
	before, _ := os.ReadFile(filepath.Join(dir, "install"))
	for _, answer := range []krunk.Consent{krunk.Denied, krunk.Granted} {
		if err := say(c, answer); err != nil {
			panic(err)
		}
	}
	after, _ := os.ReadFile(filepath.Join(dir, "install"))
	c.SetTag("map", "dust")
	net.Report(errors.New("afterwards"))
	c.Channel("made later").Report(errors.New("elsewhere"))
	fmt.Println(string(before), string(after))
}

// A run goes on in its file after the player has said no and yes: what it captures then outlives it, under another install id.
func TestGrantedAfterDenied(t *testing.T) {
	dir := folder.Held(t)
	told := play(t, "denied, then granted", dir)
	before, after := told[len(told)-2], told[len(told)-1]
	if len(after) != 32 || before == after {
		t.Errorf("install id %q, then %q", before, after)
	}
	var box inbox
	next := start(t, config(dir, &box))
	if !next.Flush(time.Minute) {
		t.Errorf("flush: %+v", next.Stats())
	}
	next.Close(time.Minute)
	all := box.all()
	for _, want := range []string{`"value":"afterwards"`, `"map":"dust"`, `"logger":"net.http"`, `"logger":"made_later"`, `"user":{"id":"` + after + `"}`} {
		if !strings.Contains(all, want) {
			t.Errorf("%s did not arrive:\n%.3000s", want, all)
		}
	}
	if strings.Contains(all, planted) || strings.Contains(all, before) || strings.Contains(all, "early") {
		t.Error("what the player did not want arrived")
	}
}

// flips is a game whose player cannot decide. It ends by being killed, by itself behind the no of which KRUNK_RUN is the number.
func flips(c *krunk.Client, net *krunk.Channel) {
	for i := 0; ; i++ {
		plant(c, planted)
		if err := say(c, krunk.Denied); err != nil {
			panic(err)
		}
		net.Report(errors.New(planted))
		if strconv.Itoa(i) == os.Getenv("KRUNK_RUN") {
			send(os.Kill)
			select {}
		}
		if i%2 == 0 {
			time.Sleep(time.Millisecond)
		}
		if err := say(c, krunk.Granted); err != nil {
			panic(err)
		}
	}
}

// Whenever a program is killed: if the answer that was kept is a no, the next start leaves nothing of what was captured.
func TestKilledWhileThePlayerAnswers(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: kills a game 30 times")
	}
	dir := folder.Held(t)
	noes := 0
	for i := range 30 {
		cmd := again()
		cmd.Env = append(cmd.Env, "KRUNK_GAME=flips", "KRUNK_DIR="+dir)
		if i%10 == 0 { // for certain behind a no, however slow the machine
			cmd.Env = append(cmd.Env, fmt.Sprint("KRUNK_RUN=", i/10))
		}
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		_, _ = out.Read(make([]byte, 1))
		if i%10 != 0 {
			time.Sleep(time.Duration(60+i*7) * time.Millisecond)
			_ = cmd.Process.Kill()
		}
		_ = cmd.Wait()
		answer, _ := os.ReadFile(filepath.Join(dir, "consent"))
		var box inbox
		cfg := config(dir, &box)
		cfg.Consent = krunk.Ask
		c := start(t, cfg)
		if string(answer) == "denied\n" {
			noes++
			if found := holding(t, dir, planted); len(found) != 0 || c.Answer() != krunk.Denied {
				t.Errorf("kill %d: the answer is a no (%d), and %v hold what was captured", i, c.Answer(), found)
			}
		} else if !c.Flush(time.Minute) && c.Answer() == krunk.Granted {
			t.Errorf("kill %d: %+v", i, c.Stats())
		}
		if err := say(c, krunk.Ask); err != nil { // the next one is asked again
			t.Error(err)
		}
		c.Close(time.Minute)
	}
	if noes < 3 {
		t.Errorf("%d kills behind a no, want 3 at least", noes)
	}
}

// Whoever says yes right behind a no gets nothing back, though the sender had a dead run in its hands as the no came.
func TestGrantedBringsBackNoDeadRun(t *testing.T) {
	for name, again := range map[string]bool{"said while the transport is stuck, and again": true, "said as it comes back": false} {
		t.Run(name, func(t *testing.T) {
			dir := folder.Held(t)
			play(t, "goroutine", dir)
			synctest.Test(t, func(t *testing.T) {
				var box inbox
				stuck, back := make(chan struct{}), make(chan struct{})
				var once sync.Once
				c := start(t, config(dir, transport.Func(func(ctx transport.Context, r *transport.Request) (transport.Response, error) {
					once.Do(func() { close(stuck) })
					if <-back; ctx.Err() != nil {
						return transport.Response{}, ctx.Err()
					}
					return box.Send(ctx, r)
				})))
				<-stuck
				if err := c.Consent(krunk.Denied); err == nil {
					t.Error("no word of the transport, which has not come back")
				}
				if again {
					if err := c.Consent(krunk.Granted); err == nil {
						t.Error("granted before what was there has gone")
					}
				}
				close(back)
				if again {
					synctest.Wait()
					if n := len(files(t, dir)); n != 1 {
						t.Errorf("%d run files after the no, want that of this run", n)
					}
				}
				if err := c.Consent(krunk.Granted); err != nil {
					t.Error(err)
				}
				if n := len(files(t, dir)); n != 1 {
					t.Errorf("%d run files after the yes, want that of this run", n)
				}
				c.Report(errors.New("after"))
				if !c.Flush(time.Minute) {
					t.Errorf("flush: %+v", c.Stats())
				}
				c.Close(time.Minute)
				if all := box.all(); strings.Contains(all, "nobody wrapped me") || !strings.Contains(all, "after") {
					t.Errorf("sent %.1000s", all)
				}
			})
		})
	}
}
