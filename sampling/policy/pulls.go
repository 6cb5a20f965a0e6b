package policy

import (
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

// Pulls returns the ids of the requests for a flight log by which a policy asks a client; see sampling.Pull for who answers. Of u it
// looks at Hash and Now.
func Pulls(p *sampling.Policy, id sampling.Identity, u Under) (ids []string) {
	if u.Now.IsZero() {
		u.Now = time.Now()
	}
	doc, who := p.Document(), plan.Identity(id)
	for _, pull := range doc.PullList() {
		if !pull.Until.Over(plan.MomentOf(u.Now)) && pull.Who.Holds(&who, doc.Salt, u.Hash) == plan.Yes {
			ids = append(ids, pull.ID)
		}
	}
	return ids
}
