package deflate

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// text returns what compresses well, noise what does not.
func text(n int) []byte {
	var b []byte
	for i := 0; len(b) < n; i++ {
		b = fmt.Appendf(b, `{"function":"update%d","lineno":%d,"in_app":true},`, i%7, i*31%900)
	}
	return b[:n]
}

func noise(n int) []byte {
	rng, b := rand.New(rand.NewPCG(1, 2)), make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

var line = []byte("{\"type\":\"event\",\"length\":4711}\n")

// kinds are items of all kinds, each with where it may be cut.
var kinds = []struct {
	name string
	item []byte
	cut  int
	ok   bool // packed
}{
	{"event", join(line, text(9000)), 5000, true},
	{"not to be cut", join(line, text(9000)), 0, true},
	{"cut behind the first byte", join(line, text(9000)), len(line) + 1, true},
	{"cut before the last byte", join(line, text(9000)), len(line) + 8999, true},
	{"least", join(line, text(leastItem-len(line))), 0, true},
	{"shorter", join(line, text(leastItem-len(line)-1)), 0, false},
	{"one block of the compressor", join(line, text(32767)), 20, false},
	{"one block and a byte", join(line, text(32768)), 0, true},
	{"two blocks", join(line, text(32767+24575)), 32767, true},
	{"two blocks and a byte", join(line, text(32767+24576)), 40000, true},
	{"largest", join(line, text(1000_000)), 500_000, true},
	{"noise", join(line, noise(9000)), 5000, false},
	{"noise behind text", join(line, text(20000), noise(9000)), 20000, true},
	{"noise before text", join(line, noise(9000), text(20000)), 9000, true},
	{"text before noise that is longer", join(line, text(5000), noise(90000)), 5000, false},
	{"no line", text(9000), 0, false},
	{"a line that is too long", join(text(maxLine), []byte("\n"), text(9000)), 0, false},
	{"a line of the longest", join(text(maxLine-1), []byte("\n"), text(9000)), 2000, true},
	{"cut in the line", join(line, text(9000)), len(line), false},
	{"cut at the end", join(line, text(9000)), len(line) + 9000, false},
}

// gunzip returns what is in exactly one gzip member.
func gunzip(t *testing.T, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if !z.ModTime.IsZero() || z.Name != "" || z.Comment != "" || z.Extra != nil || z.OS != 255 {
		t.Errorf("got the header %+v, want one that tells nothing", z.Header)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRoundTrip(t *testing.T) {
	c := Items()
	for _, tt := range kinds {
		t.Run(tt.name, func(t *testing.T) {
			packed, at, ok := c.Pack([]byte("before"), tt.item, tt.cut)
			if ok != tt.ok {
				t.Fatalf("packed: %v, want %v", ok, tt.ok)
			}
			if !ok {
				if string(packed) != "before" || at != 0 {
					t.Errorf("got %d bytes and %d, want dst as it was", len(packed), at)
				}
				return
			}
			packed = packed[len("before"):]
			if len(packed) > len(tt.item)*7/8 || (at != 0) != (tt.cut != 0) || at > len(packed) {
				t.Errorf("packed to %d bytes, cut at %d", len(packed), at)
			}
			want(t, packed, tt.item)
			if at > 0 {
				want(t, packed[:at], tt.item[:tt.cut])
			}
		})
	}
}

// want checks all that can be done with a packed item.
func want(t *testing.T, packed, item []byte) {
	t.Helper()
	c := Items()
	if got := c.Size(packed); got != len(item) {
		t.Errorf("it says %d bytes, want %d", got, len(item))
	}
	_, behind, _ := bytes.Cut(item, []byte("\n"))
	if got, ok := c.Unpack([]byte("x"), packed); !ok || !bytes.Equal(got[1:], item) {
		t.Errorf("unpacked to %d bytes (%v), want the %d of the item", len(got)-1, ok, len(item))
	}
	for _, head := range [][]byte{nil, []byte("h"), text(200), noise(65535), text(65536), text(200_000)} {
		for _, tail := range [][]byte{nil, text(100), noise(70_000)} {
			for end, whole := range map[string][]byte{"": item, "end\n": join(fmt.Appendf(nil, "{\"type\":\"event\",\"length\":%d}\n", len(behind)+3), behind, []byte("end\n"))} {
				body, ok := c.Join([]byte("x"), head, packed, end, tail)
				if !ok {
					t.Fatal("not joined")
				}
				if got := gunzip(t, body[1:]); !bytes.Equal(got, join(head, whole, tail)) {
					t.Fatalf("a head of %d and a tail of %d bytes: %d other bytes, want %d", len(head), len(tail), len(got), len(head)+len(whole)+len(tail))
				}
			}
		}
	}
}

// The sum of a text is told by those of its parts, whatever their lengths.
func TestCombine(t *testing.T) {
	all := noise(1 << 20)
	lengths := []int{65535, 65536, 65537, 1<<17 - 1, 1<<19 + 3, 1 << 20}
	for n := range 300 {
		lengths = append(lengths, n)
	}
	for _, n := range lengths {
		for _, at := range []int{0, 1, n / 3, n / 2, max(n-1, 0), n} {
			at = min(at, n)
			a, b := all[:at], all[at:n]
			if got, want := combine(crc32.ChecksumIEEE(a), crc32.ChecksumIEEE(b), len(b)), crc32.ChecksumIEEE(all[:n]); got != want {
				t.Fatalf("%d and %d bytes: got %08x, want %08x", len(a), len(b), got, want)
			}
		}
	}
	// Parts that are too long to be made: of n zeros, half by half.
	zeros := crc32.ChecksumIEEE([]byte{0})
	for n := 1; n < 1<<30; n *= 2 {
		twice := combine(zeros, zeros, n)
		if other := combine(combine(zeros, zeros, n/2), zeros, n-n/2); n > 1 && n%2 == 1 && other != twice {
			t.Errorf("%d zeros: %08x and %08x", n, twice, other)
		}
		zeros = twice
		if n <= 1<<22 {
			if want := crc32.ChecksumIEEE(make([]byte, 2*n)); zeros != want {
				t.Errorf("%d zeros: got %08x, want %08x", 2*n, zeros, want)
			}
		}
	}
}

// A packed item is believed in no further than its bytes go: one that is changed is refused, or still says the same; so is one that is cut.
func TestDamage(t *testing.T) {
	c := Items()
	item := join(line, text(3000))
	packed, at, _ := c.Pack(nil, item, 2000)
	for i := range packed {
		for _, bit := range []byte{1, 0x80, 0xff} {
			b := bytes.Clone(packed)
			b[i] ^= bit
			if got, ok := c.Unpack(nil, b); ok && i >= lineHead+len(line) && !bytes.Equal(got, item) {
				t.Errorf("byte %d of %d is changed, and nobody notices", i, len(packed))
			}
			c.Size(b)
			c.Join(nil, nil, b, "end", nil)
		}
	}
	for n := range packed {
		_, ok := c.Unpack(nil, packed[:n])
		_, joined := c.Join(nil, nil, packed[:n], "", nil)
		size := c.Size(packed[:n])
		if whole := n == lineHead+len(line) || n == at; ok != whole || joined != whole || (size > 0) != whole {
			t.Errorf("%d bytes of it: unpacked %v, joined %v, a size %v, want %v", n, ok, joined, size > 0, whole)
		}
	}
	// What says that it becomes more than a mebibyte is not begun.
	big := appendLine(nil, line)
	for range 3 {
		big = append(big, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0) // half of one each
	}
	if got, ok := c.Unpack(nil, big); ok || cap(got) > 0 {
		t.Errorf("unpacked to %d bytes", cap(got))
	}
}

// Two clients may share one.
func TestConcurrent(t *testing.T) {
	c := Items()
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			item := join(line, text(4000+i))
			for range 50 {
				packed, at, ok := c.Pack(nil, item, 3000)
				got, ok2 := c.Unpack(nil, packed)
				if !ok || !ok2 || at == 0 || !bytes.Equal(got, item) {
					t.Error("another item came out")
				}
			}
		})
	}
	all.Wait()
}

func TestDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector a sync.Pool forgets")
	}
	c, item, head := Items(), join(line, text(9000)), text(300)
	packed, body := make([]byte, 0, 20_000), make([]byte, 0, 20_000)
	f := func() {
		packed, _, _ = c.Pack(packed[:0], item, 5000)
		c.Size(packed)
		body, _ = c.Join(body[:0], head, packed, "end", head)
	}
	if got := testing.AllocsPerRun(100, f); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}

// What the compressor takes for itself is what Form says, so that Config.Memory can count it.
func TestMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	c, item, dst := Items(), join(line, text(40_000)), make([]byte, 0, 50_000)
	_, _, says := c.Form()
	got := 0
	for range 5 { // another goroutine may allocate meanwhile, or a collection empty the pools once more
		for range 3 {
			runtime.GC() // empties the pools
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c.Pack(dst, item, 20_000)
		runtime.ReadMemStats(&after)
		if got = int(after.TotalAlloc - before.TotalAlloc); got <= says && got >= says*3/4 {
			return
		}
	}
	t.Errorf("got %d bytes, want at most %d and not much less", got, says)
}

func FuzzUnpack(f *testing.F) {
	c := Items()
	packed, at, _ := c.Pack(nil, join(line, text(600)), 400)
	f.Add(packed)
	f.Add(packed[:at])
	f.Fuzz(func(t *testing.T, b []byte) {
		size := c.Size(b)
		item, ok := c.Unpack(nil, b)
		if ok && (len(item) != size || len(item) > mostItem) {
			t.Errorf("%d bytes, want %d", len(item), size)
		}
		body, joined := c.Join(nil, []byte("head"), b, "", []byte("tail"))
		if joined != (size > 0) || ok && !joined {
			t.Errorf("joined %v, unpacked %v, a size %d", joined, ok, size)
		}
		if len(body) > len(b)+100 {
			t.Errorf("%d bytes became a request of %d", len(b), len(body))
		}
	})
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("{}\n"), text(700), uint16(300))
	f.Add([]byte("{}\n"), noise(700), uint16(0))
	c := Items()
	f.Fuzz(func(t *testing.T, line, rest []byte, cut uint16) {
		item := join(line, []byte(strings.Repeat(string(rest), 1+600/(len(rest)+1))))
		packed, at, ok := c.Pack(nil, item, int(cut))
		if !ok {
			return
		}
		same := func(packed, item []byte) {
			got, ok := c.Unpack(nil, packed)
			body, ok2 := c.Join(nil, line, packed, "", rest)
			if !ok || !ok2 || !bytes.Equal(got, item) || !bytes.Equal(gunzip(t, body), join(line, item, rest)) {
				t.Errorf("an item of %d bytes came out as another one", len(item))
			}
		}
		same(packed, item)
		if at > 0 {
			same(packed[:at], item[:cut])
		}
	})
}

func BenchmarkPack(b *testing.B) {
	for _, n := range []int{2000, 9000, 45_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c, item, dst := Items(), join(line, text(n)), make([]byte, 0, n)
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				dst, _, _ = c.Pack(dst[:0], item, n/2)
			}
			b.ReportMetric(float64(len(dst)), "packed-bytes")
		})
	}
}

func BenchmarkJoin(b *testing.B) {
	c, head := Items(), text(300)
	packed, _, _ := c.Pack(nil, join(line, text(9000)), 4500)
	dst := make([]byte, 0, 5000)
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = c.Join(dst[:0], head, packed, "", nil)
	}
}
