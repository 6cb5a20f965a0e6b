// Command nonet is a game without package net: a console's own HTTP carries what Krunk reports. transport.go is all that this takes,
// 30 lines; console.go stands for the SDK, and its network prints what it was given.
//
//	go run ./examples/nonet
//
// Built as consoles are (-tags krunk_lean), such a program is 0.6 MiB larger than one that does nothing.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/krunk-go/krunk/krunk"
)

func main() {
	c := &console{network: func(url string, header map[string]string, body []byte) (int, map[string]string, error) {
		fmt.Printf("POST %s, %d bytes: %s\n", url, len(body), strings.Join(items(string(body)), ", "))
		return 200, nil, nil
	}}
	if err := play(c, "https://key@sentry.example/42", os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// play reports an error and a panic of a small game.
func play(c *console, dsn string, out io.Writer) error {
	client, err := krunk.Start(krunk.Config{DSN: dsn, Transport: c, Release: "moonfall@1.4.2"})
	if err != nil {
		return err
	}
	net := client.Channel("net")
	net.Debug("packet lost", krunk.Int("seq", 17))
	fmt.Fprintln(out, "support code", net.Report(errors.New("connection lost")).SupportCode())
	func() {
		defer client.Recover() // the frame is lost, not the game
		panic("no such sprite")
	}()
	if !client.Close(10 * time.Second) {
		return errors.New("not everything was delivered: " + client.Stats().LastError)
	}
	fmt.Fprintln(out, client.Stats().Sent, "envelopes sent")
	return nil
}

// items returns the types of the items of an envelope, each of which begins with a line of JSON.
func items(body string) []string {
	var types []string
	for line := range strings.Lines(body) {
		if rest, ok := strings.CutPrefix(line, `{"type":"`); ok {
			name, _, _ := strings.Cut(rest, `"`)
			types = append(types, name)
		}
	}
	return types
}
