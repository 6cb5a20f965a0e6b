// Package global has a client that main sets.
package global

import "github.com/krunk-go/krunk/krunk"

var Client *krunk.Client // want Client:"unset"

var Started = start()

func start() *krunk.Client { c, _ := krunk.Start(krunk.Config{}); return c }
