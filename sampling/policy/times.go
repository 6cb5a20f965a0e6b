package policy

import (
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

// skew is how far apart the clocks of those who publish may be.
const skew = 10 * time.Minute

// CheckTimes returns an *Errors if a policy says that it was made more than ten minutes after now, since its rules would hold
// longer than strict reading allows, or if it is over by now; nil if neither. A kill switch is good whatever its dates are.
func CheckTimes(p *sampling.Policy, now time.Time) error {
	if !p.Enabled() {
		return nil
	}
	var list []Problem
	if d := p.Issued().Sub(now); d > skew {
		list = append(list, Problem{Code: plan.KTime.Code(), Path: "issued", What: p.Issued().UTC().Format(time.RFC3339) + " lies in the future",
			Write: "write the time of now, " + now.UTC().Format(time.RFC3339) + ", or set the clock right"})
	}
	if plan.Over(p.Expires(), now) {
		list = append(list, Problem{Code: plan.KTime.Code(), Path: "expires", What: p.Expires().UTC().Format(time.RFC3339) + " has passed, so clients do not take it",
			Write: "write a later time"})
	}
	if list == nil {
		return nil
	}
	return &Errors{Version: p.Version(), List: list}
}
