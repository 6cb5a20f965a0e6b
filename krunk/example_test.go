package krunk_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/runfile"
	"github.com/krunk-go/krunk/transport/nethttp"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// example returns a client and the endpoint that it reports to, in this process and without a socket.
func example(cfg krunk.Config) (*krunk.Client, *sentrytest.Server) {
	srv := sentrytest.New(sentrytest.Options{})
	cfg.DSN, cfg.Transport = srv.DSN(), srv.Transport()
	cfg.Frames.Hang = -1 // a machine that stands still would add an event
	client, err := krunk.Start(cfg)
	if err != nil {
		log.Fatal(err)
	}
	return client, srv
}

func connect() error {
	return fmt.Errorf("lobby: %w", &fs.PathError{Op: "open", Path: "save.dat", Err: fs.ErrNotExist})
}

// A game as a whole. An empty DSN, here, keeps everything and sends nothing.
func Example() {
	client, err := krunk.Start(krunk.Config{
		DSN:       "",                // "https://key@sentry.example/42"
		Transport: nethttp.Default(), // or the HTTP of a console
		Release:   "moonfall@1.4.2",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close(2 * time.Second)
	defer client.Repanic()

	net := client.Channel("net") // keep it
	for range 3 {
		func() {
			defer client.Recover() // a panic drops the frame, not the game
			client.Beat()
			net.Debug("packet lost", krunk.Int("seq", 17)) // a breadcrumb of the next event
		}()
	}
	client.Flush(time.Minute)
	fmt.Println(client.Stats().History, "breadcrumbs kept")
	// Output: 3 breadcrumbs kept
}

// The error names every field that is wrong, and what to write instead.
func ExampleStart() {
	_, err := krunk.Start(krunk.Config{Release: "studio/moonfall@1.4.2", Tunnel: "relay"})
	fmt.Println(err)
	// Output:
	// krunk: Config.Tunnel: "relay" is no absolute URL; write e.g. "https://relay.example/envelope/"
	// krunk: Config.Release: "studio/moonfall@1.4.2" holds "/", which servers refuse; write e.g. "moonfall@1.4.2"
}

// Thresholds by channel: what is kept as a breadcrumb, what is sent as a log record, what is raised as an event.
func ExampleClient_Channel() {
	client, srv := example(krunk.Config{Channels: map[string]krunk.Thresholds{
		"net":   {Send: "warn"},  // net and net.http: warnings are sent as log records
		"audio": {Issue: "off"},  // no events
		"*":     {Trail: "info"}, // no debug records among the breadcrumbs
	}})
	defer client.Close(time.Second)

	http := client.Channel("net.http")
	http.Debug("slow", krunk.Int("status", 200))
	http.Warn("slow", krunk.Int("status", 503))
	client.Channel("audio").Error("no device")
	client.Flush(time.Minute)

	for _, record := range srv.Logs() {
		fmt.Println(record.Level, record.Body, record.Attr("status"))
	}
	fmt.Println(len(srv.Events()), "events")
	// Output:
	// warn slow 503
	// 0 events
}

// An error becomes an event with its chain, the stack of the caller, and the breadcrumbs before it. Its support code is what a
// player reads off the screen, and what the event is found by.
func ExampleChannel_Report() {
	client, srv := example(krunk.Config{})
	defer client.Close(time.Second)

	net := client.Channel("net")
	net.Info("joining", krunk.String("lobby", "harbour"))
	id := net.Report(connect(), krunk.Int("attempt", 3))
	client.Flush(time.Minute)

	event := srv.Events()[0]
	fmt.Println(event.Exceptions[0].Value)
	fmt.Println(event.Breadcrumbs[0].Message, event.Contexts["attributes"]["attempt"])
	fmt.Println(event.Tag("support_code") == id.SupportCode(), len(id.SupportCode()), "characters")
	// Output:
	// file does not exist
	// joining lobby=harbour 3
	// true 8 characters
}

// A crash screen: the deferred function reports the panic itself, and shows the code under which support finds it.
func ExampleClient_ReportPanic() {
	client, srv := example(krunk.Config{})
	defer client.Close(time.Second)

	func() {
		defer func() {
			if v := recover(); v != nil {
				id := client.ReportPanic(v, krunk.String("scene", "harbour"))
				client.Flush(10 * time.Second)
				fmt.Printf("The game has crashed. Please tell support the code of %d characters.\n", len(id.SupportCode()))
			}
		}()
		boss := []int{9}
		fmt.Println(boss[len(boss)])
	}()

	fmt.Println(srv.Events()[0].Title())
	// Output:
	// The game has crashed. Please tell support the code of 8 characters.
	// runtime.boundsError: runtime error: index out of range [1] with length 1
}

// A frame that panics is dropped, and reported; the game goes on.
func ExampleClient_Recover() {
	client, srv := example(krunk.Config{})
	defer client.Close(time.Second)

	frame := func(n int) {
		defer client.Recover()
		client.Beat()
		if n == 2 {
			panic("no such sprite")
		}
	}
	for n := range 4 {
		frame(n)
	}
	client.Flush(time.Minute)

	event := srv.Events()[0]
	fmt.Println(event.Title(), "in frame", event.Contexts["krunk"]["frame"])
	// Output: panic: no such sprite in frame 3
}

// A game server says which match panicked.
func ExampleChannel_Recover() {
	client, srv := example(krunk.Config{})
	defer client.Close(time.Second)

	tick := func(match *krunk.Channel) {
		defer match.Recover()
		panic("two winners")
	}
	tick(client.Channel("match").With(krunk.Int("match", 7001)))
	client.Flush(time.Minute)

	event := srv.Events()[0]
	fmt.Println(event.Title(), event.Logger, event.Contexts["attributes"]["match"])
	// Output: panic: two winners match 7001
}

// A goroutine whose panic is reported before it kills the program.
func ExampleClient_Go() {
	client, _ := example(krunk.Config{})
	defer client.Close(time.Second)

	loaded := make(chan string)
	client.Go(func() { loaded <- "harbour" })
	fmt.Println(<-loaded)
	// Output: harbour
}

// Once a frame, so that every record tells its frame and how far into it it was made.
func ExampleClient_Beat() {
	client, srv := example(krunk.Config{})
	defer client.Close(time.Second)

	for range 60 {
		client.Beat()
	}
	client.Report(errors.New("desync"))
	client.Flush(time.Minute)
	fmt.Println(srv.Events()[0].Contexts["krunk"]["frame"])
	// Output: 60
}

// The title screen of a game that crashed last time offers what support asks for.
func ExampleClient_LastRun() {
	client, err := krunk.Start(krunk.Config{RunFile: runfile.In(filepath.Join(os.TempDir(), "moonfall"))})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close(time.Second)

	switch last := client.LastRun(); {
	case !last.Event.IsZero():
		fmt.Println("Moonfall crashed. Tell support this code:", last.Event.SupportCode())
	case last.LowMemory:
		fmt.Println("Moonfall needed too much memory. Choose smaller textures?")
	}
}

// What holds for all records of one connection is said, and encoded, once.
func ExampleChannel_With() {
	client, srv := example(krunk.Config{Channels: map[string]krunk.Thresholds{"net": {Send: "info"}}})
	defer client.Close(time.Second)

	peer := client.Channel("net").With(krunk.String("peer", "p-17"))
	peer.Info("joined")
	peer.Info("left", krunk.Duration("after", 90*time.Second))
	client.Flush(time.Minute)

	for _, record := range srv.Logs() {
		fmt.Println(record.Body, record.Attr("peer"))
	}
	// Output:
	// joined p-17
	// left p-17
}

// Who plays, and what is so for everything from now on.
func ExampleClient_SetUser() {
	client, srv := example(krunk.Config{})
	defer client.Close(time.Second)

	client.SetUser(krunk.User{ID: "76561198122624102"}) // a Steam id is a text: most pages round numbers of that length
	client.SetTag("scene", "harbour")
	client.SetContext("match", krunk.String("mode", "ctf"), krunk.Int("players", 24))
	client.Report(errors.New("desync"))
	client.SetUser(krunk.User{}) // logged out
	client.Flush(time.Minute)

	event := srv.Events()[0]
	fmt.Println(event.User.ID, event.Tag("scene"), event.Contexts["match"]["players"])
	// Output: 76561198122624102 harbour 24
}

// The game server decides what is sent, in bytes that come over whatever connection the game has.
func ExampleClient_Sampling() {
	client, srv := example(krunk.Config{})
	defer client.Close(time.Second)

	err := client.Sampling().Apply([]byte(`{"krunk":1,"version":7,"channels":{"net":{"send":"debug"}}}`))
	if err != nil {
		fmt.Println(err)
	}
	client.Channel("net").Debug("packet lost")
	client.Flush(time.Minute)
	fmt.Println(len(srv.Logs()), "log record, under policy", srv.Logs()[0].Attr("krunk.policy"))
	// Output: 1 log record, under policy 0.7
}

// The standard log package, and anything else that writes lines, beside the output it had.
func ExampleChannel_Writer() {
	client, srv := example(krunk.Config{Channels: map[string]krunk.Thresholds{"log": {Send: "info"}}})
	defer client.Close(time.Second)

	console := io.Discard // os.Stderr
	logger := log.New(io.MultiWriter(console, client.Channel("log").Writer(krunk.LevelInfo)), "", log.LstdFlags)
	logger.Print("lobby is full")
	client.Flush(time.Minute)
	fmt.Println(srv.Logs()[0].Body)
	// Output: lobby is full
}

// What a debug overlay shows.
func ExampleClient_Stats() {
	client, _ := example(krunk.Config{})
	defer client.Close(time.Second)

	client.Report(errors.New("desync"))
	client.Flush(time.Minute)
	s := client.Stats()
	fmt.Printf("%d events, %d envelopes sent, %d waiting, %d breadcrumbs lost, last error %q\n", s.Events, s.Sent, s.Waiting, s.HistoryLost, s.LastError)
	// Output: 1 events, 1 envelopes sent, 0 waiting, 0 breadcrumbs lost, last error ""
}

// Whoever sets a game up sees at once whether reports arrive, and what to write if they do not.
func ExampleClient_Probe() {
	client, srv := example(krunk.Config{})
	defer client.Close(time.Second)

	fmt.Println(client.Probe(10 * time.Second))
	srv.Next(sentrytest.Reply{Status: 403})
	fmt.Println(client.Probe(10 * time.Second))
	// Output:
	// <nil>
	// krunk: Probe: status 403: the server refuses the key: write the DSN that it shows for the project into Config.DSN
}

// Errors that a server would take for one issue, or for many, are grouped by the game's own word.
func ExampleGroup() {
	client, srv := example(krunk.Config{})
	defer client.Close(time.Second)

	script := client.Channel("script")
	script.Report(errors.New("line 17: nil value"), krunk.Group("script:harbour.lua"))
	script.Report(errors.New("line 40: nil value"), krunk.Group("script:harbour.lua"))
	client.Flush(time.Minute)
	events := srv.Events()
	fmt.Println(len(events), slices.Equal(events[0].Fingerprint, events[1].Fingerprint))
	// Output: 2 true
}

func ExampleEdit() {
	client, server := example(krunk.Config{
		BeforeSend: krunk.Edit(func(e *krunk.Event) bool {
			e.Tags["side"] = "client"
			e.Text = strings.ReplaceAll(e.Text, "player p-17", "a player")
			return e.Title != "*fs.PathError" // a save that is missing is no news
		}),
	})
	client.Report(&fs.PathError{Op: "open", Path: "save.dat", Err: fs.ErrNotExist})
	client.Report(errors.New("player p-17 fell through the floor"))
	client.Close(time.Minute)
	for _, e := range server.Events() {
		fmt.Println(e.Title(), e.Tag("side"))
	}
	// Output: error: a player fell through the floor client
}

// The player says what went wrong, about the event whose support code the crash screen showed.
func ExampleClient_Feedback() {
	client, srv := example(krunk.Config{Release: "moonfall@1.4.2"})
	defer client.Close(time.Second)

	id := client.Report(connect())
	client.Feedback("the lobby never opens", krunk.FeedbackFor(id), krunk.String("name", "Anna"))

	client.Flush(time.Minute)
	for _, f := range srv.Feedback() {
		fmt.Println(f.Message, f.Name, f.About == id.String())
	}
	// Output: the lobby never opens Anna true
}

// A saved game goes along with the event that says it does not load, and the seed with every crash.
func ExampleAttach() {
	client, srv := example(krunk.Config{Release: "moonfall@1.4.2"})
	defer client.Close(time.Second)
	if err := client.Attach(krunk.Attachment{Name: "seed.txt", ContentType: "text/plain", Data: []byte("77")}); err != nil {
		fmt.Println(err)
	}

	id := client.Report(errors.New("the save is broken"), krunk.Attach(krunk.Attachment{Name: "slot1.sav", Data: []byte("level 3")}))

	client.Flush(time.Minute)
	for _, a := range srv.Attachments(id.String()) {
		fmt.Printf("%s: %s\n", a.Filename, a.Payload)
	}
	// Output: slot1.sav: level 3
}

// The inputs of the last seconds travel with whatever kills the game.
func ExampleClient_Ring() {
	client, srv := example(krunk.Config{Release: "moonfall@1.4.2"})
	defer client.Close(time.Second)
	inputs, err := client.Ring("inputs", 16<<10)
	if err != nil {
		fmt.Println(err)
		return
	}
	for tick := range 1000 { // one record a tick, all of one length
		fmt.Fprintf(inputs, "%05d jump\n", tick)
	}

	id := client.ReportPanic("fell through the floor")

	client.Flush(time.Minute)
	for _, a := range srv.Attachments(id.String()) {
		fmt.Printf("%s ends in %s", a.Filename, a.Payload[len(a.Payload)-11:])
	}
	// Output: inputs ends in 00999 jump
}
