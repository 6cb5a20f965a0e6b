package sentrytest_test

import (
	"context"
	"fmt"
	"time"

	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

func Example() {
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
