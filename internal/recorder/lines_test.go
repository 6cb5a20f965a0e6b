package recorder

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
)

// spelled is a format of words: the first is the message, the others are keys with a value.
func spelled(name string) *Format {
	return &Format{Name: name, Open: func(dst, body []byte) []byte {
		rec, _ := record.Read(body)
		words := strings.Fields(rec.Text)
		h, fields := rec.Head, []record.Field(nil)
		h.Flags &^= record.FlagLine
		for _, w := range words[1:] {
			key, value, _ := strings.Cut(w, "=")
			fields = append(fields, record.Field{Key: key, Kind: record.String, Str: value})
		}
		return append(dst, encoded(h, words[0], nil, nil, fields...)...)
	}}
}

func line(flags uint16, text, format string) []byte {
	return encoded(record.Head{Type: record.LogType, Flags: flags | record.FlagLine | record.FlagPlain, PPM: million}, text, nil, nil,
		record.Field{Key: format, Kind: record.Line})
}

// A record that is a line goes out as what stands there, without what is private, if its format is known, and else as the text that it is: never as
// nothing.
func TestLines(t *testing.T) {
	for _, tt := range []struct {
		name, format, body string
		formats            []string
		attributes         map[string]string
	}{
		{"known", "words", "lost", []string{"other", "words", "more"}, map[string]string{"peer": "~", "token": "[Filtered]"}},
		{"unknown", "words", "lost peer=~ token=~", []string{"other"}, nil},
		{"none", "words", "lost peer=~ token=~", nil, nil},
		{"without a name", "", "lost peer=~ token=~", []string{"words"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := newRig(1<<18, func(cfg *Config) {
				if cfg.Lines = new(Lines); tt.formats == nil {
					cfg.Lines = nil
				}
				for _, name := range append(tt.formats, tt.formats...) {
					cfg.Lines.Add(spelled(name))
				}
			})
			g.put(t, blackbox.Log, line(record.FlagSend|record.FlagTrail, "lost peer=10.0.0.7 token=abc", tt.format))
			g.drain()
			g.flushLogs()
			e, _ := g.sent()
			var v struct {
				Items []struct {
					Body       string
					Attributes map[string]struct{ Value any }
				}
			}
			if err := json.Unmarshal(payload(t, e.Body), &v); err != nil || len(v.Items) != 1 {
				t.Fatalf("%d log records (%v), want 1", len(v.Items), err)
			}
			if it := v.Items[0]; it.Body != tt.body {
				t.Errorf("body %q, want %q", it.Body, tt.body)
			}
			for key, want := range tt.attributes {
				if got := v.Items[0].Attributes[key].Value; got != want {
					t.Errorf("%s: got %v, want %s", key, got, want)
				}
			}
			for _, key := range []string{"", "(no key)", tt.format} {
				if _, ok := v.Items[0].Attributes[key]; ok {
					t.Errorf("the name of the format is an attribute, %q", key)
				}
			}
			if n := g.cfg.History.Len(); n != 1 || !bytes.Contains(g.cfg.History.Body(0), []byte(strings.Fields(tt.body)[0])) {
				t.Errorf("%d breadcrumbs, want one of the record", n)
			}
		})
	}
}

// Equal lines are one breadcrumb by what they say, not by what else stands in them.
func TestLinesThatSayTheSame(t *testing.T) {
	g := newRig(1<<18, func(cfg *Config) {
		cfg.Lines = new(Lines)
		cfg.Lines.Add(spelled("words"))
	})
	for _, text := range []string{"lost seq=1", " lost  seq=1", "lost seq=1 "} {
		g.put(t, blackbox.History, line(record.FlagTrail, text, "words"))
	}
	g.drain()
	if n := g.cfg.History.Len(); n != 1 {
		t.Errorf("%d breadcrumbs, want 1", n)
	}
}

// What opens a line, and what it makes of one, cannot end the recorder.
func TestLinesThatBreak(t *testing.T) {
	g := newRig(1<<18, func(cfg *Config) {
		cfg.Lines = new(Lines)
		cfg.Lines.Add(&Format{Name: "panics", Open: func([]byte, []byte) []byte { panic("no line") }})
		cfg.Lines.Add(&Format{Name: "nothing", Open: func(dst, _ []byte) []byte { return dst }})
		cfg.Lines.Add(&Format{Name: "itself", Open: func(dst, _ []byte) []byte {
			return append(dst, line(record.FlagSend, "itself", "itself")...)
		}})
	})
	for _, format := range []string{"panics", "nothing", "itself"} {
		g.put(t, blackbox.Log, line(record.FlagSend, "text", format))
	}
	g.log(t, 0, "next")
	g.drain()
	g.flushLogs()
	e, _ := g.sent()
	if got := strings.Join(logBodies(t, e), " "); got != "itself next" {
		t.Errorf("log records %q, want itself and next", got)
	}
	if got := strings.Join(g.drops(), ", "); got != "internal_sdk_error error 2" {
		t.Errorf("counted %q, want the two that are lost", got)
	}
}

// What a line said is gone with the record that was the line.
func TestWipeForgetsTheLine(t *testing.T) {
	g := newRig(1<<18, func(cfg *Config) {
		cfg.Lines = new(Lines)
		cfg.Lines.Add(spelled("words"))
	})
	g.put(t, blackbox.History, line(record.FlagTrail, "lost peer=anna", "words"))
	g.drain()
	if !bytes.Contains(g.line, []byte("anna")) {
		t.Fatal("the line was not opened")
	}
	g.Wipe()
	if g.line != nil {
		t.Errorf("the recorder still knows %q", g.line)
	}
}
