package filesource

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

func write(t *testing.T, path, s string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
		t.Fatal(err)
	}
}

func policy(version, rest string) string {
	return `{"krunk":1,"version":` + version + rest + `}`
}

// follow runs a source over path until the test ends, inside of a bubble.
func follow(t *testing.T, path string) *sampling.Controller {
	t.Helper()
	c, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- c.Run(ctx, New(path, 0)) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
		c.Close()
	})
	synctest.Wait()
	return c
}

func look() {
	time.Sleep(defaultEvery)
	synctest.Wait()
}

func TestFollowsContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.json")
	synctest.Test(t, func(t *testing.T) {
		c := follow(t, path)
		want := func(step string, n int64) {
			t.Helper()
			if got := c.Version().N; got != n {
				t.Errorf("%s: runs %d, want %d; %+v", step, got, n, c.Status())
			}
		}
		if s := c.Status(); !errors.Is(s.FetchError, fs.ErrNotExist) {
			t.Errorf("no file: got %v", s.FetchError)
		}
		write(t, path, policy("1", ""))
		want("before the next look", 0)
		look()
		want("made", 1)
		if s := c.Status(); s.FetchError != nil || s.Source != "file" {
			t.Errorf("got %+v", s)
		}

		whole := policy("2", `,"clients":5`)
		write(t, path, whole[:len(whole)-4]) // truncated, then written on
		look()
		want("half a file", 1)
		write(t, path, whole)
		look()
		want("whole file", 2)

		if err := os.Rename(path, path+".old"); err != nil {
			t.Fatal(err)
		}
		look()
		want("away", 2)
		write(t, path+".new", policy("3", ""))
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
		look()
		want("renamed over", 3)
		write(t, path, strings.Repeat(" ", 4<<20)+policy("4", ""))
		look()
		want("4 MiB", 3)
		if s := c.Status(); !errors.Is(s.LastError, sampling.ErrTooLarge) {
			t.Errorf("4 MiB: got %v", s.LastError)
		}
	})
}

// TestSymlinkSwap does what Kubernetes does to a ConfigMap: the file is a link through ..data, which is renamed over.
func TestSymlinkSwap(t *testing.T) {
	dir := t.TempDir()
	mount := func(name, content string) {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name, "policy.json"), content)
		if err := os.Symlink(name, filepath.Join(dir, "..tmp")); err != nil {
			t.Skipf("skipped: no symlinks here: %v", err)
		}
		if err := os.Rename(filepath.Join(dir, "..tmp"), filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	mount("..1", policy("1", ""))
	path := filepath.Join(dir, "policy.json")
	if err := os.Symlink(filepath.Join("..data", "policy.json"), path); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		c := follow(t, path)
		if c.Version().N != 1 {
			t.Fatalf("runs %v", c.Version())
		}
		mount("..2", policy("2", ""))
		_ = os.RemoveAll(filepath.Join(dir, "..1"))
		look()
		if c.Version().N != 2 {
			t.Errorf("after the swap: runs %v", c.Version())
		}
	})
}

// counting is a sink that counts what it is offered.
type counting struct {
	*sampling.Controller
	offered int
}

func (c *counting) Apply(b []byte, at ...sampling.At) error {
	c.offered++
	return c.Controller.Apply(b, at...)
}

func TestRefusedContentIsOfferedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.json")
	write(t, path, "{")
	synctest.Test(t, func(t *testing.T) {
		ctl, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer ctl.Close()
		c := &counting{Controller: ctl}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := New(path, time.Second).Run(ctx, c); !errors.Is(err, context.DeadlineExceeded) || c.offered != 1 {
			t.Errorf("got %v, offered %d times, want once", err, c.offered)
		}
	})
}

func TestStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "kept")
	s := NewStore(path)
	if b, err := s.Load(); b != nil || err != nil {
		t.Errorf("nothing there: got %q, %v", b, err)
	}
	for _, want := range []string{"one", "two"} {
		if err := s.Save([]byte(want)); err != nil {
			t.Fatal(err)
		}
		if b, err := s.Load(); string(b) != want || err != nil {
			t.Errorf("got %q, %v, want %q", b, err, want)
		}
	}
	info, err := os.Stat(path)
	if err != nil || os.PathSeparator == '/' && info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want mode 0600", info, err)
	}
	if list, _ := os.ReadDir(filepath.Dir(path)); len(list) != 1 {
		t.Errorf("got %v, want one file", list)
	}
	if err := errors.Join(s.Save(nil), s.Save(nil)); err != nil {
		t.Errorf("removing twice: %v", err)
	}
	if b, err := s.Load(); b != nil || err != nil {
		t.Errorf("removed: got %q, %v", b, err)
	}
}

func TestStoreFailureLeavesTheOldOne(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), "x")
	if err := NewStore(filepath.Join(dir, "file", "kept")).Save([]byte("y")); err == nil {
		t.Error("saved below a file")
	}
	if err := os.MkdirAll(filepath.Join(dir, "kept", "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := NewStore(filepath.Join(dir, "kept")).Save([]byte("y")); err == nil {
		t.Error("renamed over a directory")
	}
	if list, _ := os.ReadDir(dir); len(list) != 2 {
		t.Errorf("a temporary file was left: %v", list)
	}
}

func TestControllerStartsFromStore(t *testing.T) {
	store := NewStore(filepath.Join(t.TempDir(), "kept"))
	a, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{Storage: sampling.Keep(store)})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Apply([]byte(policy("4", ""))); err != nil {
		t.Fatal(err)
	}
	a.Close()
	b, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{Storage: sampling.Keep(store)})
	if err != nil || b.Version().N != 4 || b.Status().Source != "stored" {
		t.Errorf("got %v, %+v", err, b.Status())
	}
	b.Close()
}

func FuzzFile(f *testing.F) {
	f.Add([]byte(policy("1", "")))
	f.Add([]byte("{"))
	f.Add(bytes.Repeat([]byte("["), 5000))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(dir, "policy.json")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := read(path, sampling.MaxEnvelope+1)
		if err != nil || !bytes.Equal(got, b[:min(len(b), sampling.MaxEnvelope+1)]) {
			t.Fatalf("got %d bytes, %v", len(got), err)
		}
		c, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Apply(got); (err == nil) != (c.Version() != sampling.Version{}) {
			t.Fatalf("%v, runs %v", err, c.Version())
		}
	})
}

// A pipe would be opened for ever, a folder has no content: both are said, and Run ends with its context.
func TestPathThatIsNoFile(t *testing.T) {
	const hangs = time.Minute // what takes so long never ends
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := exec.Command("mkfifo", pipe).Run(); err != nil {
		t.Skip("skipped: no mkfifo")
	}
	for _, path := range []string{pipe, filepath.Dir(pipe)} {
		c, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 2)
		go func() {
			ended <- c.Run(ctx, New(path, fastest))
			_, err := NewStore(path).Load()
			ended <- err
		}()
		for end := time.Now().Add(hangs); c.Status().FetchError == nil && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		cancel()
		for _, want := range []string{context.Canceled.Error(), path + " is not a regular file"} {
			select {
			case err := <-ended:
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s: got %v, want %s", path, err, want)
				}
			case <-time.After(hangs):
				t.Fatalf("%s: does not end; want %s", path, want)
			}
		}
		if err := c.Status().FetchError; err == nil || !strings.Contains(err.Error(), path+" is not a regular file") {
			t.Errorf("%s: %v", path, err)
		}
		c.Close()
	}
}

// A clock that is ahead refuses or drops what has not expired. The same content comes back once the clock is right.
func TestWrongClock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.json")
	for name, early := range map[string]bool{"refused": true, "dropped": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				right := time.Now()
				write(t, path, policy("1", `,"issued":"1999-12-31T00:00:00Z","expires":"`+right.Add(48*time.Hour).UTC().Format(time.RFC3339)+`"`))
				ctl, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer ctl.Close()
				c := &counting{Controller: ctl}
				ahead := func() { c.Clock(time.Now().Add(72 * time.Hour)) }
				if early {
					ahead()
				}
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error)
				go func() { ended <- New(path, time.Second).Run(ctx, c) }()
				time.Sleep(time.Minute)
				ahead()
				time.Sleep(30 * time.Minute)
				if c.Version().N != 0 || c.offered != 1 {
					t.Errorf("clock ahead: runs %v, offered %d times", c.Version(), c.offered)
				}
				c.Clock(time.Now())
				time.Sleep(time.Hour)
				if c.Version().N != 1 || c.offered != 2 {
					t.Errorf("clock right: runs %v, offered %d times, want 1, twice", c.Version(), c.offered)
				}
				cancel()
				<-ended
			})
		})
	}
}
