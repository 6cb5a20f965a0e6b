package allow

import (
	"fmt"

	"github.com/krunk-go/krunk/krunk"
)

var client *krunk.Client

var mute = client.Channel("mute") //krunk:allow channel it is to stay mute

func answered(c *krunk.Client, net *krunk.Channel, f func(), n int) {
	go f() //krunk:allow go f recovers by itself
	//krunk:allow go f recovers by itself
	go f()
	// Two lines of comment,
	//krunk:allow go f recovers by itself
	// and a third.
	go f()
	go f() // want `a panic in this goroutine kills .* \(or say why not: //krunk:allow go …\)`

	//krunk:allow recover to see that it does nothing
	c.Recover()
	for range 3 {
		c.Channel("net").Info("a") //krunk:allow channel three times
	}
	//krunk:allow format it is for people
	net.Info("lost",
		krunk.Int("seq", n),
		krunk.String("name", fmt.Sprint(n)),
	)
	net.Info("lost",
		krunk.String("name", fmt.Sprint(n)), //krunk:allow format it is for people
	)
}

// whole is answered as a whole.
//
//krunk:allow go f recovers by itself
func whole(f func()) {
	go f()
	func() {
		go f()
	}()
}

func wrong(c *krunk.Client, f func()) {
	_ = 0  // nothing to answer
	go f() //krunk:allow format another check // want `a panic in this goroutine` `//krunk:allow format answers nothing here; remove it`
	//krunk:allow go // want `//krunk:allow go: write the reason behind it`
	go f() // want `a panic in this goroutine`
	//krunk:allow goroutines too many // want `//krunk:allow goroutines: there is no such check; write one of go, recover, channel, format and the reason`
	go f() // want `a panic in this goroutine`
	//krunk:allow // want `//krunk:allow //: there is no such check`
	//krunk:allowance is another word
	//krunk:allow go nothing here // want `//krunk:allow go answers nothing here; remove it`
	f()
}
