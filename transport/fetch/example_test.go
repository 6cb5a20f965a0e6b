//go:build js

package fetch_test

import (
	"fmt"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/fetch"
)

// A game in a browser.
func Example() {
	carrier := fetch.Default()
	client, err := krunk.Start(krunk.Config{DSN: "https://0123456789abcdef0123456789abcdef@sentry.example/42", Transport: carrier})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer carrier.OnHide(client.Flush)()
	defer client.Close(time.Second)
	// Output:
}
