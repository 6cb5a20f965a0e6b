package sender

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
)

// sealed is a compressor that does not take apart what it made.
type sealed struct{ transport.Compressor }

func (sealed) Unpack([]byte, []byte) ([]byte, bool) { panic("inflated") }

// compressing lets a rig compress.
func compressing(c *Config) { c.Compress = deflate.Items() }

// packed puts an event with breadcrumbs, compressed, and returns its item.
func (g *rig) packed(t *testing.T, name string, n int) []byte {
	t.Helper()
	payload := fmt.Sprintf(`{"event_id":"x","timestamp":5,"message":%q,"extra":{"a":%q},"breadcrumbs":{"values":[{"timestamp":4,"message":%q}]}}`,
		name, strings.Repeat("a", 600), strings.Repeat("c", n))
	item := protocol.AppendItem(nil, "event", []byte(payload))
	body, at, ok := deflate.Items().Pack(nil, item, bytes.Index(item, []byte(`,"breadcrumbs"`)))
	number, _, _ := deflate.Items().Form()
	m := blackbox.Meta{ID: [16]byte{1}, Kind: blackbox.Event, Category: uint8(protocol.CategoryError), Count: 1, Cut: uint32(at), Encoding: number, Start: 1e9}
	if !ok || !g.outbox.Put(m, body) {
		t.Fatal("no room in the outbox")
	}
	g.Wake()
	return item
}

// plainOf returns the envelope of a request.
func plainOf(t *testing.T, r *transport.Request) string {
	t.Helper()
	if r.ContentEncoding != "gzip" {
		return string(r.Body)
	}
	z, err := gzip.NewReader(bytes.NewReader(r.Body))
	if err != nil {
		t.Error(err)
		return ""
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

// A request with a compressed item is the same envelope, to the byte, and nothing is inflated for it, with a client report and without,
// also where the breadcrumbs have to stay behind.
func TestJoinedIsTheSame(t *testing.T) {
	envelopes := func(t *testing.T, pack bool) (all []string) {
		synctest.Test(t, func(t *testing.T) {
			g := newRigWith(t, func(_ transport.Context, n int, r *transport.Request) (transport.Response, error) {
				if (r.ContentEncoding == "gzip") != pack {
					t.Errorf("request %d has the encoding %q", n, r.ContentEncoding)
				}
				all = append(all, plainOf(t, r))
				return transport.Response{Status: []int{200, 413, 200, 200}[n]}, nil
			}, func(c *Config) {
				if pack {
					c.Compress = sealed{deflate.Items()}
				}
			})
			for i := range 3 {
				if i == 2 {
					g.tally.Add(protocol.ReasonQueueOverflow, protocol.CategoryError, 7)
					time.Sleep(time.Minute)
				}
				if pack {
					g.packed(t, fmt.Sprint("event ", i), 3000)
				} else {
					item := g.packed(t, fmt.Sprint("event ", i), 3000)
					g.outbox.Done(g.outbox.Last())
					cut := bytes.Index(item, []byte(`,"breadcrumbs"`))
					g.outbox.Put(blackbox.Meta{ID: [16]byte{1}, Kind: blackbox.Event, Category: uint8(protocol.CategoryError), Count: 1, Cut: uint32(cut)}, item)
				}
				g.Flush(nil)
			}
			if g.Sent.Load() != 3 {
				t.Errorf("%d sent, want 3", g.Sent.Load())
			}
		})
		return all
	}
	got, want := envelopes(t, true), envelopes(t, false)
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Errorf("envelope %d is not the plain one:\n%.300s\nwant\n%.300s", i, got[min(i, len(got)-1)], want[i])
		}
	}
	if n := strings.Count(strings.Join(want, ""), "left out: too large"); n != 1 {
		t.Errorf("%d without breadcrumbs, want 1", n)
	}
	if !strings.Contains(want[len(want)-1], "client_report") {
		t.Error("no client report went along")
	}
}

// Where the clock was set since, an item is inflated and moved, with breadcrumbs and without.
func TestCompressedTimesMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		g := newRigWith(t, func(_ transport.Context, n int, r *transport.Request) (transport.Response, error) {
			sent = append(sent, plainOf(t, r))
			return transport.Response{Status: []int{413, 200}[n]}, nil
		}, func(c *Config) {
			compressing(c)
			c.Start = func() int64 { return 1_790_000_000e9 }
		})
		g.packed(t, "first", 3000)
		g.Flush(nil)
		if len(sent) != 2 {
			t.Fatalf("%d attempts, want 2", len(sent))
		}
		for i, envelope := range sent {
			lines := strings.Split(envelope, "\n")
			var item struct{ Length int }
			var event struct {
				Timestamp   float64
				Breadcrumbs struct{ Values []struct{ Timestamp float64 } }
			}
			if err := errors.Join(json.Unmarshal([]byte(lines[1]), &item), json.Unmarshal([]byte(lines[2]), &event)); err != nil || item.Length != len(lines[2]) {
				t.Fatalf("%s before %d bytes: %v", lines[1], len(lines[2]), err)
			}
			crumb := event.Breadcrumbs.Values[0].Timestamp
			if event.Timestamp != 1_790_000_004 || i == 0 && crumb != 1_790_000_003 || i == 1 && crumb != 0 {
				t.Errorf("attempt %d has the times %f and %f", i, event.Timestamp, crumb)
			}
		}
	})
}

// What refuses the encoding, and not the envelope, gets all else plain, and says so once.
func TestRefusedEncoding(t *testing.T) {
	for _, tt := range []struct {
		name       string
		compressed int // the answer to what is compressed
		plain      int // and to what is not, 0 is none
		encodings  string
		sent       int
		last       string
	}{
		{"415", 415, 200, "gzip plain plain plain", 3, "the server refuses what is compressed: envelopes are sent plain from now on"},
		{"400", 400, 200, "gzip plain plain plain", 3, "the server refuses what is compressed: envelopes are sent plain from now on"},
		{"400 to everything", 400, 400, "gzip plain gzip plain gzip plain", 0, "status 400"},
		{"no answer to the plain one", 415, 0, "gzip plain", 0, "no route to host"},
		{"413 is none of the encoding", 413, 200, "gzip gzip gzip gzip gzip gzip", 0, "status 413: too large for the server, or for a proxy before it; what follows is built smaller"},
		{"200", 200, 400, "gzip gzip gzip", 3, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var encodings []string
				var items []string
				g := newRigWith(t, func(_ transport.Context, _ int, r *transport.Request) (transport.Response, error) {
					if r.ContentEncoding == "gzip" {
						encodings = append(encodings, "gzip")
						return transport.Response{Status: tt.compressed}, nil
					}
					if !bytes.Contains(r.Body, []byte(`"type":"event"`)) { // a report of what was given up
						return transport.Response{Status: 200}, nil
					}
					encodings = append(encodings, "plain")
					_, item, _ := strings.Cut(string(r.Body), "\n")
					items = append(items, item)
					if tt.plain == 0 {
						return transport.Response{}, errNetwork
					}
					return transport.Response{Status: tt.plain}, nil
				}, compressing)
				want := ""
				for i := range 3 {
					want = string(g.packed(t, fmt.Sprint(i), 2000))
					if synctest.Wait(); g.waiting() > 0 {
						break
					}
				}
				if got := strings.Join(encodings, " "); got != tt.encodings || int(g.Sent.Load()) != tt.sent || g.LastError() != tt.last {
					t.Errorf("sent %s, %d taken, %q; want %s, %d, %q", got, g.Sent.Load(), g.LastError(), tt.encodings, tt.sent, tt.last)
				}
				if tt.plain == 200 && tt.sent == 3 && tt.compressed != 200 && items[len(items)-1] != want {
					t.Error("the plain item is another one")
				}
			})
		})
	}
}

// What says that it is compressed and is not is counted; what is compressed in another way stays, and costs nothing while it does.
func TestStrangeEncodings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRigWith(t, always(transport.Response{Status: 200}), compressing)
		for _, encoding := range []uint8{1, 2} {
			g.outbox.Put(blackbox.Meta{Kind: blackbox.Fatal, Category: uint8(protocol.CategoryError), Count: 1, Encoding: encoding}, []byte("nonsense"))
		}
		g.event(t, "after")
		limit := g.cfg.Progress.Limit(time.Hour)
		if g.Flush(limit) {
			t.Error("flushed what nobody can read")
		}
		limit.Stop()
		lost := g.tally.Total(nil)
		if len(lost) != 1 || lost[0].Reason != protocol.ReasonInternalSDKError || lost[0].Quantity != 1 || g.waiting() != 1 || g.Sent.Load() != 1 {
			t.Errorf("counted %v, %d wait, %d sent; want one counted, one that waits and one sent", lost, g.waiting(), g.Sent.Load())
		}
	})
}

// Bytes of log records are told as they are when they are not compressed.
func TestCompressedLogBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRigWith(t, always(transport.Response{Status: 403}), compressing)
		item := protocol.AppendLogItem(nil, 2, []byte(`{"items":[`+strings.Repeat(`{},`, 500)+`{}]}`))
		body, _, _ := deflate.Items().Pack(nil, item, 0)
		g.outbox.Put(blackbox.Meta{Kind: blackbox.Log, Category: uint8(protocol.CategoryLogItem), Count: 2, Encoding: 1}, body)
		g.Flush(nil)
		if got, want := fmt.Sprint(g.untold()), fmt.Sprint([]string{"send_error log_item 2", fmt.Sprint("send_error log_byte ", len(item))}); got != want {
			t.Errorf("counted %s, want %s", got, want)
		}
	})
}
