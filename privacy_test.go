package krunk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/krunkslog"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// place is where a game hands a text to Krunk. Its name begins with the method, function or field.
type place struct {
	name string
	put  func(c *krunk.Client, text string)
}

// kept is a value of the game's own.
type kept struct {
	Path  string
	Inner map[string]*kept
	List  []any
}

// in returns a place for each way into Krunk through an attribute.
func in(attr func(text string) krunk.Attr, name string) []place {
	ch := func(c *krunk.Client) *krunk.Channel { return c.Channel("game") }
	return []place{
		{name + " in a report", func(c *krunk.Client, s string) { c.Report(errors.New("x"), attr(s)) }},
		{name + " in a breadcrumb", func(c *krunk.Client, s string) { ch(c).Info("x", attr(s)) }},
		{name + " in an event", func(c *krunk.Client, s string) { ch(c).Error("x", attr(s)) }},
		{name + " in With", func(c *krunk.Client, s string) { ch(c).With(attr(s)).Error("x") }},
		{name + " in a context", func(c *krunk.Client, s string) {
			c.SetContext("game", attr(s))
			c.Report(errors.New("x"))
			c.SetContext("game")
		}},
	}
}

// places lists what Krunk takes texts through; TestPrivateEverywhere finds what is missing.
func places() []place {
	type client = krunk.Client
	ch := func(c *client) *krunk.Channel { return c.Channel("game") }
	raised := errors.New("x")
	all := []place{
		{"Client.Report", func(c *client, s string) { c.Report(errors.New(s)) }},
		{"Client.Report wrapped", func(c *client, s string) { c.Report(fmt.Errorf("x: %w", errors.Join(raised, errors.New(s)))) }},
		{"Client.ReportPanic", func(c *client, s string) { c.ReportPanic(s) }},
		{"Client.ReportPanic of a value", func(c *client, s string) { c.ReportPanic(kept{Path: s}) }},
		{"Client.ReportPanic of an error", func(c *client, s string) { c.ReportPanic(fmt.Errorf("x: %w", errors.New(s))) }},
		{"Client.Recover", func(c *client, s string) { defer c.Recover(); panic(s) }},
		{"Client.Repanic", func(c *client, s string) { defer func() { _ = recover() }(); defer c.Repanic(); panic(s) }},
		{"Client.ReportCrash", func(c *client, s string) {
			c.ReportCrash("panic: " + s + "\n\ngoroutine 1 [" + s + "]:\n" + s + "(0x1)\n\t" + s + ":7 +0x1\ncreated by " + s + "\n")
			c.Flush(time.Minute) // one at a time
		}},
		{"Client.SetTag", func(c *client, s string) { c.SetTag("dir", s); c.Report(raised); c.RemoveTag("dir") }},
		{"Client.SetTag key", func(c *client, s string) { c.SetTag(s, "x"); c.Report(raised); c.RemoveTag(s) }},
		{"Client.SetContext", func(c *client, s string) { c.SetContext(s, krunk.Int("x", 1)); c.Report(raised); c.SetContext(s) }},
		{"Client.Channel", func(c *client, s string) { c.Channel(s).Error("x"); c.Channel(s).Info("x") }},
		{"Channel.Report", func(c *client, s string) { ch(c).Report(errors.New(s)) }},
		{"Channel.ReportPanic", func(c *client, s string) { ch(c).ReportPanic(s) }},
		{"Channel.Recover", func(c *client, s string) { defer ch(c).Recover(); panic(s) }},
		{"Channel.Repanic", func(c *client, s string) { defer func() { _ = recover() }(); defer ch(c).Repanic(); panic(s) }},
		{"Channel.Trace", func(c *client, s string) { ch(c).Trace(s) }},
		{"Channel.Debug", func(c *client, s string) { ch(c).Debug(s) }},
		{"Channel.Info", func(c *client, s string) { ch(c).Info(s, krunk.Int("x", 1)) }},
		{"Channel.Warn", func(c *client, s string) { ch(c).Warn(s) }},
		{"Channel.Error", func(c *client, s string) { ch(c).Error(s, krunk.Int("x", 1)) }},
		{"Channel.Log", func(c *client, s string) { ch(c).Log(krunk.LevelFatal, s) }},
		{"Channel.With", func(c *client, s string) { ch(c).With(krunk.String("x", s)).Info("x") }},
		{"Channel.Writer", func(c *client, s string) { fmt.Fprintln(ch(c).Writer(krunk.LevelWarn), s) }},
		{"Channel.Writer error", func(c *client, s string) { fmt.Fprintln(ch(c).Writer(krunk.LevelError), s) }},
		{"Channel.Emit", func(c *client, s string) { ch(c).Emit(krunk.Entry{Message: s, Plain: true}) }},
		{"Channel.Lines", func(c *client, s string) { lines(ch(c)).Emit(krunk.LevelInfo, []byte(s)) }},
		{"Channel.Lines error", func(c *client, s string) { lines(ch(c)).Emit(krunk.LevelError, []byte(s)) }},
		{"Entry.Message", func(c *client, s string) { ch(c).Emit(krunk.Entry{Message: s, Level: krunk.LevelError}) }},
		{"Handler.Handle", func(c *client, s string) { slog.New(krunkslog.New(ch(c), nil)).Error(s, "dir", s, s, 1) }},
		{"Handler.Handle error", func(c *client, s string) {
			slog.New(krunkslog.New(ch(c), nil)).Error("x", "err", fmt.Errorf("x: %w", errors.New(s)))
		}},
		{"Handler.Handle any", func(c *client, s string) { slog.New(krunkslog.New(ch(c), nil)).Info("x", "v", kept{Path: s}) }},
		{"Handler.WithAttrs", func(c *client, s string) {
			krunkslog.New(ch(c), nil).WithAttrs([]slog.Attr{slog.String("dir", s), slog.Int(s, 1)}).Handle(context.Background(), slog.Record{Level: slog.LevelError})
		}},
		{"Handler.WithGroup", func(c *client, s string) { slog.New(krunkslog.New(ch(c), nil).WithGroup(s)).Error("x", " y", 1) }},
	}
	attrs := []struct {
		name string
		make func(s string) krunk.Attr
	}{
		{"String", func(s string) krunk.Attr { return krunk.String("dir", s) }},
		{"String key", func(s string) krunk.Attr { return krunk.String(s, "x") }},
		{"Int", func(s string) krunk.Attr { return krunk.Int(s, 1) }},
		{"Int64", func(s string) krunk.Attr { return krunk.Int64(s, 1) }},
		{"Uint64", func(s string) krunk.Attr { return krunk.Uint64(s, 1) }},
		{"Float64", func(s string) krunk.Attr { return krunk.Float64(s, 1) }},
		{"Bool", func(s string) krunk.Attr { return krunk.Bool(s, true) }},
		{"Duration", func(s string) krunk.Attr { return krunk.Duration(s, 1) }},
		{"Time", func(s string) krunk.Attr { return krunk.Time(s, time.Unix(1, 0)) }},
		{"Err", func(s string) krunk.Attr { return krunk.Err(fmt.Errorf("x: %w", errors.New(s))) }},
		{"Group", func(s string) krunk.Attr { return krunk.Group(s) }},
		{"Any text", func(s string) krunk.Attr { return krunk.Any("v", s) }},
		{"Any key", func(s string) krunk.Attr { return krunk.Any(s, 1) }},
		{"Any list", func(s string) krunk.Attr { return krunk.Any("v", []string{"x", s}) }},
		{"Any map", func(s string) krunk.Attr { return krunk.Any("v", map[string]any{s: 1, "x": []any{s, errors.New(s)}}) }},
		{"Any of texts", func(s string) krunk.Attr { return krunk.Any("v", map[string]string{"x": s}) }},
		{"Any struct", func(s string) krunk.Attr {
			return krunk.Any("v", &kept{Inner: map[string]*kept{s: {Path: s, List: []any{s}}}})
		}},
		{"Any long", func(s string) krunk.Attr {
			return krunk.Any("v", []string{strings.Repeat("x", 300), s, strings.Repeat("y", 5000)})
		}},
		{"Any JSON", func(s string) krunk.Attr { b, _ := json.Marshal(s); return krunk.Any("v", json.RawMessage(b)) }},
	}
	for _, a := range attrs {
		all = append(all, in(a.make, a.name)...)
	}
	return append(all, written()...)
}

// edits is what Config.BeforeSend does to the event of that text.
var edits sync.Map

// edit is Config.BeforeSend.
func edit(e *krunk.Event) bool {
	if f, ok := edits.Load(e.Text); ok {
		f.(func(*krunk.Event))(e)
	}
	return true
}

// written returns a place for each text that BeforeSend may write.
func written() (all []place) {
	for name, f := range map[string]func(e *krunk.Event, s string){
		"Event.Title": func(e *krunk.Event, s string) { e.Title = s }, "Event.Text": func(e *krunk.Event, s string) { e.Text = s },
		"Event.Group": func(e *krunk.Event, s string) { e.Group = []string{"x", s} }, "Event.Tags": func(e *krunk.Event, s string) { e.Tags["x"] = s },
		"Event.Tags key": func(e *krunk.Event, s string) { e.Tags[s] = "x" }, "Cause.Type": func(e *krunk.Event, s string) { e.Causes[0].Type = s },
		"Cause.Text": func(e *krunk.Event, s string) { e.Causes[0].Text = s },
	} {
		all = append(all, place{name, func(c *krunk.Client, s string) {
			err := fmt.Errorf("x: %w", errors.New(name))
			edits.Store(err.Error(), func(e *krunk.Event) { f(e, s) })
			c.Report(err)
			c.Flush(time.Minute) // the next place of that name does something else
		}})
	}
	return all
}

// homes lists what a home looks like; %s is a name.
var homes = []string{
	"/home/%s/save.dat", "open /home/%s: denied", "/Users/%s Smith/x", `C:\Users\%s\save.dat`, "open D:/Users/%s Smith/x: denied",
	`C:\Documents and Settings\%s`, `\\%s-pc\games\x`, `\\nas\share\Users\%s\x`, `\\?\C:\Users\%s\x`, "/mnt/c/Users/%s/x", "/media/%s/DISK/x",
	"/run/media/%s/x", "/Volumes/%s stick/x", "file:///home/%s/x", "file:///C:/Users/%s/x", "%%2Fhome%%2F%sü%%2Fx", "C%%3A%%5CUsers%%5C%s%%5Cx",
	`{"p":"C:\\Users\\%s\\x"}`, `{"p":"\/home\/%s\/x"}`, `"\\\\nas\\%s\\x"`, "/srv/people/%s/x",
}

// texts lists what else is private.
var texts = []string{
	"https://%s:pw@example.com/x", `Get "https://example.com/join?ticket=%s": EOF`, "token=%s", `{"password":"%s"}`, "Authorization: Bearer %s",
	"dial tcp: lookup %s-pc: no such host", "%s-pc.local", "http://%s-pc:7777/x", "mail %s@example.com",
}

func lines(c *krunk.Channel) *krunk.Lines {
	return c.Lines("said", func() krunk.LineReader { return said{} })
}

// said reads a line as everything that it may be.
type said struct{}

func (said) Read(line string) (string, []krunk.Attr) {
	return line, []krunk.Attr{krunk.String("dir", line), krunk.Int(line, 1), krunk.Any("err", errors.New(line))}
}

func (said) Done() {}

// elsewhere lists what takes no text, or one that the game means to send.
var elsewhere = map[string]string{
	"Client.Beat": "", "Client.Pause": "", "Client.Foreground": "", "Client.LastRun": "says what is there and sends nothing", "Client.Resume": "", "Client.Online": "", "Client.Close": "", "Client.Consent": "", "Client.Answer": "", "Client.Flush": "", "Client.Probe": "", "Client.Go": "ends the program, as Repanic does", "Client.Sampling": "",
	"Client.Feedback": "the player means to send it", "FeedbackFor": "takes an id",
	"Client.Ring": "bytes are sent as they are",
	"Attach":      "bytes are sent as they are, and so is the name of a file without its folder", "Client.Attach": "likewise",
	"Client.SetUser": "see User", "Client.SetTrace": "takes hexadecimal digits alone", "Client.RemoveTag": "see SetTag", "Client.Stats": "", "Channel.Enabled": "", "Channel.Name": "",
	"Channel.Go": "ends the program, as Repanic does", "Handler.Enabled": "",
	"Event.ID": "", "Event.Channel": "a change is ignored", "Event.Release": "likewise", "Event.Panic": "", "Event.Level": "", "Event.Causes": "see Cause", "Event.User": "see User",
	"Entry.Level": "", "Entry.Attrs": "see Channel.Emit", "Entry.Time": "", "Entry.PC": "", "Entry.Plain": "",
	"User.ID": "homes alone are cut", "User.Name": "homes alone are cut", "User.Email": "homes alone are cut",
}

func TestPrivateEverywhere(t *testing.T) {
	t.Setenv("USERPROFILE", "")
	all := places()
	everythingIsListed(t, all)
	users := []place{
		{"User.ID", func(c *krunk.Client, s string) { c.SetUser(krunk.User{ID: s}); c.Report(errors.New("x")) }},
		{"User.Name", func(c *krunk.Client, s string) { c.SetUser(krunk.User{Name: s}); c.Report(errors.New("x")) }},
		{"User.Email", func(c *krunk.Client, s string) { c.SetUser(krunk.User{Email: s}); c.Report(errors.New("x")) }},
	}
	for _, form := range homes {
		t.Run(form, func(t *testing.T) { looksPrivate(t, form, append(all[:len(all):len(all)], users...)) })
	}
	for _, form := range texts {
		t.Run(form, func(t *testing.T) { looksPrivate(t, form, all) })
	}
}

// looksPrivate puts a name into every place, one a place, and looks for them in all that leaves the device.
func looksPrivate(t *testing.T, form string, all []place) {
	var mu sync.Mutex
	var sent bytes.Buffer // guarded by mu
	srv := sentrytest.New(sentrytest.Options{AnyTime: true})
	endpoint := srv.Transport()
	const home = "/srv/people/"
	for at := 0; at < len(all); at += 40 { // so that each is among the hundred breadcrumbs of something
		some := all[at:min(at+40, len(all))]
		if strings.HasPrefix(form, home) {
			t.Setenv("HOME", home+"nadia")
		}
		c, err := krunk.Start(krunk.Config{
			DSN: srv.DSN(), Channels: map[string]krunk.Thresholds{"*": {Trail: "trace", Send: "trace"}}, MaxRepeats: -1, Panics: krunk.Panics{MaxRepeats: -1, Wait: -1}, BeforeSend: krunk.Edit(edit),
			Transport: transport.Func(func(ctx transport.Context, r *transport.Request) (transport.Response, error) {
				mu.Lock()
				sent.Write(r.Body)
				mu.Unlock()
				return endpoint.Send(ctx, r)
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range some {
			some[i].put(c, fmt.Sprintf(form, name(form, home, at+i)))
		}
		c.Report(errors.New("last"))
		if !c.Flush(time.Minute) || !c.Close(time.Minute) {
			t.Fatal("not everything was delivered")
		}
	}
	srv.Verify(t)
	if n := len(srv.Events()); n < len(all)/3 {
		t.Errorf("%d events arrived of %d places", n, len(all))
	}
	raw := strings.ToLower(sent.String() + unescaped(sent.Bytes()))
	for i := range all {
		if n := name(form, home, i); strings.Contains(raw, n) {
			at := strings.Index(raw, n)
			t.Errorf("%s lets %q out: %s", all[i].name, fmt.Sprintf(form, n), raw[max(at-150, 0):min(at+50, len(raw))])
		}
	}
}

// name returns the name of the person at a place. In the home that the device calls its own lives the same one everywhere.
func name(form, home string, i int) string {
	if strings.HasPrefix(form, home) {
		return "nadia"
	}
	return fmt.Sprintf("n%dadia", i)
}

// unescaped returns all texts of the lines of JSON in b without their escapes, also those of JSON in JSON.
func unescaped(b []byte) string {
	var out strings.Builder
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			out.WriteString(v + "\n")
			var inner any
			if json.Unmarshal([]byte(v), &inner) == nil {
				walk(inner)
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for k, e := range v {
				out.WriteString(k + "\n")
				walk(e)
			}
		}
	}
	for line := range bytes.Lines(b) {
		var v any
		if json.Unmarshal(line, &v) == nil {
			walk(v)
		}
	}
	return out.String()
}

// everythingIsListed finds methods, functions that make an attribute, and fields that no place is for.
func everythingIsListed(t *testing.T, all []place) {
	listed := make(map[string]bool)
	for _, p := range all {
		method, _, _ := strings.Cut(p.name, " ")
		listed[method] = true
	}
	want := attributes(t)
	for _, typ := range []reflect.Type{reflect.TypeFor[*krunk.Client](), reflect.TypeFor[*krunk.Channel](), reflect.TypeFor[*krunkslog.Handler]()} {
		for i := range typ.NumMethod() {
			want = append(want, typ.Elem().Name()+"."+typ.Method(i).Name)
		}
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[krunk.Entry](), reflect.TypeFor[krunk.User](), reflect.TypeFor[krunk.Event](), reflect.TypeFor[krunk.Cause]()} {
		for i := range typ.NumField() {
			want = append(want, typ.Name()+"."+typ.Field(i).Name)
		}
	}
	for _, n := range want {
		if _, ok := elsewhere[n]; !ok && !listed[n] {
			t.Errorf("%s is exported and no place of this test; add one, or say in elsewhere why it takes no text", n)
		}
	}
}

// attributes returns the names of the functions of package krunk that make an Attr.
func attributes(t *testing.T) (names []string) {
	sources, err := filepath.Glob("krunk/*.go")
	if err != nil || len(sources) == 0 {
		t.Skip("skipped: the source is not there")
	}
	for _, source := range sources {
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !f.Name.IsExported() || f.Type.Results == nil {
				continue
			}
			if id, ok := f.Type.Results.List[0].Type.(*ast.Ident); ok && id.Name == "Attr" {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names
}
