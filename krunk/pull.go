package krunk

import (
	"strconv"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/sampling"
)

// AllowPull is for sampling.Limits.Pull: it lets a signed policy ask this client, by a hash of its player or by its match, for its flight
// log. That is one event, "flight log", with the history that every event carries, scope and Stats, of at most so many bytes, and without attachments; with
// goroutines also, if the policy asks for them, the stacks of all goroutines, for which the world stands still: some microseconds for each.
// 0 bytes stand for what an event may have anyway. Each request is answered once, and one a day.
func AllowPull(bytes int, goroutines bool) sampling.Pull {
	return sampling.NewPull(func(client unsafe.Pointer, q gate.Pull) bool {
		if q.Bytes == 0 || bytes > 0 && bytes < q.Bytes {
			q.Bytes = bytes
		}
		q.Goroutines = q.Goroutines && goroutines
		return (*Client)(client).flightLog(&q)
	})
}

// flightLog captures the event that a policy has asked for. No threshold and no share is asked: who is named stands for itself.
func (c *Client) flightLog(q *gate.Pull) bool {
	own := c.main()
	if c.closed.Load() || c.denied() || c.outbox == nil {
		return false
	}
	s := c.Stats()
	attrs := [...]Attr{
		String("request", q.ID), Uint64("events", s.Events), Uint64("logs", s.Logs), Uint64("history", s.History), Uint64("history_lost", s.HistoryLost),
		Uint64("suppressed", s.Suppressed), Uint64("sent", s.Sent), Uint64("retries", s.Retries), Int("waiting", s.Waiting),
		Int("waiting_bytes", s.WaitingBytes), String("run_file", s.RunFile), String("last_error", s.LastError), String("lost", lossText(s.Losses)),
	}
	var r capture
	r.Type, r.Level, r.Flags, r.text, r.attrs = record.LogType, int16(LevelInfo), record.FlagID, "flight log", attrs[:]
	c.stamp(&r)
	c.ids.Take(&r.ID)
	text := ""
	if q.Goroutines {
		text = c.everybody()
	}
	c.recorder.Pulled(r.ID, q.Bytes, text)
	return own.put(blackbox.Event, &r, nil)
}

// lossText is "error queue_overflow 3, log_item sample_rate 17".
func lossText(list []Loss) (s string) {
	for i, l := range list {
		if i > 0 {
			s += ", "
		}
		s += l.Category + " " + l.Reason + " " + strconv.FormatUint(l.Quantity, 10)
	}
	return s
}
