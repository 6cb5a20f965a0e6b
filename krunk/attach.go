package krunk

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/recorder"
	"github.com/krunk-go/krunk/internal/text"
)

// Attachment is bytes that travel beside an event, such as a saved game, a list of inputs or a picture: Data, or what Read returns. Nobody
// looks into them: unlike texts they are not scrubbed, so whatever the game puts in there leaves the device as it is.
//
// All that is attached to one event takes at most half of the longest envelope that the outbox takes: an eighth of the outbox, which is 33 KiB
// where Config.Memory is 1 MiB and 128 KiB with a run file of the usual size, and 30 pieces. What does not fit, and what cannot be read, is
// left out whole; the event says so (contexts.krunk.attachments_left_out), and Stats.Losses counts it. Where a server takes no attachments, or
// not so much, the event goes without them. What stands, waits and is under way
// counts against Config.Memory: a storm with attachments takes 0.91 of 1 MiB.
type Attachment struct {
	// Name is the name of the file as the server shows it, without a folder, of at most 100 bytes. Empty: "attachment".
	Name string
	// ContentType is its media type, such as "image/png". Empty: "application/octet-stream".
	ContentType string
	// Data is copied by the call that takes the Attachment.
	Data []byte
	// Read is called instead of taking Data, when an event is made, by the goroutine that makes all of them: it should return soon, must
	// not call Flush or Close, and returns at most so many bytes, which Krunk must not retain and does not change. An error and a panic
	// leave the attachment out. It is never called for a run that has died: what is to survive that is Data.
	Read func(most int) ([]byte, error)
	// Every makes Client.Attach attach to every event, and not to the fatal ones alone: panics and what is logged at LevelFatal.
	Every bool
}

const (
	maxAttachmentName = 100
	maxContentType    = 100
)

// Attach returns what attaches a to the event of one call: client.Report(err, krunk.Attach(a)). Where that call raises no event, as its level is
// below the threshold, it does nothing, and so it does with Channel.With. It allocates, also then. Data waits on the heap until the event
// is made; what waits, of all events, is bounded like the attachments of one, and where more comes the oldest go.
func Attach(a Attachment) Attr {
	return lateAttr(&late{&a, settleAttachment})
}

// Attach attaches a to every fatal event, or to every one (Attachment.Every), from now on, in the place of what has the same name; without Data
// and Read it takes that back. At most 15 may stand at once, and their Data may be no longer than what an event may have
// beside it. The error says what to write instead, and nothing changes. It copies Data and takes a lock.
func (c *Client) Attach(a Attachment) error {
	if c == nil {
		return nil
	}
	about := "krunk: Attach " + text.Quote(a.Name) + ": "
	most := c.uses.Attachments.Most()
	if a.Data != nil && a.Read != nil {
		return errors.New(about + "both Data and Read are set; set one of them")
	}
	x := cleaned(&a)
	if a.Data != nil {
		x.Data = bytes.Clone(a.Data)
	}
	switch n, bytes, ok := c.uses.Attachments.Stand(x); {
	case ok:
		return nil
	case bytes > most && most > 0:
		return errors.New(about + strconv.Itoa(bytes) + " bytes of Data would stand, and an event may have at most " + strconv.Itoa(most) +
			" beside it; attach less, or set a larger Config.Memory")
	default:
		return errors.New(about + strconv.Itoa(n-1) + " attachments stand already; take one back by an Attach with its name and nothing else")
	}
}

// settleAttachment makes a parcel of an attachment, unless there is no event that it could travel with.
func settleAttachment(v any, c *Client, raised bool) (k record.Kind, num uint64, str string) {
	if a, ok := v.(*Attachment); ok && raised && c.uses.Attachments.Most() > 0 {
		str = c.uses.Attachments.Keep(cleaned(a))
	}
	return record.Attachment, 0, str
}

// cleaned returns a with a name and a type that servers take. It shares a's data.
func cleaned(a *Attachment) *recorder.Attachment {
	x := recorder.Attachment(*a)
	x.Name = x.Name[strings.LastIndexByte(x.Name, '/')+1:]
	x.Name = x.Name[strings.LastIndexByte(x.Name, '\\')+1:]
	if x.Name, _ = text.Trim(strings.Map(visible, x.Name), maxAttachmentName); x.Name == "" {
		x.Name = "attachment"
	}
	if x.ContentType == "" || len(x.ContentType) > maxContentType || strings.Map(visible, x.ContentType) != x.ContentType {
		x.ContentType = "application/octet-stream"
	}
	return &x
}

// visible leaves control characters out, and what is no UTF-8.
func visible(r rune) rune {
	if r < ' ' || r == 0x7f || r == utf8.RuneError {
		return -1
	}
	return r
}
