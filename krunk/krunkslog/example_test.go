package krunkslog_test

import (
	"fmt"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/krunkslog"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// A game that logs with slog keeps its output, as Next, and its errors become events.
func Example() {
	srv := sentrytest.New(sentrytest.Options{}) // stands for a server
	client, err := krunk.Start(krunk.Config{
		DSN: srv.DSN(), Transport: srv.Transport(), Channels: map[string]krunk.Thresholds{"game": {Send: "warn"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close(time.Second)

	console := slog.NewTextHandler(io.Discard, nil) // os.Stderr
	logger := slog.New(krunkslog.New(client.Channel("game"), &krunkslog.Options{Next: console}))
	logger.Debug("joining", "lobby", "harbour") // a breadcrumb
	logger.Warn("packet lost", slog.Group("peer", "id", "p-17", "rtt", 80*time.Millisecond))
	logger.Error("cannot save", "err", fs.ErrPermission)
	client.Flush(time.Minute)

	for _, record := range srv.Logs() {
		fmt.Println(record.Level, record.Body, record.Attr("peer.id"))
	}
	fmt.Println(srv.Events()[0].LogEntry.Message, "after", len(srv.Events()[0].Breadcrumbs), "breadcrumbs")
	// Output:
	// warn packet lost p-17
	// error cannot save <nil>
	// cannot save after 2 breadcrumbs
}
