//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows

package runfile

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/folder"
)

// claimAll claims, tells and removes what there is, once it was told to begin.
func claimAll(dir string) error {
	names, err := List(dir)
	if err != nil {
		return err
	}
	fmt.Println("listed", len(names))
	for {
		if b, err := Small(dir, "begin", 10); err != nil || b != nil {
			break
		}
	}
	for _, s := range names {
		f, err := Claim(join(dir, s), 0)
		if err != nil {
			continue
		}
		fmt.Println("claimed", s)
		if err := f.Remove(); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// createForEver begins one run after the other, up to a number that may stand on a disk until somebody gets to kill it.
func createForEver(dir string) error {
	for at := uint64(1); ; at++ {
		if at > 1000 {
			time.Sleep(time.Minute)
			return errors.New("nobody kills it")
		}
		f, err := Create(dir, 64<<10, 4096, at, rand.Uint32())
		if err != nil {
			return err
		}
		f.Mem[0] = 1
		fmt.Println("made", at)
	}
}

func count(f *File) *atomic.Uint64 { return (*atomic.Uint64)(unsafe.Pointer(&f.Mem[4096])) }

// writeForEver counts in its file and tells how far it is.
func writeForEver(dir string) error {
	f, err := Create(dir, 8192, 0, 1, 2)
	if err != nil {
		return err
	}
	f.Mem[0] = 1
	for n := uint64(1); ; n++ {
		count(f).Store(n)
		if n%1000 == 0 {
			fmt.Println("stored", n)
		}
	}
}

// putForEver replaces a small file by others, one of many lengths.
func putForEver(dir string) error {
	for n := 0; ; n++ {
		c := string(rune('a' + rand.IntN(26)))
		err := PutSmall(dir, "small", []byte(strings.Repeat(c, 1+rand.IntN(2000))))
		if err != nil && !errors.Is(err, ErrBusy) {
			return err
		}
		if n%10 == 0 {
			fmt.Println("put")
		}
	}
}

// Each file has one heir, however many starts there are at once.
func TestTwoClaimAtOnce(t *testing.T) {
	const files, starts = 40, 3
	dir := folder.New(t)
	for i := range files {
		f, err := Create(dir, 4096, 0, uint64(i), 7)
		if err != nil {
			t.Fatal(err)
		}
		f.Mem[0] = 1
		f.Close()
	}
	var games []*game
	for range starts {
		g := start(t, "claim", dir)
		if got := g.line(); got != "listed "+strconv.Itoa(files) {
			t.Fatalf("got %q", got)
		}
		games = append(games, g)
	}
	if err := PutSmall(dir, "begin", []byte("now")); err != nil {
		t.Fatal(err)
	}
	var claimed []string
	for _, g := range games {
		for line := g.line(); line != ""; line = g.line() {
			claimed = append(claimed, line)
		}
		if err := g.Wait(); err != nil {
			t.Errorf("%v after %v", err, claimed)
		}
	}
	slices.Sort(claimed)
	if all := slices.Compact(slices.Clone(claimed)); len(claimed) != files || len(all) != files {
		t.Errorf("%d claims of %d files, want %d", len(claimed), len(all), files)
	}
	if left, err := List(dir); len(left) != 0 || err != nil {
		t.Errorf("left %v, %v", left, err)
	}
}

// A process that is killed while it makes a file leaves nothing that stays: the next start can claim or remove all of it.
func TestKilledWhileCreating(t *testing.T) {
	kills := 12
	if testing.Short() {
		kills = 3
	}
	dir := folder.New(t)
	var made, empty int
	for range kills {
		g := start(t, "create", dir)
		if line := g.line(); line != "made 1" {
			t.Fatalf("got %q", line)
		}
		time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
		told := 1 + len(g.kill())
		names, err := List(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range names {
			f, err := Claim(join(dir, s), 0)
			switch {
			case errors.Is(err, ErrEmpty):
				empty++
			case err != nil:
				t.Errorf("%s: %v", s, err)
			default:
				made++
				told--
				if len(f.Mem) != 64<<10 {
					t.Errorf("%s has a head and %d bytes", s, len(f.Mem))
				}
				f.Remove()
				f.Close()
			}
		}
		if told > 0 {
			t.Errorf("%d files are lost", told)
		}
		if left, _ := List(dir); len(left) != 0 {
			t.Fatalf("left %v", left)
		}
	}
	t.Logf("%d files with a head, %d without", made, empty)
}

func TestKilledWhileWriting(t *testing.T) {
	dir := folder.New(t)
	for range 3 {
		g := start(t, "write", dir)
		g.line()
		time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
		if _, err := Claim(only(t, dir), 0); !errors.Is(err, ErrBusy) {
			t.Errorf("a run that lives: got %v", err)
		}
		told := g.kill()
		f, err := Claim(only(t, dir), 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(told) > 0 {
			var n uint64
			fmt.Sscanf(told[len(told)-1], "stored %d", &n)
			if got := count(f).Load(); n == 0 || got < n {
				t.Errorf("it told %d and left %d", n, got)
			}
		}
		f.Remove()
		f.Close()
	}
}

// Whoever reads sees the old or the new contents, whole, with two at it and one killed.
func TestKilledWhilePutting(t *testing.T) {
	dir := folder.New(t)
	kept := start(t, "put", dir)
	kept.line()
	for range 5 {
		g := start(t, "put", dir)
		g.line()
		for range 50 {
			b, err := Small(dir, "small", 2000)
			if err != nil || len(b) == 0 || strings.Trim(string(b), string(b[:1])) != "" {
				t.Fatalf("got %q, %v", b, err)
			}
		}
		g.kill()
	}
	kept.kill()
	if err := PutSmall(dir, "small", []byte("last")); err != nil {
		t.Error(err)
	}
	if b, err := Small(dir, "small", 10); string(b) != "last" || err != nil {
		t.Errorf("got %q, %v", b, err)
	}
}

// hold lives with a child of its own.
func hold(dir string) error {
	f, err := Create(dir, 8192, 0, 1, 2)
	if err != nil {
		return err
	}
	f.Mem[0] = 1
	if Linked {
		if err := f.CrashOutput(); err != nil {
			return err
		}
	}
	cmd := command("wait", dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return err
	}
	out.Read(make([]byte, 1))
	fmt.Println("held")
	return cmd.Wait()
}

// wait lives until its directory says that it may go.
func wait(dir string) error {
	fmt.Println("here")
	for range 12000 {
		if b, _ := Small(dir, "go", 10); b != nil {
			return os.Remove(join(dir, "go"))
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("nobody said go")
}

// What a game starts does not inherit the lock: its run is dead when it is, not when its children are.
func TestChildrenHoldNoLock(t *testing.T) {
	dir := folder.New(t)
	g := start(t, "hold", dir)
	if line := g.line(); line != "held" {
		t.Fatalf("got %q", line)
	}
	g.kill()
	f, err := Claim(only(t, dir), 0)
	if err != nil {
		t.Error(err)
	} else {
		f.Close()
	}
	if err := PutSmall(dir, "go", []byte("go")); err != nil {
		t.Error(err)
	}
	for range 6000 { // it must not outlive the test: go test waits for who holds its output
		if b, err := Small(dir, "go", 10); b == nil && err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the child's child does not go")
}
