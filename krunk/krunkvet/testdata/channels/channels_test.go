package channels

import (
	"testing"

	"github.com/krunk-go/krunk/krunk"
)

var mute = client.Channel("mute") // want `client is nil when this variable is initialised`

func TestLoop(t *testing.T) {
	c, _ := krunk.Start(krunk.Config{})
	for range 3 {
		c.Channel("net").Info("round")
	}
}
