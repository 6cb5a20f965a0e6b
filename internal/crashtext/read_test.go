package crashtext

import (
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// file returns how Read reads a text, and how many bytes it read at the most at once and in all.
func file(text string, most, all *int) func(b []byte, off int64) int {
	return func(b []byte, off int64) int {
		*most, *all = max(*most, len(b)), *all+len(b)
		if off > int64(len(text)) {
			return 0
		}
		return copy(b, text[off:])
	}
}

// However long the message is, the goroutines behind it are there.
func TestReadLongMessage(t *testing.T) {
	const tail = "\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4b]\n\ngoroutine 7 [running]:\n"
	frames := strings.Repeat("main.f()\n\t/src/a/long/enough/name/x.go:3 +0x1\n", 60) + "\n" // more than is read again
	others := ""
	for i := range 200 {
		others += "goroutine " + strconv.Itoa(100+i) + " [select]:\nmain.loop(0x1)\n\t/src/game/loop/with/a/long/name.go:77 +0x1\n" +
			strings.Repeat("main.deeper(0x1)\n\t/src/game/loop/with/a/long/name.go:78 +0x1\n", 10) + "\n"
	}
	for _, n := range []int{0, 1, 8 << 10, readHead - 8, readHead, readHead + readLast, 64 << 10, chunkEnd - 20, chunkEnd - 1, chunkEnd, chunkEnd + 1, chunkEnd + 12, 1 << 20, maxLook - 100} {
		for _, line := range []string{strings.Repeat("x", 1000) + "\n\t", "goroutine 5 [running]:\n\t"} {
			message := "panic: " + strings.Repeat(line, n/len(line)) + strings.Repeat("y", n%len(line))
			text := message + tail + frames + others
			most, all := 0, 0
			got := Read(int64(len(text)), file(text, &most, &all))
			if len(got) > readHead+readLast+MaxText+1 || most > readHead+readLast+MaxText+1 || all > 2*len(text)+200<<10 {
				t.Errorf("%d: %d bytes, %d at once, %d in all", n, len(got), most, all)
			}
			r := Parse(got)
			if r.Kind != Panic || len(r.Goroutines) != MaxGoroutines || r.Goroutines[0].ID != 7 || r.Fault == "" {
				t.Errorf("message of %d bytes: kind %d, %d goroutines, fault %q", n, r.Kind, len(r.Goroutines), r.Fault)
				continue
			}
			whole := Parse(text)
			if want := min(n, maxMessage); len(r.Message) > maxMessage || len(r.Message) < want*9/10-1000 || len(whole.Goroutines) != MaxGoroutines {
				t.Errorf("message of %d bytes: %d are left, and %d goroutines of the whole text", n, len(r.Message), len(whole.Goroutines))
			}
		}
	}
}

// chunkEnd is the length of a message behind which Read reads on.
const chunkEnd = readHead + readLast + MaxText + 1 - len("panic: \n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4b]\n\n")

// What is short, empty, shorter than its size says or without an end is read as far as it goes.
func TestReadOdd(t *testing.T) {
	var most, all int
	for _, text := range []string{"", "panic: x\n", "\n\ngoroutine 1 [running]:\n", strings.Repeat("x", 3*MaxText)} {
		for _, size := range []int64{0, 1, int64(len(text)) / 2, int64(len(text)), 1 << 40, -1} {
			got := Read(size, file(text, &most, &all))
			if !strings.HasPrefix(text, got) || int64(len(got)) > max(size, 0) {
				t.Errorf("%d bytes as %d: got %d", len(text), size, len(got))
			}
		}
	}
	all = 0
	endless := strings.Repeat("x", maxLook+20*MaxText)
	if got := Read(int64(len(endless)), file(endless, &most, &all)); len(got) != readHead || all > maxLook+4*MaxText {
		t.Errorf("a message without an end: got %d bytes out of %d, want %d out of %d", len(got), all, readHead, maxLook)
	}
}

// A hang is of the goroutine that no longer beats, wherever the runtime lists it.
func TestGoroutines(t *testing.T) {
	ids, done, stop := make(chan uint64, 50), make(chan bool), make(chan bool)
	for range 50 {
		go func() {
			b := make([]byte, 64)
			id, _ := number(string(b[len(header):runtime.Stack(b, false)]))
			ids <- id
			<-stop
			done <- true
		}()
	}
	var last uint64
	for range 50 {
		last = max(last, <-ids)
	}
	b, text := make([]byte, 1<<20), ""
	waits := regexp.MustCompile(` \[chan receive[^]]*\]:\n.*\.TestGoroutines\.func1\(`)
	for len(waits.FindAllString(text, -1)) < 50 { // some may still be on their way there
		runtime.Gosched()
		text = string(b[:runtime.Stack(b, true)])
	}
	for _, list := range [][]Goroutine{Goroutines(text, last), Goroutines(strings.TrimSuffix(text, "\n"), last)} {
		if len(list) != MaxGoroutines || list[0].ID != last || list[0].State != "chan receive" || len(list[0].Frames) != 1 || !strings.Contains(list[0].Frames[0].Func, "TestGoroutines.func1") {
			t.Errorf("goroutine %d is not the first one of %d: %+v", last, len(list), list[0])
		}
		seen := map[uint64]bool{}
		for i, g := range list {
			if seen[g.ID] {
				t.Errorf("goroutine %d is there twice", g.ID)
			}
			if seen[g.ID] = true; i == 1 && g.State != "running" {
				t.Errorf("the second one is %s, want the one that called runtime.Stack", g.State)
			}
		}
	}
	if got := Goroutines(text, 1<<40); len(got) != MaxGoroutines || got[0].State != "running" {
		t.Errorf("one that is not there: got %d, the first one %s", len(got), got[0].State)
	}
	if got := Goroutines(text, 0); len(got) != MaxGoroutines || got[0].State != "running" {
		t.Errorf("none is wanted: got %d", len(got))
	}
	if got := Goroutines("", 1); len(got) != 0 {
		t.Errorf("nothing: got %d", len(got))
	}
	if got := Goroutines("goroutine 12 [select]:\nmain.a()\n\ta.go:1\n\ngoroutine 1 [running]:\nmain.b()\n\tb.go:1\n", 1); len(got) != 2 || got[0].ID != 1 || got[1].ID != 12 || got[1].Frames[0].Func != "main.a" {
		t.Errorf("got %+v", got)
	}
	close(stop)
	for range 50 {
		<-done
	}
}
