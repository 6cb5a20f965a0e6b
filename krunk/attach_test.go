package krunk_test

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// pieces returns what arrived beside each event, by the event's title: "name type: bytes".
func pieces(srv *sentrytest.Server) map[string]string {
	all := make(map[string]string)
	for _, e := range srv.Events() {
		var list []string
		for _, a := range srv.Attachments(e.ID) {
			list = append(list, fmt.Sprintf("%s %s: %.20s", a.Filename, a.ContentType, a.Payload))
		}
		all[e.Title()] = strings.Join(list, ", ")
	}
	return all
}

// leftOut returns what an event says of attachments that did not go along.
func leftOut(e sentrytest.Event) string {
	return fmt.Sprint(e.Contexts["krunk"]["attachments_left_out"])
}

func endpoint(t *testing.T, cfg krunk.Config) (*krunk.Client, *sentrytest.Server) {
	srv := sentrytest.New(sentrytest.Options{AnyTime: true})
	cfg.DSN = srv.DSN()
	if cfg.Transport == nil {
		cfg.Transport = srv.Transport()
	}
	c := quiet(t, cfg)
	t.Cleanup(func() { srv.Verify(t) })
	return c, srv
}

// What is attached to one event arrives with it, and what stands with each fatal one or with all, plain and compressed.
func TestAttachmentsArrive(t *testing.T) {
	for name, pack := range map[string]transport.Compressor{"plain": nil, "compressed": deflate.Items()} {
		t.Run(name, func(t *testing.T) {
			c, srv := endpoint(t, krunk.Config{Compress: pack})
			save := []byte("level 3\n")
			calls := 0
			for _, a := range []krunk.Attachment{
				{Name: "options.ini", ContentType: "text/plain", Data: []byte("vsync=1")},
				{Name: "map.json", Every: true, Read: func(int) ([]byte, error) { calls++; return []byte("{}"), nil }},
				{Name: "gone", Data: []byte("x")}, {Name: "gone"},
			} {
				if err := c.Attach(a); err != nil {
					t.Fatal(err)
				}
			}
			c.Report(errors.New("one"), krunk.Attach(krunk.Attachment{Name: `c:\games\slot "1".sav`, Data: save}), krunk.Int("slot", 1))
			copy(save, "changed!")
			c.Report(errors.New("two"))
			c.ReportPanic("three", krunk.Attach(krunk.Attachment{Data: []byte{0, '\n', 0xff}}))
			c.Channel("net").Error("four", krunk.Attach(krunk.Attachment{Name: "empty"}))
			if !c.Flush(time.Minute) {
				t.Fatalf("flush: %+v", c.Stats())
			}
			got := pieces(srv)
			for title, want := range map[string]string{
				"error: one":   `slot "1".sav application/octet-stream: level 3` + "\n" + `, map.json application/octet-stream: {}`,
				"error: two":   "map.json application/octet-stream: {}",
				"panic: three": "attachment application/octet-stream: \x00\n\xff, options.ini text/plain: vsync=1, map.json application/octet-stream: {}",
				"net: four":    "empty application/octet-stream: , map.json application/octet-stream: {}",
			} {
				if got[title] != want {
					t.Errorf("%s: got %q, want %q", title, got[title], want)
				}
			}
			if calls != 4 || len(got) != 4 {

				t.Errorf("Read was called %d times for %d events, want 4: %v", calls, len(got), got)
			}
			for _, e := range srv.Events() {
				if e.Contexts["krunk"]["attachments_left_out"] != nil {
					t.Errorf("%s says %s", e.Title(), leftOut(e))
				}
			}
		})
	}
}

// What does not fit or cannot be had is left out whole, told by the event and counted; the rest arrives.
func TestAttachmentsLeftOut(t *testing.T) {
	big := make([]byte, 40<<10)
	fits := krunk.Attachment{Name: "fits", Data: []byte("x")}
	of := func(read func(int) ([]byte, error)) krunk.Attachment {
		return krunk.Attachment{Name: "a.bin", Read: read}
	}
	for _, tt := range []struct {
		name string
		a    krunk.Attachment
		want string
	}{
		{"too long", krunk.Attachment{Name: "a.bin", Data: big}, "[a.bin: 40960 bytes, where "},
		{"Read returns too much", of(func(most int) ([]byte, error) { return make([]byte, most+1), nil }), " fit]"},
		{"Read fails", of(func(int) ([]byte, error) { return nil, errors.New("the card is gone") }), "[a.bin: the card is gone]"},
		{"Read panics", of(func(int) ([]byte, error) { panic("x") }), "[a.bin: what should read it panicked]"},
		{"its error panics", of(func(int) ([]byte, error) { return nil, (*breaking)(nil) }), "[a.bin: its error panicked]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := endpoint(t, krunk.Config{})
			c.Report(errors.New("boom"), krunk.Attach(tt.a), krunk.Attach(fits))
			if !c.Flush(time.Minute) {
				t.Fatal("flush")
			}
			e := srv.Events()
			if len(e) != 1 || !strings.Contains(leftOut(e[0]), tt.want) || pieces(srv)["error: boom"] != "fits application/octet-stream: x" {
				t.Fatalf("%d events, left out %s, arrived %q; want %s", len(e), leftOut(e[0]), pieces(srv), tt.want)
			}
			if l := fmt.Sprint(c.Stats().Losses); !strings.Contains(l, "attachment_item 1") {
				t.Errorf("losses %s", l)
			}
		})
	}
	t.Run("the sum", func(t *testing.T) {
		c, srv := endpoint(t, krunk.Config{})
		var all []krunk.Attr
		for i := range 8 {
			all = append(all, krunk.Attach(krunk.Attachment{Name: fmt.Sprint("a", i), Read: func(int) ([]byte, error) { return big[:10<<10], nil }}))
		}
		c.Report(errors.New("boom"), all...)
		c.Flush(time.Minute)
		if n := len(srv.Attachments(srv.Events()[0].ID)); n != 3 || strings.Count(leftOut(srv.Events()[0]), "10240 bytes") != 5 {
			t.Errorf("%d arrived, left out %s; want 3 and 5", n, leftOut(srv.Events()[0]))
		}
	})
	t.Run("too many", func(t *testing.T) {
		c, srv := endpoint(t, krunk.Config{})
		var all []krunk.Attr
		for i := range 40 {
			all = append(all, krunk.Attach(krunk.Attachment{Name: fmt.Sprint("a", i), Read: func(int) ([]byte, error) { return big[:1], nil }}))
		}
		c.Report(errors.New("boom"), all...)
		c.Flush(time.Minute)
		if n := len(srv.Attachments(srv.Events()[0].ID)); n != 30 || strings.Count(leftOut(srv.Events()[0]), "too much waited") != 8 || strings.Count(leftOut(srv.Events()[0]), "more than 30") != 2 {
			t.Errorf("%d arrived, left out %s; want 30", n, leftOut(srv.Events()[0]))
		}
	})
}

// breaking is an error that cannot be told.
type breaking struct{ text string }

func (b *breaking) Error() string { return b.text }

// No memory is held for what becomes no event, however often it is attached, nor for events that wait.
func TestAttachmentsAreBounded(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	c := quiet(t, krunk.Config{DSN: "http://k@127.0.0.1:9/1", MaxRepeats: -1, Transport: transport.Func(func(ctx transport.Context, _ *transport.Request) (transport.Response, error) {
		<-ctx.Done()
		return transport.Response{}, ctx.Err()
	})})
	data := make([]byte, 20<<10)
	base := calmest()
	for i := range 3000 {
		c.Channel("net").Debug("no event", krunk.Attach(krunk.Attachment{Data: data}))
		c.Report(fmt.Errorf("event %d", i), krunk.Attach(krunk.Attachment{Data: data}))
	}
	if n := calmest() - base; n > 300<<10 {
		t.Errorf("%d bytes more are held", n)
	}
	runtime.KeepAlive(data)
}

func TestAttachRefuses(t *testing.T) {
	c, _ := endpoint(t, krunk.Config{})
	for i := range 15 {
		if err := c.Attach(krunk.Attachment{Name: fmt.Sprint(i), Data: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	read := func(int) ([]byte, error) { return nil, nil }
	for _, tt := range []struct {
		a    krunk.Attachment
		want string
	}{
		{krunk.Attachment{Name: "a", Data: []byte("x"), Read: read}, `krunk: Attach "a": both Data and Read are set; set one of them`},
		{krunk.Attachment{Name: "a", Data: make([]byte, 1<<20)}, `bytes of Data would stand, and an event may have at most `},
		{krunk.Attachment{Name: "a", Read: read}, `15 attachments stand already`},
	} {
		if err := c.Attach(tt.a); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
	if err := c.Attach(krunk.Attachment{Name: "4", Data: make([]byte, 30<<10)}); err != nil {
		t.Errorf("30 KiB: %v", err)
	}
	if err := c.Attach(krunk.Attachment{Name: "5", Data: make([]byte, 10<<10)}); err == nil || !strings.Contains(err.Error(), "would stand") {
		t.Errorf("10 KiB more: %v", err)
	}
	if err := c.Attach(krunk.Attachment{Name: "3", Read: read}); err != nil {
		t.Errorf("in the place of another one: %v", err)
	}
	var none *krunk.Client
	if err := none.Attach(krunk.Attachment{Data: make([]byte, 1<<20)}); err != nil {
		t.Errorf("nil client: %v", err)
	}
	none.Report(errors.New("x"), krunk.Attach(krunk.Attachment{}))
}

// A server that has no room for attachments, or takes none, gets the event without them.
func TestAttachmentsGoBeforeTheEvent(t *testing.T) {
	for _, tt := range []struct {
		name    string
		replies []sentrytest.Reply
		want    int // pieces that arrive
		loss    string
	}{
		{"too large", []sentrytest.Reply{sentrytest.TooLarge()}, 0, "send_error attachment_item 1"},
		{"too large twice", []sentrytest.Reply{sentrytest.TooLarge(), sentrytest.TooLarge()}, 0, "send_error attachment_item 1"},
		{"refused", nil, 0, "send_error attachment_item 1"},
		{"in trouble", []sentrytest.Reply{sentrytest.Unavailable()}, 1, ""},
	} {
		for name, pack := range map[string]transport.Compressor{"plain": nil, "compressed": deflate.Items()} {
			t.Run(tt.name+", "+name, func(t *testing.T) {
				c, srv := endpoint(t, krunk.Config{Compress: pack, NoSessions: true})
				for i := range 20 {
					c.Channel("net").Debug("step", krunk.Int("i", i))
				}
				srv.Next(tt.replies...)
				srv.Answer(func(r sentrytest.Received) sentrytest.Reply {
					if tt.name == "refused" && slices.ContainsFunc(r.Envelope.Items, func(it sentrytest.Item) bool { return it.Type == "attachment" }) {
						return sentrytest.Reply{Status: 400}
					}
					return sentrytest.Reply{}
				})
				c.Report(errors.New("boom"), krunk.Attach(krunk.Attachment{Data: bytes.Repeat([]byte("x"), 1000)}))
				for range 20 {
					if c.Flush(time.Minute) {
						break
					}
				}
				e := srv.Events()
				if len(e) != 1 || len(srv.Attachments(e[0].ID)) != tt.want {
					t.Fatalf("%d events: %v; %+v", len(e), pieces(srv), c.Stats())
				}
				if twice := tt.name == "too large twice"; (len(e[0].Breadcrumbs) == 1) != twice {
					t.Errorf("%d breadcrumbs", len(e[0].Breadcrumbs))
				}
				var losses []string
				for _, l := range c.Stats().Losses {
					losses = append(losses, fmt.Sprintln(l.Reason, l.Category, l.Quantity))
				}
				if l := strings.Join(losses, ""); !strings.Contains(l, tt.loss) || tt.loss == "" && l != "" || strings.Contains(l, "error error") {
					t.Errorf("losses %q, want %q", l, tt.loss)
				}
			})
		}
	}
}

// Either of a server's two limits keeps attachments back, and the event goes on.
func TestAttachmentsAreLimited(t *testing.T) {
	for _, limit := range []string{"60:attachment:organization", "60:attachment_item:organization"} {
		c, srv := endpoint(t, krunk.Config{})
		srv.Next(sentrytest.Reply{RateLimits: limit})
		for _, name := range []string{"one", "two"} {
			c.Report(errors.New(name), krunk.Attach(krunk.Attachment{Data: []byte("x")}))
			c.Flush(time.Minute)
		}
		got := pieces(srv)
		if len(got) != 2 || got["error: one"] == "" || got["error: two"] != "" {
			t.Errorf("%s: got %v", limit, got)
		}
	}
}

// With attachments that stand and one beside each event, and a ring, all that is reachable because of a client is what Config.Memory says.
func TestMemoryWithAttachments(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	const memory = 1 << 20
	offline := transport.Func(func(transport.Context, *transport.Request) (transport.Response, error) {
		return transport.Response{}, errors.New("no route to host")
	})
	start := func(int) *krunk.Client {
		c, err := krunk.Start(krunk.Config{DSN: "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1", Memory: memory, MaxRepeats: 1 << 20, Transport: offline})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Ring("inputs", memory/20); err != nil {
			t.Error(err)
		}
		if err := c.Attach(krunk.Attachment{Name: "save", Data: make([]byte, 20<<10), Every: true}); err != nil {
			t.Error(err)
		}
		return c
	}
	data := make([]byte, 4<<10)
	storm := func(c *krunk.Client, look func()) {
		for i := range 200 {
			for range 4 {
				c.Report(fmt.Errorf("storm %d", i), krunk.Attach(krunk.Attachment{Data: data}))
			}
			if i%10 == 9 {
				look()
			}
		}
	}
	first := start(0)
	storm(first, func() {})
	first.Close(0)
	most := int64(0)
	for try := 0; try < 3 && (try == 0 || most > memory*105/100); try++ {
		calmest()
		base := calmest()
		c := start(0)
		most = 0
		storm(c, func() { most = max(most, calmest()-base) })
		c.Close(0)
	}
	if t.Logf("%.3f of it", float64(most)/memory); most > memory*105/100 {
		t.Errorf("%d bytes, want at most %d", most, memory*105/100)
	}
}
