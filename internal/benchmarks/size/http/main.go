// Command http is what a POST with net/http costs by itself.
package main

import (
	"net/http"
	"os"
	"strings"
)

func main() {
	os.Stdout.WriteString("hello\n")
	resp, err := http.Post("https://sentry.example/api/1/envelope/", "application/x-sentry-envelope", strings.NewReader("{}\n"))
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	resp.Body.Close()
	os.Stdout.WriteString(resp.Status + "\n")
}
