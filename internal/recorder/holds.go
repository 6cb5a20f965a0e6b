package recorder

import (
	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
)

// Holds returns how many events and log records a dead run has left, for who gives it up. The block is input from outside.
func Holds(b *blackbox.Block) (events, logs uint64) {
	outbox, found := b.OpenOutbox()
	events, logs = outbox.Holds()
	upto := max(b.Logs.Load(), found.Logs)
	_, batch, _ := b.OpenBatch(upto)
	for i := range batch {
		upto = max(upto, batch[i].Upto)
	}
	logs += uint64(len(batch))
	done := b.Done.Load()
	for _, rec := range blackbox.Scan(b.At(blackbox.RingRegion), b.Key()) {
		h, err := record.Read(rec.Body)
		if err != nil || rec.End <= done {
			continue
		}
		if h.Flags&record.FlagID != 0 && rec.End > found.Events {
			events++
		}
		if h.Flags&record.FlagSend != 0 && rec.End > upto {
			logs++
		}
	}
	return events, logs
}
