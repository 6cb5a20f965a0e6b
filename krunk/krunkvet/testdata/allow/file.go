// Package allow has an answer to each finding.
//
//krunk:allow format all of this file writes for people
package allow

import (
	"fmt"

	"github.com/krunk-go/krunk/krunk"
)

func file(net *krunk.Channel, n int) {
	net.Info(fmt.Sprint(n))
	net.Warn(fmt.Sprint(n))
}
