package sentrytest

import "time"

// Discard is one entry of a client report.
type Discard struct {
	Reason   string
	Category string
	Quantity int64
	Envelope int // number of the request
}

func newDiscards(number int, n *node) []Discard {
	var out []Discard
	for _, e := range n.get("discarded_events").values() {
		out = append(out, Discard{e.get("reason").text(), e.get("category").text(), e.get("quantity").num(), number})
	}
	return out
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
	Envelope    int // number of the request
}

func newSession(number int, n *node) Session {
	return Session{
		ID: n.get("sid").text(), User: n.get("did").text(), Init: n.get("init").bool(), Seq: n.get("seq").num(),
		Started: n.get("started").when(), Time: n.get("timestamp").when(), Duration: n.get("duration").float(),
		Status: n.get("status").text(), Errors: n.get("errors").num(), Abnormal: n.get("abnormal_mechanism").text(),
		Release: n.get("attrs").get("release").text(), Environment: n.get("attrs").get("environment").text(), Envelope: number,
	}
}
