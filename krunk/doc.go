// Package krunk reports panics, errors and log records of a program that cannot afford a stall, such as a game, to any
// Sentry-compatible server. A capture call copies a few hundred bytes into memory that was allocated at the start; encoding and
// sending happen in the background.
//
//	import (
//		"github.com/krunk-go/krunk/krunk"
//		"github.com/krunk-go/krunk/transport/nethttp"
//	)
//
//	client, err := krunk.Start(krunk.Config{
//		DSN:       "https://key@sentry.example/42", // from the settings of a project; empty: nothing is sent
//		Transport: nethttp.Default(),               // or the HTTP of a console
//		Release:   "moonfall@1.4.2",
//	})
//	if err != nil {
//		log.Fatal(err) // names every field that is wrong, and what to write
//	}
//	defer client.Close(2 * time.Second)
//	defer client.Repanic() // in main: report a panic, then crash as before
//
// What to call next:
//
//   - [Client.Channel] gives a named source of records, with [Channel.Info] and the like for log records and [Channel.Report] for
//     errors. Values go into attributes ([Int], [String], [Duration], …), not into messages; [Group] sets how one event is
//     grouped. Debug records and above are breadcrumbs of the next event; errors and above are events; [Config].Channels moves
//     both and ships records as logs.
//   - [Client.Recover], [Client.Repanic], [Client.Go] and [Client.ReportPanic] report panics: go on, crash as before, in a
//     goroutine, or from a deferred function of the game's own.
//   - [Client.SetUser], [Client.SetTag], [Client.SetContext] say what holds for everything that is captured from then on,
//     and [Client.SetTrace] in which trace of the game server it is.
//   - [Client.Beat] once a frame, so that every record says in which frame it was made and a loop that hangs is reported
//     ([Config].Frames); [Client.Pause] and [Client.Resume] around what has no frames.
//   - [Config].RunFile keeps everything in a mapped file, so that the next start tells of a run that was killed, crashed where nobody
//     could recover, hung, or had no network; [Client.LastRun] says how it ended. [Client.ReportCrash] is for who has only its text.
//   - [Client.Attach] and [Attach] put files, pictures and saves beside events, [Client.Ring] the game's newest bytes (inputs, seeds),
//     [Client.Feedback] sends the player's own words.
//   - [Config].Consent and [Client.Consent] keep everything on the device until the player has said yes; [Config].BeforeSend looks at
//     each event before it goes.
//   - [Client.Sampling] lets a game server decide, while the game runs, who reports what.
//
// Nothing arrives? [Client.Probe] sends one envelope and says what is wrong with key, project or network;
// [Client.Stats] counts what was sent and dropped, with the last error.
//
// A nil *Client and a nil *Channel do nothing, so that a game can run without reporting and need not ask. Capture calls never
// block, take no lock, and do not allocate with typed attributes. What does not fit into [Config].Memory is dropped and counted.
package krunk
