package krunkzerolog

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/internal/bridgetest"
)

// lines are what zerolog writes, and what it does not.
func lines() []string {
	var many, keys strings.Builder
	for i := range 200 {
		fmt.Fprintf(&many, `,"k%03d":%d`, i, i)
		fmt.Fprintf(&keys, `,"%d":1`, i)
	}
	long := strings.Repeat("0123456789abcdef", 200)
	return []string{
		`{"level":"info","seq":17,"rtt":1.5,"ok":true,"gone":null,"peer":"anna","time":"2026-11-27T01:02:03Z","message":"packet lost"}` + "\n",
		`{"level":"info","time":1764200000,"message":"say \"hi\"\n\u00e9\ud83d\ude00"}` + "\n",
		`{"message":"first","level":"info","a":1,"a":2,"a":"three","message":"last"}` + "\n",
		`{"level":"info","token":"hunter2","home":"/home/anna/x","auth":{"password":"hunter2","at":"10.0.0.7"},"list":[1,"C:\\Users\\anna\\x"],"message":"to 192.168.0.7:80"}` + "\n",
		`{"level":"info","error":"open /home/anna/x: no","error":"EOF","message":""}` + "\n",
		`{"level":"info","big":18446744073709551615,"less":-9223372036854775808,"more":1e300,"nan":"NaN","n":123456789012345678901234567890,"message":"numbers"}` + "\n",
		`{"level":"info"` + many.String() + `,"message":"many"}` + "\n",
		`{"level":"info"` + keys.String() + `,"message":"more than there is room for, in one line that is short"}` + "\n",
		`{"level":"info","` + long[:300] + `":"` + long[:1200] + `","message":"a key and a value that are long"}` + "\n",
		`{"level":"info","v":"` + long + `","w":"` + long + `","message":"` + long + `"}` + "\n",
		`{"level":"info","sentry.release":"x","krunk.channel":"y","type":"z","user.id":"u","code.file.path":"p","":"no key","message":"taken"}` + "\n",
		`{"level":"info","a":{"b":[1,{"c":"}"}]},"d":[],"message":"nested"}` + "\n",
		`{}` + "\n", `{"message":"cut`, `{"a":[1,}`, "plain text\n", "", "\n", "{\"message\":\"two\"}\n{\"message\":\"lines\"}\n", "\xbfdlevel\xffdinfo\xff\n",
		`{"level":"info","bad":"` + "\xff\xfe\x00" + `","message":"` + "\xc3" + `"}` + "\n",
		`{"level":"warn","message":"not what WriteLevel says"}` + "\n",
	}
}

// said is what arrives of lines that out writes: all log records, and the breadcrumbs of an event behind them.
func said(t *testing.T, with []krunk.Attr, out func(*krunk.Channel, []byte)) (all []string) {
	c, srv := bridgetest.Start(t)
	channel := c.Channel("net").With(with...)
	for _, line := range lines() {
		p := []byte(line)
		out(channel, p)
		clear(p) // zerolog uses it for the next one
	}
	c.Channel("game").Error("the end")
	c.Flush(time.Minute)
	for _, l := range srv.Logs() {
		delete(l.Attributes, "krunk.event_id")
		delete(l.Attributes, "sentry.timestamp.sequence")
		all = append(all, fmt.Sprintf("%s %q %v", l.Level, l.Body, l.Attributes))
	}
	for _, b := range srv.Events()[0].Breadcrumbs {
		all = append(all, fmt.Sprintf("%s %s %q %v", b.Category, b.Level, b.Message, b.Data))
	}
	return all
}

// A line that Krunk's goroutine takes apart arrives as one that was taken apart by who logged it.
func TestLateIsTheSame(t *testing.T) {
	var with []krunk.Attr
	for i := range 130 {
		with = append(with, krunk.Int(fmt.Sprintf("w%03d", i), i))
	}
	for _, n := range []int{0, 2, 120, 130} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // where time stands still: a breadcrumb that came twice says in how many ms
				got := said(t, with[:n], func(c *krunk.Channel, p []byte) {
					if _, err := NewWriter(c, nil).WriteLevel(zerolog.InfoLevel, p); err != nil {
						t.Error(err)
					}
				})
				want := said(t, with[:n], func(c *krunk.Channel, p []byte) {
					s := &scanner{names: names{"level", "message", "time", "error"}}
					s.scan(p)
					c.Emit(krunk.Entry{Level: krunk.LevelInfo, Message: s.message, Attrs: s.attrs, Plain: true})
				})
				if len(got) != len(want) || len(got) < len(lines()) {
					t.Fatalf("%d things arrived, %d when taken apart at once", len(got), len(want))
				}
				for i := range got {
					if got[i] != want[i] {
						t.Errorf("%.2000s\nwant\n%.2000s", got[i], want[i])
					}
				}
			})
		})
	}
}

// Names that are not zerolog's own are known where a line is read, also beside a writer that has others.
func TestLateNames(t *testing.T) {
	c, srv := bridgetest.Start(t)
	NewWriter(c.Channel("net"), nil)
	text, lvl := zerolog.MessageFieldName, zerolog.LevelFieldName
	zerolog.MessageFieldName, zerolog.LevelFieldName = "msg", strings.Repeat("l", 300)
	w := NewWriter(c.Channel("net"), nil)
	zerolog.MessageFieldName, zerolog.LevelFieldName = text, lvl
	w.WriteLevel(zerolog.InfoLevel, []byte(`{"msg":"got","message":"an attribute"}`))
	c.Flush(time.Minute)
	if l := srv.Logs(); len(l) != 1 || l[0].Body != "got" || bridgetest.Own(&l[0]) != "message=an attribute" {
		t.Errorf("log records %v, want one that says got", l)
	}
}

// What a line is taken apart into is found in it, and takes no more of a record than Channel.Lines makes room for.
func FuzzScan(f *testing.F) {
	for _, line := range lines() {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		s := &scanner{names: names{"level", "message", "time", "error"}}
		message, attrs := s.Read(line)
		if n := len(message); n > len(line) || 10*len(attrs) > 2*len(line) {
			t.Errorf("a message of %d bytes and %d attributes in %d bytes", n, len(attrs), len(line))
		}
	})
}
