// Command before is a small game that reports by sentry-go.
package main

import (
	"errors"
	"log"
	"os"
	"time"

	"github.com/getsentry/sentry-go"
)

func main() {
	err := sentry.Init(sentry.ClientOptions{Dsn: os.Getenv("DSN"), Release: "moonfall@1.4.2", AttachStacktrace: true})
	if err != nil {
		log.Fatal(err)
	}
	defer sentry.Flush(10 * time.Second)
	sentry.ConfigureScope(func(scope *sentry.Scope) {
		scope.SetUser(sentry.User{ID: "p-17"})
		scope.SetTag("level", "harbour")
	})
	for frame := range 3 {
		step(frame)
	}
}

func step(frame int) {
	defer sentry.Recover()
	sentry.AddBreadcrumb(&sentry.Breadcrumb{Category: "net", Message: "packet lost", Data: map[string]any{"seq": frame}})
	if err := move(frame); err != nil {
		sentry.WithScope(func(scope *sentry.Scope) {
			scope.SetContext("attributes", sentry.Context{"frame": frame})
			sentry.CaptureException(err)
		})
	}
}

func move(frame int) error {
	switch frame {
	case 1:
		return errors.New("desync")
	case 2:
		panic("no such sprite")
	}
	return nil
}
