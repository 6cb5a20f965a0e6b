package krunk

import (
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
)

// Stats is what a Client has done so far. It is a copy, owned by the caller.
type Stats struct {
	Events       uint64        // raised as events, panics included
	Logs         uint64        // taken as structured log records
	History      uint64        // kept as history alone
	HistoryLost  uint64        // history records that found no room
	Suppressed   uint64        // events over Config.MaxRepeats and panics over Config.Panics.MaxRepeats
	Sent         uint64        // envelopes that the server took
	Retries      uint64        // attempts without a usable answer
	Waiting      int           // envelopes without an answer yet
	WaitingBytes int           // bytes of those
	LeftEvents   uint64        // after Close: events that it left behind, without an answer and not in Losses; some may have arrived
	LeftLogs     uint64        // after Close: log records of that kind
	BeforeSend   time.Duration // that Config.BeforeSend took, in sum
	Losses       []Loss        // everything that was given up, by reason and category
	RunFile      string        // path of Config.RunFile's file for this run, or why there is none; what of earlier runs waits for another DSN
	LastError    string        // of the latest attempt that failed, and what went wrong in Config.BeforeSend first; "" if nothing ever did
}

// Loss is a number of things that were given up for one reason. The names are Sentry's, as in client reports.
type Loss struct {
	Reason   string // queue_overflow, ratelimit_backoff, send_error, …
	Category string // error, log_item, log_byte, …
	Quantity uint64
}

// Stats returns what happened so far. It allocates; a game shows it in its debug overlay, not in every frame.
func (c *Client) Stats() Stats {
	if c == nil {
		return Stats{}
	}
	r := c.recorder
	s := Stats{
		Events: r.Events.Load(), Logs: r.Logs.Load(), History: r.History.Load(), Suppressed: c.repeats.issues.Suppressed() + c.repeats.panics.Suppressed(),
		HistoryLost: c.historyLost.Load(), RunFile: c.after.why,
	}
	c.collect()
	c.given(&s)
	if c.sender != nil {
		s.Sent, s.Retries, s.LastError = c.sender.Sent.Load(), c.sender.Retries.Load(), c.sender.LastError()
		s.Waiting, s.WaitingBytes, _ = c.outbox.Usage()
		if c.closed.Load() {
			c.left(&s)
		}
	}
	if c.hook != nil {
		c.edited(&s)
	}
	return s
}

// edited fills in what became of Config.BeforeSend.
func (c *Client) edited(s *Stats) {
	spent, what := c.hook.Told()
	if s.BeforeSend = time.Duration(spent); what != "" {
		if s.LastError != "" {
			s.LastError += "; "
		}
		s.LastError += what
	}
}

// given fills in what was given up, and says what has become of the run file.
func (c *Client) given(s *Stats) {
	if c.guard != nil {
		if c.guard.State() != blackbox.BlockInFile {
			s.RunFile += ": was taken away while the program ran, which goes on without it"
		}
		defer c.letGo(c.guard.Hold())
	}
	if run := c.after.living(); run != nil && run.State != nil {
		s.RunFile += run.State()
	}
	for _, d := range c.tally.Total(nil) {
		s.Losses = append(s.Losses, Loss{Reason: d.Reason.String(), Category: d.Category.String(), Quantity: d.Quantity})
	}
}

// left counts what a closed client still holds: envelopes that wait or are on their way, and what was not encoded any more.
func (c *Client) left(s *Stats) {
	events, logs := c.recorder.Left()
	waiting, waitingLogs := c.outbox.Holds()
	s.LeftEvents, s.LeftLogs = events+waiting, logs+waitingLogs
}
