package attachfile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/folder"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/attachfile"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

func write(t testing.TB, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFile(t *testing.T) {
	dir := folder.Held(t)
	save := write(t, filepath.Join(dir, "slot1.sav"), "level 3\n")
	log := write(t, filepath.Join(dir, "game.log"), "first\nsecond\nthird\n")
	for _, tt := range []struct {
		name string
		a    krunk.Attachment
		most int
		want string
		err  string
	}{
		{"whole", attachfile.File(save), 100, "level 3\n", ""},
		{"just fits", attachfile.File(save), 8, "level 3\n", ""},
		{"too long", attachfile.File(save), 7, "", "8 bytes, where 7 fit"},
		{"no room", attachfile.Tail(save), 0, "", "8 bytes, where 0 fit"},
		{"whole log", attachfile.Tail(log), 100, "first\nsecond\nthird\n", ""},
		{"end of a log", attachfile.Tail(log), 10, "third\n", ""},
		{"end of one line", attachfile.Tail(save), 4, "l 3\n", ""},
		{"not there", attachfile.File(filepath.Join(dir, "slot2.sav")), 100, "", "slot2.sav"},
		{"no folder", attachfile.File(filepath.Join(dir, "a", "b")), 100, "", "a"},
		{"a folder", attachfile.File(dir), 100, "", "no regular file"},
		{"nothing", attachfile.File(""), 100, "", "no regular file"},
	} {
		got, err := tt.a.Read(tt.most)
		if string(got) != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: got %q, %v; want %q, %s", tt.name, got, err, tt.want, tt.err)
		}
	}
	if a := attachfile.Tail(log); a.Name != "game.log" || a.ContentType != "text/plain" || a.Every {
		t.Errorf("got %+v", a)
	}
}

// A file that was named before the program changed its folder is the one that was meant.
func TestRelative(t *testing.T) {
	dir := folder.Held(t)
	write(t, filepath.Join(dir, "a.txt"), "here")
	t.Chdir(dir)
	a := attachfile.File("a.txt")
	t.Chdir(os.TempDir())
	if got, err := a.Read(10); string(got) != "here" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestLinks(t *testing.T) {
	dir := folder.Held(t)
	if err := os.Mkdir(filepath.Join(dir, "saves"), 0o700); err != nil {
		t.Fatal(err)
	}
	secret := write(t, filepath.Join(dir, "secret"), "key")
	write(t, filepath.Join(dir, "saves", "own"), "mine")
	for name, target := range map[string]string{"absolute": secret, "up": filepath.Join("..", "secret"), "inside": "own", "itself": "itself"} {
		if err := os.Symlink(target, filepath.Join(dir, "saves", name)); err != nil {
			t.Skip("no links here: ", err)
		}
		got, err := attachfile.File(filepath.Join(dir, "saves", name)).Read(100)
		if inside := name == "inside"; (string(got) == "mine") != inside || (err == nil) != inside {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

// A file that grows while it is read is as long as it was when that began.
func TestGrows(t *testing.T) {
	path := write(t, filepath.Join(folder.Held(t), "a.log"), strings.Repeat("x", 1000))
	done, over := make(chan bool), make(chan bool)
	go func() {
		defer close(over)
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		for {
			select {
			case <-done:
				return
			default:
				fmt.Fprint(f, "y")
			}
		}
	}()
	for range 200 {
		if b, err := attachfile.File(path).Read(2000); len(b) > 2000 || err != nil && !strings.Contains(err.Error(), "where 2000 fit") {
			t.Fatalf("%d bytes, %v", len(b), err)
		}
		if b, err := attachfile.Tail(path).Read(2000); len(b) > 2000 || err != nil {
			t.Fatalf("%d bytes of the end, %v", len(b), err)
		}
	}
	close(done)
	<-over
}

// What cannot be attached keeps no event back, and tells nobody where the player's files are.
func TestEventArrives(t *testing.T) {
	srv := sentrytest.New(sentrytest.Options{AnyTime: true})
	c, err := krunk.Start(krunk.Config{DSN: srv.DSN(), Transport: srv.Transport(), Release: "game@1"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(time.Second)
	dir := folder.Held(t)
	home, _ := os.UserHomeDir()
	for _, a := range []krunk.Attachment{
		attachfile.File(write(t, filepath.Join(dir, "slot1.sav"), "level 3")), attachfile.File(filepath.Join(home, "no such file")),
	} {
		if err := c.Attach(a); err != nil {
			t.Fatal(err)
		}
	}
	c.ReportPanic("boom")
	c.Flush(time.Minute)
	srv.Verify(t)
	e := srv.Events()
	if len(e) != 1 {
		t.Fatalf("%d events", len(e))
	}
	a, said := srv.Attachments(e[0].ID), fmt.Sprint(e[0].Contexts["krunk"]["attachments_left_out"])
	if len(a) != 1 || string(a[0].Payload) != "level 3" || !strings.Contains(said, "no such file") {
		t.Errorf("got %v, left out %s", a, said)
	}
	if runtime.GOOS != "windows" && len(home) > 1 && strings.Contains(said, home) {
		t.Errorf("the player's folder is told: %s", said)
	}
}
