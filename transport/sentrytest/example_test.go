package sentrytest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// A game's test of its own reporting: the endpoint judges every envelope by the rules of Sentry's protocol.
func Example() {
	srv := sentrytest.New(sentrytest.Options{}) // without a socket
	client, err := krunk.Start(krunk.Config{DSN: srv.DSN(), Transport: srv.Transport()})
	if err != nil {
		fmt.Println(err)
		return
	}
	client.Report(errors.New("save failed"), krunk.Int("slot", 3))
	client.Close(time.Second)

	for _, e := range srv.Events() {
		fmt.Println(e.Exceptions[0].Value, e.Contexts["attributes"]["slot"])
	}
	fmt.Println(len(srv.Faults()), "faults") // in a test: srv.Verify(t)
	// Output:
	// save failed 3
	// 0 faults
}

// A server that is down for a moment, and an envelope written by hand.
func ExampleServer_Next() {
	srv := sentrytest.Start(sentrytest.Options{}) // New instead of Start: without a socket
	defer srv.Close()
	srv.Next(sentrytest.Unavailable()) // the first request meets a 503

	send := func() {
		event := fmt.Sprintf(`{"event_id":"5b0d7e0c1f4a4c2e9a61d1f0c3b7a9e2","timestamp":%d,"platform":"go","level":"warn",`+
			`"sdk":{"name":"krunk.go","version":"0.3.0"},"exception":{"values":[{"type":"runtime.boundsError","value":"index 9"}]}}`, time.Now().Unix())
		body := fmt.Sprintf(`{"event_id":"5b0d7e0c1f4a4c2e9a61d1f0c3b7a9e2","sent_at":%q,"sdk":{"name":"krunk.go","version":"0.3.0"}}`+
			"\n"+`{"type":"event","length":%d}`+"\n%s\n", time.Now().UTC().Format(time.RFC3339), len(event), event)
		answer, err := srv.Transport().Send(context.Background(), &transport.Request{
			URL:         srv.URL() + "/api/42/envelope/",
			Auth:        "Sentry sentry_version=7, sentry_client=krunk.go/0.3.0, sentry_key=0123456789abcdef0123456789abcdef",
			UserAgent:   "krunk.go/0.3.0",
			ContentType: "application/x-sentry-envelope",
			Body:        []byte(body),
		})
		fmt.Println(answer.Status, err)
	}
	send()
	srv.Reset() // forget the refused one and its faults
	send()

	for _, e := range srv.Events() {
		fmt.Println(e.Title())
	}
	for _, f := range srv.Faults() {
		fmt.Println(f)
	}
	// Output:
	// 503 <nil>
	// 200 <nil>
	// runtime.boundsError: index 9
	// envelope 1 item 0: event.level (byte 94): unknown value "warn"; write one of fatal error warning info debug (loses: field)
}

// What an encoder writes, or lies in a golden file, is judged without a server.
func ExampleLint() {
	const envelope = `{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc"}
{"type":"client_report","length":97}
{"timestamp":1790000000,"discarded_events":[{"reason":"bored","category":"error","quantity":-1}]}
`
	for _, f := range sentrytest.Lint(sentrytest.Options{AnyTime: true}, []byte(envelope)) {
		if f.Loss >= sentrytest.LossField {
			fmt.Println(f)
		}
	}
	// Output:
	// envelope 0 item 0: client_report.discarded_events[0].quantity (byte 92): number -1; write an integer of at least 1 (loses: item)
}
