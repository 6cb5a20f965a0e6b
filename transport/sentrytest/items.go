package sentrytest

import (
	"time"

	"github.com/krunk-go/krunk/internal/sentryrules"
)

// Discard is one entry of a client report.
type Discard struct {
	Reason   string
	Category string
	Quantity int64
	Envelope int // number of the request
}

func newDiscards(number int, n *sentryrules.Node) []Discard {
	var out []Discard
	for _, e := range n.Get("discarded_events").Values() {
		out = append(out, Discard{e.Get("reason").Text(), e.Get("category").Text(), e.Get("quantity").Num(), number})
	}
	return out
}

// Feedback is what a player wrote.
type Feedback struct {
	Event   // what else it carries
	Message string
	Name    string
	Email   string // contact_email
	URL     string
	About   string // associated_event_id
}

func newFeedback(id string, number int, n *sentryrules.Node, payload []byte) Feedback {
	f := n.Get("contexts").Get("feedback")
	return Feedback{
		Event: newEvent(id, number, n, payload), Message: f.Get("message").Text(), Name: f.Get("name").Text(), Email: f.Get("contact_email").Text(),
		URL: f.Get("url").Text(), About: f.Get("associated_event_id").Text(),
	}
}

// Session is one update of a session.
type Session struct {
	ID          string // sid
	User        string // did
	Init        bool
	Seq         int64
	Started     time.Time
	Time        time.Time
	Duration    float64 // seconds
	Status      string
	Errors      int64
	Abnormal    string // abnormal_mechanism
	Release     string
	Environment string
	Envelope    int  // number of the request
	numbered    bool // has seq
}

func newSession(number int, n *sentryrules.Node) Session {
	return Session{
		ID: n.Get("sid").Text(), User: n.Get("did").Text(), Init: n.Get("init").Bool(), Seq: n.Get("seq").Num(),
		Started: n.Get("started").When(), Time: n.Get("timestamp").When(), Duration: n.Get("duration").Float(),
		Status: n.Get("status").Text(), Errors: n.Get("errors").Num(), Abnormal: n.Get("abnormal_mechanism").Text(),
		Release: n.Get("attrs").Get("release").Text(), Environment: n.Get("attrs").Get("environment").Text(), Envelope: number, numbered: n.Get("seq") != nil,
	}
}
