//go:build !bare && !js && !own

package main

import (
	"flag"
	"os"
	"path/filepath"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/device"
	"github.com/krunk-go/krunk/krunk/krunkebiten"
	"github.com/krunk-go/krunk/krunk/runfile"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/http1"
)

// carry says where reports go, and what with them.
func carry() (dsn string, carrier transport.Transport, runs krunk.RunFile, shots krunkebiten.Screenshot) {
	flag.StringVar(&dsn, "dsn", "", "where reports go, such as http://public@127.0.0.1:8969/42 for Spotlight; empty: nowhere")
	dir := flag.String("dir", "", "where the game may keep files, such as what a run that dies leaves for the next one; empty: its place in the user's cache")
	wide := flag.Int("screenshot", 0, "how many pixels wide a picture of the last frame is that travels with a crash, such as 320; 0: there is none")
	flag.Parse()
	if *wide > 0 {
		shots = krunkebiten.Shots(*wide)
	}
	if *dir == "" {
		if cache, err := os.UserCacheDir(); err == nil {
			*dir = filepath.Join(cache, "moonfall")
		}
	}
	if *dir != "" {
		runs = runfile.In(*dir)
	}
	return dsn, http1.Default(), runs, shots
}

// ready is what else is to be done once the client is there.
func ready(client *krunk.Client, _ transport.Transport) { device.Read().Tell(client) }
