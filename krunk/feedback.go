package krunk

import (
	"strings"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/text"
)

// maxWords is what servers keep of a player's words, in bytes.
const maxWords = 4096

// Feedback sends the player's own words to the studio and returns the id under which the server has them; the zero EventID means that they
// were not taken: there are none, the client is nil or closed, Consent was denied, or the black box is full to the brim. They are what the player wrote, so
// they travel as they are, and are not scrubbed as messages are: what is over 4096 bytes, or half a kilobyte where Config.Memory is the least, is cut, and the feedback says so
// (contexts.krunk.text_cut). Attributes named name, email and url go where a server shows them, also as they are; write them only where the player
// gave them for that. FeedbackFor says which event it is about, Attach adds a picture or a save, and other attributes are a context.
//
// It carries the release, tags, user and contexts of its moment, is never sampled, and waits offline as events do. A server that knows no feedback
// (Bugsink) takes it and drops it. It never blocks; what a caller does with it in every frame is not limited.
func (c *Client) Feedback(words string, attrs ...Attr) EventID {
	own := c.main()
	if own == nil || c.closed.Load() || c.denied() || strings.TrimSpace(words) == "" || c.inside() && c.insideHere() {
		return EventID{}
	}
	c.uses.Feedback.Use()
	var r capture
	r.Type, r.Level, r.PPM, r.Flags = record.LogType, int16(LevelInfo), gate.Million, record.FlagID|record.FlagFeedback
	r.attrs = attrs
	cut := false
	if r.text, cut = text.Trim(words, min(maxWords, c.maxBody/4)); cut { // a quarter of the longest record is its text
		r.Flags |= record.FlagText
	}
	c.stamp(&r)
	c.ids.Take(&r.ID)
	if !own.put(blackbox.Fatal, &r, nil) {
		return EventID{}
	}
	return r.ID
}

// FeedbackFor returns what says that a Feedback is about the event with that id, such as the crash that the player saw: LastRun.Event, or what
// Report returned. It does nothing elsewhere, and with the zero EventID.
func FeedbackFor(id EventID) Attr { return String(record.FeedbackFor, id.String()) }
