// Command sentry is sentry-go doing what command nethttp does.
package main

import (
	"errors"
	"os"
	"time"

	"github.com/getsentry/sentry-go"
)

func main() {
	os.Stdout.WriteString("hello\n")
	err := sentry.Init(sentry.ClientOptions{
		Dsn:     "https://0123456789abcdef0123456789abcdef@sentry.example/1",
		Release: "moonfall@1.4.2",
	})
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(2)
	}
	defer sentry.Recover()
	sentry.AddBreadcrumb(&sentry.Breadcrumb{Category: "net", Message: "packet lost", Data: map[string]any{"seq": 17}})
	if id := sentry.CaptureException(errors.New("connection reset")); id != nil {
		os.Stdout.WriteString(string(*id) + "\n")
	}
	sentry.Flush(2 * time.Second)
}
