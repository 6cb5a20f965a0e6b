package sender

import (
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/transport"
)

// format is what requests have in common.
type format struct {
	request transport.Request // without a body
	form    uint8             // Encoding of those that Config.Compress has made, immutable after New
	content string            // Content-Encoding of their requests, immutable after New
	Traced  atomic.Bool       // the game has said in which trace it is: headers of envelopes name none
	plain   atomic.Bool       // a server refused what was compressed and took the same as it is
}

// joined is what a flight has beside its body if it is compressed.
type joined struct {
	pack bool   // it is
	wire []byte // the request
	head int    // length of the envelope's header in body; behind it is a client report, or nothing
}

// request returns the body of a flight's request.
func (f *flight) request() []byte {
	if f.pack {
		return f.wire
	}
	return f.body
}

// foreign reports whether an entry is encoded in a way that this program does not know.
func (s *Sender) foreign(e *blackbox.Entry) bool { return e.Encoding != 0 && e.Encoding != s.form }

// packed returns what is to be sent of an entry, as it is encoded, but for its attachments.
//
//go:noinline
func packed(e *blackbox.Entry) []byte {
	switch {
	case e.Shorten:
		return e.Body[:e.Cut]
	case e.Rest > 0:
		return e.Body[:e.Rest]
	}
	return e.Body
}

// carries reports whether an event is to be sent with its attachments.
func carries(e *blackbox.Entry) bool { return e.Rest > 0 && !e.Alone }

// appendAttachments appends the items that are to be sent beside an event, which lie in its entry as they go out.
//
//go:noinline
func appendAttachments(dst []byte, e *blackbox.Entry) []byte {
	if carries(e) {
		dst = append(dst, e.Body[e.Rest:]...)
	}
	return dst
}

// detach gives the attachments of an entry up, which is sent without them from now on.
//
//go:noinline
func (s *Sender) detach(e *blackbox.Entry, why protocol.Reason) {
	s.cfg.Tally.Add(why, protocol.CategoryAttachment, uint64(len(e.Body)-int(e.Rest)))
	s.cfg.Tally.Add(why, protocol.CategoryAttachmentItem, uint64(e.Pieces))
	s.box.Detach(e.Seq)
	e.Alone = true
}

// join builds the request for an entry that is compressed, without taking it apart.
func (s *Sender) join(f *flight, e *blackbox.Entry, now time.Time) (ok bool) {
	f.pack, f.head = true, len(f.body)
	end := ""
	if e.Shorten {
		end = protocol.ShortEnd
	}
	f.body = appendAttachments(f.body, e)
	s.board(f, e)
	s.ride(f, now)
	if f.wire, ok = s.cfg.Compress.Join(f.wire[:0], f.body[:f.head], packed(e), end, f.body[f.head:]); !ok {
		s.reports.settle(f, s.cfg.Tally, false)
		s.alight(f, unanswered)
	}
	return ok
}

// appendItem appends the item of an entry as it is when it is not compressed, or reports false for an entry that is none.
func (s *Sender) appendItem(dst []byte, e *blackbox.Entry) ([]byte, bool) {
	item, cut := packed(e), int(e.Cut)
	if e.Encoding != 0 {
		ok := false
		if item, ok = s.cfg.Compress.Unpack(nil, item); !ok {
			return dst, false
		}
		cut = len(item)
	}
	if e.Shorten {
		return protocol.AppendShortEvent(dst, item, cut), true
	}
	return append(dst, item...), true
}

// size returns how long the items of an entry are that are to be sent, when nothing is compressed.
func (s *Sender) size(e *blackbox.Entry) int {
	event := packed(e)
	n := len(event)
	if e.Encoding != 0 && !s.foreign(e) {
		n = s.cfg.Compress.Size(event)
	}
	if carries(e) {
		n += len(e.Body) - int(e.Rest)
	}
	return n
}

// postPlain makes the attempt once more, not compressed, after a server or a proxy answered with 415 or 400. If that helps, nothing is
// sent compressed any more.
func (s *Sender) postPlain(f *flight, life *lifetime) {
	body, ok := s.appendItem(append([]byte(nil), f.body[:f.head]...), &f.entry)
	if !ok {
		return
	}
	s.post(f, life, append(body, f.body[f.head:]...), "")
	if f.err == nil && f.resp.Status != 415 && f.resp.Status != 400 {
		s.plain.Store(true)
		f.resp.Note = "the server refuses what is compressed: envelopes are sent plain from now on"
	}
}
