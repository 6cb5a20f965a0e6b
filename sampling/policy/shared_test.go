package policy

import (
	"slices"
	"testing"

	"github.com/krunk-go/krunk/sampling"
)

// Who connects a channel of which a rate for all channels lets nothing be seen is told so, also where the rate stands in no document.
func TestReviewOfWhatAllChannelsShare(t *testing.T) {
	const (
		compiled = `each client sends no more than 10/h of all channels together, which the compiled default says for "*"; `
		beside   = `write what all channels together may send beside it, such as "*": {"rate": "120/m"}`
		connect  = `"rules":[{"id":"c","until":"2026-10-10T13:00:00Z","when":{"not":{"env":["none"]}},"set":{"channels":{`
	)
	net := `W05 rules[0].set.channels["net"]: `
	cautious := parse(t, string(sampling.Cautious()))
	for _, c := range []struct {
		name, settings string
		known          Known
		want           []string
	}{
		{"nothing compiled", connect + `"net":{"send":"debug"}}}}]`, Known{}, nil},
		{"compiled", connect + `"net":{"send":"debug"}}}}]`, Known{Default: cautious}, []string{net + compiled + beside}},
		{"a rate of its own", connect + `"net":{"send":"debug","rate":"120/m"}}}}]`, Known{Default: cautious}, []string{net + compiled + beside}},
		{"all channels", connect + `"*":{"send":"debug"}}}}]`, Known{Default: cautious}, []string{`W05 rules[0].set.channels["*"]: ` + compiled + `write a "rate" beside it, such as "120/m"`}},
		{"less than what is shared", connect + `"net":{"send":"debug","rate":"5/h"}}}}]`, Known{Default: cautious}, nil},
		{"disconnected", connect + `"net":{"send":"off"}}}}]`, Known{Default: cautious}, nil},
		{"mended", connect + `"*":{"rate":"120/m"},"net":{"send":"debug","rate":"120/m"}}}}]`, Known{Default: cautious}, nil},
		{"mended by the policy", `"channels":{"*":{"rate":"120/m"}},` + connect + `"net":{"send":"debug"}}}}]`, Known{Default: cautious}, nil},
		{"mended by a rule for the same clients", connect + `"net":{"send":"debug"}}}},{"id":"all","until":"2026-10-10T13:00:00Z","when":{"not":{"env":["none"]}},"set":{"channels":{"*":{"rate":"1/s"}}}}]`, Known{Default: cautious}, nil},
		{"of other clients", connect + `"net":{"send":"debug"}}}},{"id":"all","until":"2026-10-10T13:00:00Z","when":{"env":["qa"]},"set":{"channels":{"*":{"rate":"1/s"}}}}]`, Known{Default: cautious}, []string{net + compiled + beside}},
		{"above that of the policy", `"channels":{"*":{"rate":"2/m"}},` + connect + `"net":{"send":"debug","rate":"5/m"}}}}]`, Known{}, []string{net + `each client sends no more than 2/m of all channels together, which the policy says for "*"; ` + beside}},
		{"little in the policy", `"channels":{"*":{"rate":"30/h"}},` + connect + `"net":{"send":"debug"}}}}]`, Known{}, []string{net + `each client sends no more than 30/h of all channels together, which the policy says for "*"; ` + beside}},
		{"known already", connect + `"net":{"send":"debug"}}}}]`, Known{Default: cautious, Previous: parse(t, doc(connect+`"net":{"send":"debug"}}}}]`))}, nil},
		{"a rule that is changed", connect + `"net":{"send":"debug"}}}}]`, Known{Default: cautious, Previous: parse(t, doc(connect+`"net":{"send":"error"}}}}]`))}, []string{net + compiled + beside}},
		{"in the policy itself", `"channels":{"net":{"send":"info","rate":"5/m"}}`, Known{Default: cautious}, []string{`W05 channels["net"]: ` + compiled + beside}},
		{"in the policy before", `"channels":{"net":{"send":"info","rate":"5/m"}}`, Known{Default: cautious, Previous: parse(t, doc(`"channels":{"net":{"send":"info","rate":"5/m"}}`))}, nil},
		{"both in the policy", `"channels":{"*":{"rate":"5/h"},"net":{"send":"info","rate":"5/m"}}`, Known{Default: cautious}, nil},
		{"killed", `"enabled":false,` + connect + `"net":{"send":"debug"}}}}]`, Known{Default: cautious}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parse(t, doc(c.settings))
			var got []string
			for _, w := range Review(p, c.known) {
				got = append(got, w.Code+" "+w.String())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}
