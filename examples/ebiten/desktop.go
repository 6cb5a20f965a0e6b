//go:build !bare && !js && !own

package main

import (
	"flag"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/device"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/http1"
)

// carry says where reports go.
func carry() (dsn string, carrier transport.Transport) {
	flag.StringVar(&dsn, "dsn", "", "where reports go, such as http://public@127.0.0.1:8969/42 for Spotlight; empty: nowhere")
	flag.Parse()
	return dsn, http1.Default()
}

// ready is what else is to be done once the client is there.
func ready(client *krunk.Client, _ transport.Transport) { device.Read().Tell(client) }
