// Command after is the same game with Krunk.
package main

import (
	"errors"
	"log"
	"os"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/nethttp"
)

func main() {
	client, err := krunk.Start(krunk.Config{DSN: os.Getenv("DSN"), Transport: nethttp.Default(), Release: "moonfall@1.4.2"})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close(10 * time.Second)
	client.SetUser(krunk.User{ID: "p-17"})
	client.SetTag("level", "harbour")
	g := &game{client: client, net: client.Channel("net")}
	for frame := range 3 {
		g.step(frame)
	}
}

type game struct {
	client *krunk.Client
	net    *krunk.Channel // once, and kept
}

func (g *game) step(frame int) {
	defer g.client.Recover() // itself, not in a function
	g.client.Beat()
	g.net.Debug("packet lost", krunk.Int("seq", frame))
	if err := move(frame); err != nil {
		g.net.Report(err, krunk.Int("frame", frame))
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
