package protocol

import "github.com/krunk-go/krunk/internal/text"

// Breadcrumb is one record of the history before an event, without its time. Data is a JSON object.
type Breadcrumb struct {
	_        [0]func() // no code to compare it
	Type     string    // "error" for what was raised as an issue
	Category string
	Level    string
	Message  string
	Data     Raw
}

// MaxRepeat is what a message leaves free below its limit, for what is put behind it later.
const MaxRepeat = 64

// BreadcrumbTime begins a breadcrumb; behind it are the time (RFC 3339: Spotlight takes a number for milliseconds), a quote, and what
// AppendBreadcrumb made.
const BreadcrumbTime = `{"timestamp":"`

// AppendBreadcrumb appends what is behind the time of a breadcrumb, each text and the data within its limit, and returns where in
// that the message ends: more can be put there.
func AppendBreadcrumb(dst []byte, c *Breadcrumb) (out []byte, end int) {
	start := len(dst)
	dst = crumbText(dst, `,"type":`, c.Type)
	dst = crumbText(dst, `,"category":`, c.Category)
	dst = crumbText(dst, `,"level":`, c.Level)
	message, _ := text.Trim(c.Message, MaxMessage-MaxRepeat)
	dst = text.AppendString(text.Append(dst, `,"message":`), message)
	end = len(dst) - len(`"`) - start
	if len(c.Data) > 0 {
		data := c.Data
		if len(data) > MaxCrumbData {
			data = shrunk(data, MaxCrumbData)
		}
		dst = text.Append(dst, `,"data":`, view(data))
	}
	return append(dst, '}'), end
}

//go:noinline
func crumbText(dst []byte, name, v string) []byte {
	if v == "" {
		return dst
	}
	v, _ = text.Trim(v, MaxCategory)
	return text.AppendString(text.Append(dst, name), v)
}

// appendBreadcrumbs appends the member that ends an event, and its end.
func appendBreadcrumbs(dst []byte, crumbs []Raw) []byte {
	dst = append(dst, `,"breadcrumbs":{"values":[`...)
	for i, c := range crumbs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, c...)
	}
	return append(dst, `]}}`...)
}
