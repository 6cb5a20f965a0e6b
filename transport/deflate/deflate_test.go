package deflate

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/transport"
)

// recorder is a transport that keeps a copy of what it got.
type recorder struct {
	got  transport.Request
	same bool // the request itself was handed on, and no copy
	want *transport.Request
	err  error
}

func (r *recorder) Send(_ transport.Context, q *transport.Request) (transport.Response, error) {
	r.got, r.same = *q, q == r.want
	r.got.Body = bytes.Clone(q.Body)
	return transport.Response{Status: 200, RetryAfter: "1", RateLimits: "2"}, r.err
}

// text returns n bytes that compress well; noise returns n that do not.
func text(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, `{"function":"game.(*World).step","lineno":%d,"in_app":true},`, i*7919%1000)
	}
	return b.Bytes()[:n]
}

func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// gunzip is the standard library's reader, which checks length and checksum.
func gunzip(t testing.TB, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSend(t *testing.T) {
	tests := []struct {
		name     string
		encoding string
		body     []byte
		minSize  int
		want     bool // compressed
	}{
		{"empty", "", nil, 0, false},
		{"below the default", "", text(1023), 0, false},
		{"the default", "", text(1024), 0, true},
		{"below an own size", "", text(4999), 5000, false},
		{"an own size", "", text(5000), 5000, true},
		{"small own size", "", bytes.Repeat([]byte("a"), 100), 100, true},
		{"one byte, does not get smaller", "", []byte("a"), 1, false},
		{"noise", "", noise(5000), 0, false},
		{"noise after text", "", append(text(20000), noise(20000)...), 0, true},
		{"encoded already", "gzip", text(5000), 0, false},
		{"encoded otherwise", "br", text(5000), 0, false},
		{"1 MiB", "", text(1 << 20), 0, true},
		{"one block of the compressor", "", text(32767), 0, true},
		{"one block and a byte", "", text(32768), 0, true},
		{"two blocks", "", text(32767 + 24575), 0, true},
		{"two blocks and a byte", "", text(32767 + 24576), 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &transport.Request{
				URL: "https://sentry.example/api/1/envelope/", Auth: "auth", UserAgent: "agent", ContentType: "type",
				ContentEncoding: tt.encoding, Body: tt.body,
			}
			before := *r
			before.Body = bytes.Clone(r.Body)
			next := &recorder{want: r}
			tr, err := Config{MinSize: tt.minSize}.Wrap(next)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := tr.Send(t.Context(), r)
			if want := (transport.Response{Status: 200, RetryAfter: "1", RateLimits: "2"}); resp != want || err != nil {
				t.Errorf("got %+v, %v; want %+v", resp, err, want)
			}
			if !reflect.DeepEqual(*r, before) {
				t.Error("the caller's request was changed")
			}
			check(t, next, before, tt.want)
		})
	}
}

// check compares what the next transport got with the request.
func check(t *testing.T, next *recorder, sent transport.Request, compressed bool) {
	t.Helper()
	if next.same == compressed {
		t.Errorf("the next transport got the caller's own request: %v, want %v", next.same, !compressed)
	}
	want := sent
	if compressed {
		want.ContentEncoding, want.Body = "gzip", next.got.Body
		if got := gunzip(t, next.got.Body); !bytes.Equal(got, sent.Body) {
			t.Errorf("got %d other bytes after decompression, want %d", len(got), len(sent.Body))
		}
		if len(next.got.Body) >= len(sent.Body) {
			t.Errorf("got %d bytes, want less than %d", len(next.got.Body), len(sent.Body))
		}
	}
	if !reflect.DeepEqual(next.got, want) {
		t.Errorf("got %+v, want %+v", next.got, want)
	}
}

func TestHeader(t *testing.T) {
	next := &recorder{}
	if _, err := Wrap(next).Send(t.Context(), &transport.Request{Body: text(2000)}); err != nil {
		t.Fatal(err)
	}
	if got := string(next.got.Body[:len(gzipHeader)]); got != gzipHeader {
		t.Errorf("got the header %x, want %x", got, gzipHeader)
	}
	z, err := gzip.NewReader(bytes.NewReader(next.got.Body))
	if err != nil {
		t.Fatal(err)
	}
	if !z.ModTime.IsZero() || z.Name != "" || z.Comment != "" || z.Extra != nil || z.OS != 255 {
		t.Errorf("got the header %+v, want one that tells nothing", z.Header)
	}
}

// TestRelease checks that nothing of a request is kept, also after an error and a panic, and that one large envelope
// does not make the buffer large for good.
func TestRelease(t *testing.T) {
	next := &recorder{err: errors.New("no answer")}
	tr := Wrap(next)
	if _, err := tr.Send(t.Context(), &transport.Request{Auth: "key", Body: text(20000)}); !errors.Is(err, next.err) {
		t.Errorf("got %v, want %v", err, next.err)
	}
	if !reflect.DeepEqual(kept(tr).req, transport.Request{}) {
		t.Errorf("got %+v after Send, want nothing", kept(tr).req)
	}
	if c := cap(kept(tr).out.b); c == 0 && !raceEnabled || c > maxKept {
		t.Errorf("got a buffer of %d after a small body, want it kept", c)
	}
	for _, body := range [][]byte{append(noise(400_000), text(100_000)...), noise(400_000)} {
		if _, err := tr.Send(t.Context(), &transport.Request{Body: body}); !errors.Is(err, next.err) {
			t.Errorf("got %v, want %v", err, next.err)
		}
		if c := cap(kept(tr).out.b); c != 0 {
			t.Errorf("got a buffer of %d after a large body, want none", c)
		}
	}

	tr = Wrap(transport.Func(func(transport.Context, *transport.Request) (transport.Response, error) { panic("next") }))
	func() {
		defer func() { _ = recover() }()
		_, _ = tr.Send(t.Context(), &transport.Request{Auth: "key", Body: text(2000)})
	}()
	if !reflect.DeepEqual(kept(tr).req, transport.Request{}) {
		t.Errorf("got %+v after a panic, want nothing", kept(tr).req)
	}
}

// kept returns what a Send left for the next one.
func kept(t *Transport) *work {
	w, _ := t.work.Get().(*work)
	if w == nil {
		return new(work)
	}
	t.work.Put(w)
	return w
}

// What refuses the encoding, and not the envelope, gets all else plain, and says so once.
func TestRefusedEncoding(t *testing.T) {
	for _, tt := range []struct {
		name       string
		compressed int // the answer to what is compressed
		plain      int // and to what is not
		encodings  string
		notes      int
	}{
		{"415", 415, 200, "[gzip   ]", 1},
		{"400", 400, 200, "[gzip   ]", 1},
		{"400 to everything", 400, 400, "[gzip  gzip  gzip ]", 0},
		{"415, then trouble", 415, 503, "[gzip   ]", 1},
		{"413 is none of the encoding", 413, 200, "[gzip gzip gzip]", 0},
		{"200", 200, 400, "[gzip gzip gzip]", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var encodings []string
			tr := Wrap(transport.Func(func(_ transport.Context, r *transport.Request) (transport.Response, error) {
				encodings = append(encodings, r.ContentEncoding)
				if r.ContentEncoding == "" {
					if string(r.Body) != string(text(2000)) {
						t.Error("the plain body is another one")
					}
					return transport.Response{Status: tt.plain}, nil
				}
				return transport.Response{Status: tt.compressed}, nil
			}))
			notes := 0
			for range 3 {
				a, err := tr.Send(t.Context(), &transport.Request{Body: text(2000)})
				if err != nil {
					t.Fatal(err)
				}
				if a.Note != "" {
					notes++
				}
			}
			if got := fmt.Sprint(encodings); got != tt.encodings || notes != tt.notes {
				t.Errorf("sent %s with %d notes, want %s with %d", got, notes, tt.encodings, tt.notes)
			}
		})
	}
	// Without an answer to the plain one nothing is known.
	n := 0
	tr := Wrap(transport.Func(func(_ transport.Context, r *transport.Request) (transport.Response, error) {
		if n++; r.ContentEncoding == "" {
			return transport.Response{}, errors.New("no answer")
		}
		return transport.Response{Status: 415}, nil
	}))
	_, err := tr.Send(t.Context(), &transport.Request{Body: text(2000)})
	if err == nil || n != 2 || tr.plain.Load() {
		t.Errorf("got %v after %d attempts, plain %v", err, n, tr.plain.Load())
	}
}

// What the next transport can do beside Send can be done through this one.
func TestOptionalMethods(t *testing.T) {
	next := &able{}
	tr := Wrap(next)
	transport.CloseIdle(tr)
	if got := transport.Parallel(tr); got != 3 || next.closed != 1 {
		t.Errorf("%d at once, closed %d times, want 3 and 1", got, next.closed)
	}
	plain := Wrap(discard{})
	transport.CloseIdle(plain)
	if got := transport.Parallel(plain); got != 1 {
		t.Errorf("%d at once, want 1", got)
	}
}

type able struct {
	discard
	closed int
}

func (a *able) CloseIdle()    { a.closed++ }
func (a *able) Parallel() int { return 3 }

func TestConfigError(t *testing.T) {
	_, err := Config{MinSize: -1}.Wrap(&recorder{})
	if want := "deflate: Config.MinSize is -1: write a number of bytes, or 0 for 1024"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// discard answers without allocating.
type discard struct{}

func (discard) Send(transport.Context, *transport.Request) (transport.Response, error) {
	return transport.Response{Status: 200}, nil
}

func TestDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector a sync.Pool forgets")
	}
	for name, body := range map[string][]byte{"small": text(500), "event": text(16600), "large": text(200_000), "noise": noise(16600)} {
		t.Run(name, func(t *testing.T) {
			tr, ctx, r := Wrap(discard{}), t.Context(), &transport.Request{Body: body}
			if got := testing.AllocsPerRun(100, func() { _, _ = tr.Send(ctx, r) }); got != 0 {
				t.Errorf("got %v allocations, want 0", got)
			}
		})
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("{}\n{\"type\":\"event\"}\n{}\n"), uint16(1))
	f.Add(text(100), uint16(400))
	f.Add(noise(100), uint16(400))
	f.Add([]byte("a"), uint16(60000))
	f.Add([]byte{}, uint16(0))
	f.Fuzz(func(t *testing.T, b []byte, n uint16) {
		body := b
		if len(b) > 0 { // also cover bodies of several blocks
			body = []byte(strings.Repeat(string(b), 1+int(n)%(1+100_000/len(b))))
			body = append(body, b[len(b)/2:]...)
		}
		next := &recorder{}
		tr, err := Config{MinSize: 1}.Wrap(next)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time with a used buffer
			if _, err := tr.Send(t.Context(), &transport.Request{Body: body}); err != nil {
				t.Fatal(err)
			}
			got := next.got.Body
			if next.got.ContentEncoding == "gzip" {
				if len(got) >= len(body) {
					t.Errorf("got %d bytes, want less than %d", len(got), len(body))
				}
				got = gunzip(t, got)
			}
			if !bytes.Equal(got, body) {
				t.Errorf("got %d other bytes, want %d", len(got), len(body))
			}
		}
	})
}

func BenchmarkSend(b *testing.B) {
	for _, n := range []int{2000, 16600, 200_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			tr, ctx, r := Wrap(discard{}), b.Context(), &transport.Request{Body: text(n)}
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				_, _ = tr.Send(ctx, r)
			}
		})
	}
}
