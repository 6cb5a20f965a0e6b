// Package sentrytest is a strict Sentry endpoint for tests, in the program's own process.
//
// A real server answers 200 to almost anything and drops what it does not understand without a word. This one judges
// every request to the letter and keeps a list: whatever Relay 26.9 or Bugsink 2.6 refuses, drops, cuts or changes in
// silence is a Fault that says where it is, what it is and what to write instead. What is good comes back typed.
//
//	srv := sentrytest.Start(sentrytest.Options{})
//	defer srv.Close()
//	// … run the program with srv.DSN() …
//	srv.Wait(ctx, func(s *sentrytest.Server) bool { return len(s.Events()) == 1 })
//	srv.Verify(t)
//	got := srv.Events()[0].Title()
//
// New makes a Server without a socket: it is an http.Handler, and its Transport carries envelopes in memory, which also
// works in a testing/synctest bubble (make the Server inside the bubble).
//
// Next and Answer make it misbehave: rate limits, 413, 503, hanging, resetting the connection, slow answers.
//
// The package imports net/http and encoding/json, but not testing.
package sentrytest
