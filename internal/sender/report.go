package sender

import (
	"time"

	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/tally"
)

const reportEvery = 5 * time.Second // client reports ride along; in a storm not with every envelope

// reports tells the server what was dropped.
type reports struct {
	list  []protocol.Discard
	buf   []byte
	along bool          // list goes with the request that is on its way
	at    time.Duration // when one went along, long ago if none did
	next  time.Duration // none goes alone before that
}

// settle ends a request; arrived says that the server has its report.
func (r *reports) settle(t *tally.Tally, arrived bool) {
	if r.along && arrived {
		t.Told(r.list)
	}
	r.along = false
}

// untold brings the list up to date and reports whether there is something to tell that may be told.
func (s *Sender) untold(now time.Time) bool {
	s.cfg.Collect()
	s.reports.list = s.cfg.Tally.Untold(s.reports.list[:0])
	return len(s.reports.list) > 0 && !s.cfg.Killed() && !s.limits.Limited(protocol.CategoryInternal, now)
}

// appendReport appends the list to the request.
func (s *Sender) appendReport(now time.Time) {
	r := &s.reports
	r.along, r.at = true, s.now()
	r.buf = protocol.AppendClientReport(r.buf[:0], now, r.list)
	s.body = protocol.AppendItem(s.body, "client_report", r.buf)
}

// ride lets a report go along with an envelope, if one is due.
func (s *Sender) ride(now time.Time) {
	if s.now()-s.reports.at >= reportEvery && s.untold(now) {
		s.appendReport(now)
	}
}

// idle answers who waits in Flush when the outbox is empty. What was dropped is told first, where no envelope could take it
// along: by one attempt, unless a pause is on or others went within the last seconds. What it could not tell stays counted.
func (s *Sender) idle(now time.Duration) {
	p := &s.pauses
	if s.served.Load() >= p.seen {
		return
	}
	if max(p.wish, p.line, s.reports.next) <= now && s.untold(time.Now()) {
		s.alone(now)
	}
	p.urged, p.urging = p.seen, false
	s.served.Store(p.seen)
	s.cfg.Progress.Broadcast()
}

// alone sends a report that no envelope takes along: five at once and then one a second; one a second while they fail.
func (s *Sender) alone(now time.Duration) {
	at := time.Now()
	s.header([16]byte{}, at)
	s.appendReport(at)
	s.request.Body = s.body
	s.reports.next = max(s.reports.next, now-4*urgeEvery) + urgeEvery
	if s.took(s.attempt()) > limited {
		s.reports.next = s.now() + urgeEvery
	}
}
