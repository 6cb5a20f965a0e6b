package deflate_test

import (
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// With any transport, such as nethttp.Default() or a console's own HTTP, which sends Request.ContentEncoding as a header.
func ExampleItems() {
	srv := sentrytest.New(sentrytest.Options{}) // stands for a server
	wire := transport.Func(func(ctx transport.Context, r *transport.Request) (transport.Response, error) {
		fmt.Println(r.ContentEncoding, len(r.Body) < 2000)
		return srv.Transport().Send(ctx, r)
	})
	client, err := krunk.Start(krunk.Config{DSN: srv.DSN(), Transport: wire, Compress: deflate.Items()})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close(time.Second)

	client.Report(fmt.Errorf("save: %s", strings.Repeat("disk full ", 400)))
	client.Flush(time.Second)
	fmt.Println(len(srv.Events()), "event")
	// Output:
	// gzip true
	// 1 event
}
