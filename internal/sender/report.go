package sender

import (
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/tally"
)

const reportEvery = 5 * time.Second // client reports ride along; in a storm not with every envelope

// reports tells the server what was dropped.
type reports struct {
	list  []protocol.Discard
	buf   []byte
	along bool          // list goes with a request that is on its way
	at    time.Duration // when one went along, long ago if none did
	next  time.Duration // none goes alone before that
}

// settle ends a request; arrived says that the server has its report.
func (r *reports) settle(f *flight, t *tally.Tally, arrived bool) {
	if f.told {
		f.told, r.along = false, false
		if arrived {
			t.Told(r.list)
		}
	}
}

// untold brings the list up to date and reports whether there is something to tell that may be told.
func (s *Sender) untold() bool {
	s.cfg.Collect()
	s.reports.list = s.cfg.Tally.Untold(s.reports.list[:0])
	return len(s.reports.list) > 0 && !s.cfg.Killed() && !s.limits.Limited(protocol.CategoryInternal, s.now())
}

// appendReport appends the list to the request.
func (s *Sender) appendReport(f *flight, now time.Time) {
	r := &s.reports
	f.told, r.along, r.at = true, true, s.now()
	r.buf = protocol.AppendClientReport(r.buf[:0], now, r.list)
	f.body = protocol.AppendItem(f.body, "client_report", r.buf)
}

// ride lets a report go along with an envelope, if one is due and none is on its way.
func (s *Sender) ride(f *flight, now time.Time) {
	if !s.reports.along && s.now()-s.reports.at >= reportEvery && s.untold() {
		s.appendReport(f, now)
	}
}

// idle answers who waits in Flush when the outbox is empty. What was dropped is told first, where no envelope could take it
// along: by one attempt, unless a pause is on or others went within the last seconds. What it could not tell stays counted.
func (s *Sender) idle(now time.Duration) {
	p := &s.pauses
	if s.served.Load() >= p.seen {
		return
	}
	if max(p.wish, p.line, s.reports.next) <= now && s.untold() {
		s.alone(now)
	}
	p.urged, p.urging = p.seen, false
	s.served.Store(p.seen)
	s.cfg.Progress.Broadcast()
}

// alone sends a report that no envelope takes along: five at once and then one a second; one a second while they fail.
func (s *Sender) alone(now time.Duration) {
	at, f := time.Now(), &s.flights[0]
	s.begin(f, blackbox.Entry{}, at)
	s.appendReport(f, at)
	s.reports.next = max(s.reports.next, now-4*urgeEvery) + urgeEvery
	s.fly(f)
	if s.took(f) > limited {
		s.reports.next = s.now() + urgeEvery
	}
}
