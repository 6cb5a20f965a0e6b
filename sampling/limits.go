package sampling

import (
	"errors"
	"strconv"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
)

// Limits are what no policy may exceed, signed or not. The zero Limits limit nothing.
type Limits struct {
	Trail, Send, Issue string // lowest level a policy may set; empty: no limit
	MaxRate            Rate   // log records and events of all channels together; zero: no limit
	MaxBytesPerHour    int64  // encoded events and log records together, before compression; panics are charged and never refused; zero: no limit
	PanicsAlways       bool   // no policy may turn panics off
}

func (l *Limits) Fields() (plan.Fields, error) {
	t, err := plan.Levels(l.Trail, l.Send, l.Issue)
	if err != nil {
		return plan.Fields{}, errors.New("sampling: Options.Limits." + err.Error())
	}
	f := plan.Stated(t)
	if l.MaxRate.N > 0 {
		if l.MaxRate.Per != time.Second && l.MaxRate.Per != time.Minute && l.MaxRate.Per != time.Hour {
			return f, errors.New("sampling: Options.Limits.MaxRate.Per: " + strconv.FormatInt(int64(l.MaxRate.Per), 10) + "ns is not a second, a minute or an hour")
		}
		f.Rate, f.Has = plan.Rate(l.MaxRate), f.Has|plan.HasRate
	}
	return f, nil
}
