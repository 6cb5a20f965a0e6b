package protocol

import (
	"bytes"
	"strconv"
	"time"

	"github.com/krunk-go/krunk/internal/text"
)

// Header is the first line of an envelope. It is written when a request is built and never stored: servers repair clocks by
// the time of sending.
type Header struct {
	_           [0]func() // no code to compare it
	EventID     [16]byte  // zero for an envelope without an event
	DSN         string
	SDKName     string
	SDKVersion  string
	TraceID     string // of the run; empty: no trace header
	PublicKey   string
	Release     string
	Environment string
}

// AppendEnvelopeHeader appends the header line with its line feed. What is empty is left out: servers refuse a blank id.
func AppendEnvelopeHeader(dst []byte, h *Header, sentAt time.Time) []byte {
	o := Open(dst)
	if h.EventID != ([16]byte{}) {
		o.key("event_id")
		o.b = text.Append(text.AppendHex(text.Append(o.b, `"`), h.EventID[:]), `"`)
	}
	o.text("dsn", h.DSN)
	o.key("sent_at")
	o.b = text.Append(text.AppendTime(text.Append(o.b, `"`), sentAt.UnixNano(), 3), `"`)
	if h.SDKName != "" {
		o.key("sdk")
		s := Open(o.b)
		s.Text("name", h.SDKName)
		s.Text("version", h.SDKVersion)
		o.b = s.Close()
	}
	if h.TraceID != "" && h.PublicKey != "" { // one without the other is ignored
		o.key("trace")
		t := Open(o.b)
		t.Text("trace_id", h.TraceID)
		t.Text("public_key", h.PublicKey)
		t.text("release", h.Release)
		t.text("environment", h.Environment)
		o.b = t.Close()
	}
	return text.Append(o.Close(), "\n")
}

// AppendItem appends an item: header line, payload, line feed.
func AppendItem(dst []byte, typ string, payload []byte) []byte {
	return text.Append(AppendItemHeader(dst, typ, len(payload)), view(payload), "\n")
}

// AppendItemHeader appends the line before a payload of n bytes.
func AppendItemHeader(dst []byte, typ string, n int) []byte {
	return itemLine(dst, n, `{"type":"`, typ, `","length":`)
}

// itemLine ends the line before a payload of n bytes that begins with the parts.
//
//go:noinline
func itemLine(dst []byte, n int, parts ...string) []byte {
	return text.Append(strconv.AppendInt(text.Append(dst, parts...), int64(n), 10), "}\n")
}

// AppendShortEvent appends the item of an event without its breadcrumbs, which begin at cut of it; one of them says so.
func AppendShortEvent(dst, item []byte, cut int) []byte {
	begin := bytes.IndexByte(item, '\n') + 1
	cut = max(cut, begin) // of an item from outside
	return text.Append(AppendItemHeader(dst, "event", cut-begin+len(ShortEnd)-1), view(item[begin:cut]), ShortEnd)
}

// ShortEnd is what stands instead of the breadcrumbs, and ends the item.
const ShortEnd = `,"breadcrumbs":{"values":[{"category":"krunk","level":"warning","message":"left out: too large for the server"}]}}` + "\n"

// AttachmentLine is more than the line before an attachment takes, as long as its name and its content type have 200 bytes together.
const AttachmentLine = 512

// AppendAttachment appends the item of an attachment. The name is one of a file without its folder.
func AppendAttachment(dst []byte, name, contentType string, data []byte) []byte {
	dst = text.AppendString(text.Append(dst, `{"type":"attachment","filename":`), name)
	dst = text.AppendString(text.Append(dst, `,"content_type":`), contentType)
	dst = itemLine(dst, len(data), `,"attachment_type":"event.attachment","length":`)
	return append(append(dst, data...), '\n')
}

// AppendLogItem appends a container with count log records.
func AppendLogItem(dst []byte, count int, payload []byte) []byte {
	return append(append(AppendLogItemHeader(dst, count, len(payload)), payload...), '\n')
}

// AppendLogItemHeader appends the line before a container of n bytes with count log records.
func AppendLogItemHeader(dst []byte, count, n int) []byte {
	dst = strconv.AppendInt(text.Append(dst, `{"type":"log","item_count":`), int64(count), 10)
	return itemLine(dst, n, `,"content_type":"application/vnd.sentry.items.log+json","length":`)
}

// AppendClientReport appends the payload of a client_report item, about 70 bytes for an entry. Entries without a quantity are
// left out, and so are CategoryAll and CategoryInternal, which are no categories to servers. A clock before 1970 is left out:
// servers refuse the whole report for it.
func AppendClientReport(dst []byte, at time.Time, list []Discard) []byte {
	o := Open(dst)
	if sec := at.Unix(); sec > 0 {
		o.Uint("timestamp", uint64(sec))
	}
	o.key("discarded_events")
	o.put("[")
	for i := range list {
		d := &list[i]
		reason, category := d.Reason.String(), d.Category.String()
		if d.Quantity == 0 || d.Category == CategoryInternal || category == "" || reason == "" {
			continue
		}
		if o.b[len(o.b)-1] != '[' {
			o.put(",")
		}
		e := Open(o.b)
		e.Text("reason", reason)
		e.Text("category", category)
		e.Uint("quantity", d.Quantity)
		o.b = e.Close()
	}
	o.put("]")
	return o.Close()
}
