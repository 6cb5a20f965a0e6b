package formats

import (
	"fmt"
	"testing"

	"github.com/krunk-go/krunk/krunk"
)

func TestFormats(t *testing.T) {
	var net *krunk.Channel
	net.Info(fmt.Sprintf("packet %d lost", 17))
}
