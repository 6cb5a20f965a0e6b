//go:build !bare && js

package main

import (
	"syscall/js"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/device"
	"github.com/krunk-go/krunk/krunk/krunkebiten"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/fetch"
)

// carry says where reports go: the page knows.
func carry() (dsn string, carrier transport.Transport, _ krunk.RunFile, _ krunkebiten.Screenshot) {
	if v := js.Global().Get("krunkDSN"); v.Type() == js.TypeString {
		dsn = v.String()
	}
	return dsn, fetch.Default(), nil, krunkebiten.Screenshot{}
}

// ready sends what waits while the page closes, and tells of the page before this one, where ../web/crash.js kept what Go printed.
func ready(client *krunk.Client, carrier transport.Transport) {
	carrier.(*fetch.Transport).OnHide(client.Flush)
	device.Read().Tell(client)
	if text := js.Global().Get("krunkLastCrash"); text.Truthy() {
		client.ReportCrash(text.String())
	}
}
