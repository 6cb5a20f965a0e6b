package sentryrules

import (
	"bytes"
	"fmt"
)

// The limits are the smaller ones of the protocol's documents, Relay and Bugsink.
const (
	maxLine        = 8 << 10
	maxEvent       = 1 << 20
	maxContainer   = 1 << 20
	maxReport      = 4 << 10
	maxAttachment  = 100 << 20
	maxAttachments = 30
	maxSessions    = 100
	maxItems       = 1000
)

// Item is one item of an envelope.
type Item struct {
	Head    *Node
	Line    []byte
	Payload []byte
	off     int     // of line in the body
	Good    []*Node // what servers keep of it: the event, the log records
}

// Type is what the item's header says.
func (it *Item) Type() string { return it.Head.Get("type").Text() }

func (it *Item) keep(n *Node) {
	if n != nil {
		it.Good = append(it.Good, n)
	}
}

// frame cuts an envelope into its header and items. It stops at the first breach of the framing.
func (c *check) frame(body []byte) (head *Node, items []Item) {
	c.item, c.path = -1, append(c.path[:0], "header"...)
	line, pos := cut(body, 0)
	if bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		c.refuse(400, 0, "body is gzip without Content-Encoding", "Content-Encoding: gzip")
		return nil, nil
	}
	if head = c.line(line, 0); head == nil {
		return nil, nil
	}
	c.path = append(c.path[:0], "items"...)
	for pos < len(body) {
		if len(items) == maxItems {
			c.refuse(413, pos, fmt.Sprintf("more than %d items", maxItems), "fewer")
			return head, items
		}
		if body[pos] == '\n' {
			if len(bytes.Trim(body[pos:], "\n")) == 0 {
				c.refuse(400, pos, "blank line at the end", "one LF after the last item")
				return head, items
			}
			c.at(pos, lossNone, "blank line between items", "one LF after each payload")
			pos++
			continue
		}
		it, next, ok := c.cutItem(body, pos)
		if !ok {
			return head, items
		}
		items = append(items, it)
		pos = next
	}
	return head, items
}

// cut is the line at pos and the position after its LF.
func cut(body []byte, pos int) ([]byte, int) {
	if i := bytes.IndexByte(body[pos:], '\n'); i >= 0 {
		return body[pos : pos+i], pos + i + 1
	}
	return body[pos:], len(body)
}

// line parses the header line that begins at off.
func (c *check) line(line []byte, off int) *Node {
	c.base = off
	defer func() { c.base = 0 }()
	switch {
	case len(line) > maxLine:
		c.refuse(413, 0, fmt.Sprintf("header line of %d bytes", len(line)), fmt.Sprintf("at most %d", maxLine))
		return nil
	case bytes.HasSuffix(line, []byte("\r")):
		c.refuse(400, len(line)-1, "CR before the LF", "LF alone")
		return nil
	}
	n := c.parse(line, lossEnvelope, lossEnvelope)
	if n != nil && n.kind != object {
		c.refuse(400, 0, "header line is "+n.kind.String(), "a JSON object")
		return nil
	}
	return n
}

func (c *check) cutItem(body []byte, pos int) (it Item, next int, ok bool) {
	it.off = pos
	it.Line, next = cut(body, pos)
	if it.Head = c.line(it.Line, pos); it.Head == nil {
		return it, 0, false
	}
	if it.Head.Get("type").Text() == "" {
		c.refuse(400, pos, "item without type", "its type")
		return it, 0, false
	}
	length := it.Head.Get("length")
	if length == nil {
		c.at(pos, lossNone, "item without length", "the payload's length in bytes")
		it.Payload, next = cut(body, next)
		return it, next, true
	}
	size, isInt := length.int()
	if !isInt || size < 0 {
		c.refuse(400, pos, fmt.Sprintf("length is %v %s", length.kind, Clip(length.str)), "an integer of at least 0")
		return it, 0, false
	}
	if size > int64(len(body)-next) {
		c.refuse(400, pos, fmt.Sprintf("length %d, but only %d bytes follow", size, len(body)-next), "the payload's length in bytes")
		return it, 0, false
	}
	end := next + int(size)
	it.Payload = body[next:end:end]
	if end < len(body) && body[end] != '\n' {
		c.refuse(400, end, fmt.Sprintf("length %d is not followed by LF", size), "the payload's length in bytes")
		return it, 0, false
	}
	return it, min(end+1, len(body)), true
}
