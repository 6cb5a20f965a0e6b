package krunkebiten_test

import (
	"log"
	"time"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/krunkebiten"
	"github.com/krunk-go/krunk/transport/nethttp"
)

// A game that goes on after a panic, and shows the player what to tell the support.
func ExampleRun() {
	client, err := krunk.Start(krunk.Config{DSN: "https://key@sentry.example/42", Transport: nethttp.Default(), Release: "moonfall@1.4.2"})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close(2 * time.Second)
	game := &moonfall{}
	err = krunkebiten.Run(game, client, &krunkebiten.Options{GoOn: func(id krunk.EventID) { game.message = "support code " + id.SupportCode() }})
	if err != nil {
		log.Fatal(err)
	}
}

type moonfall struct{ message string }

func (*moonfall) Update() error              { return nil }
func (*moonfall) Draw(*ebiten.Image)         {}
func (*moonfall) Layout(int, int) (int, int) { return 320, 240 }
