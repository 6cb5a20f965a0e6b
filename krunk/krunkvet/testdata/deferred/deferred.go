package deferred

import (
	"time"

	"github.com/krunk-go/krunk/krunk"
)

type game struct {
	*krunk.Client
	net *krunk.Channel
}

func nothing(c *krunk.Client, g *game) {
	defer func() { c.Recover() }()                         // want `Recover does nothing in a function that is deferred: defer it itself`
	defer func() { c.Repanic() }()                         // want `Repanic does nothing in a function that is deferred: defer it itself`
	defer func() { g.net.Recover(krunk.Int("seq", 17)) }() // want `Recover does nothing in a function that is deferred`
	defer func() { g.Recover() }()                         // want `Recover does nothing in a function that is deferred`
	defer func() { defer c.Repanic() }()                   // want `Repanic does nothing in a function that is deferred: defer it itself`
	defer func() {
		c.Flush(time.Second)
		c.Recover() // want `Recover does nothing where it is not deferred itself: write defer x.Recover\(\) in the function that may panic`
	}()
	c.Repanic()                    // want `Repanic does nothing where it is not deferred itself`
	go c.Recover()                 // want `Recover does nothing where it is not deferred itself`
	defer c.ReportPanic(recover()) // want `recover is called when this is deferred, before there is a panic`
	defer g.caught()
}

func (g *game) caught() {
	g.net.Recover() // want `Recover does nothing where it is not deferred itself`
}

func right(c *krunk.Client, g *game) {
	defer c.Recover()
	defer c.Repanic()
	defer g.net.Recover(krunk.Int("seq", 17))
	defer g.Recover()
	defer func() { c.ReportPanic(recover()) }()
	defer func() {
		if v := recover(); v != nil {
			c.ReportPanic(v)
		}
	}()
	defer func() {
		defer c.Recover() // of what is done here
		c.Flush(time.Second)
	}()
	f := c.Recover
	defer f()
}
