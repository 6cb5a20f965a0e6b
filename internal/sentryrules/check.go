package sentryrules

import (
	"fmt"
	"strconv"
	"time"
)

const MaxFaults = 100 // of one envelope; a client that is wrong in one place is wrong a thousand times

// check judges one request. It is owned by one goroutine.
type check struct {
	rules   *Rules
	opt     Settings
	now     time.Time
	client  string // name/version as sentry_client says
	sdk     string // name/version of the envelope's header
	eventID string // of the envelope's header
	item    int
	path    []byte
	base    int  // offset of what is being judged
	floor   Loss // every fault costs at least this
	loss    Loss // the worst of the present item or record
	status  int  // that of the refusal, 0 if none
	cause   string
	faults  []Fault
	notes   []Fault
}

func (c *check) in(part string) int {
	mark := len(c.path)
	c.path = append(c.path, part...)
	return mark
}

func (c *check) out(mark int) { c.path = c.path[:mark] }

func (c *check) key(name string) int {
	for i := 0; i < len(name); i++ {
		if b := name[i]; b != '_' && (b < 'a' || b > 'z') && (b < '0' || b > '9') {
			return c.in("[" + strconv.Quote(Clip(name)) + "]")
		}
	}
	return c.in("." + Clip(name))
}

func (c *check) index(i int) int { return c.in("[" + strconv.Itoa(i) + "]") }

// at is a fault at a byte offset.
func (c *check) at(off int, loss Loss, what, write string) {
	loss = max(loss, c.floor)
	c.loss = max(c.loss, loss)
	if loss == lossEnvelope && c.status == 0 {
		c.status, c.cause = 400, what
	}
	if len(c.faults) < MaxFaults {
		c.faults = append(c.faults, c.make(off, loss, what, write))
	}
}

func (c *check) make(off int, loss Loss, what, write string) Fault {
	if off >= 0 {
		off += c.base
	}
	return Fault{Item: c.item, Where: string(c.path), Offset: off, What: what, Write: write, Loss: loss}
}

func (c *check) fault(n *Node, loss Loss, what, write string) { c.at(n.Off, loss, what, write) }

func (c *check) faultf(n *Node, loss Loss, write, format string, args ...any) {
	c.at(n.Off, loss, fmt.Sprintf(format, args...), write)
}

// below is faultf for a value below the present path.
func (c *check) below(part string, n *Node, loss Loss, write, format string, args ...any) {
	mark := c.in(part)
	c.faultf(n, loss, write, format, args...)
	c.out(mark)
}

// note is advice: no server that was tried loses anything, and the protocol allows it.
func (c *check) note(n *Node, what, write string) {
	if len(c.notes) < MaxFaults {
		c.notes = append(c.notes, c.make(n.Off, lossNone, what, write))
	}
}

// refuse is a fault for which a real server refuses the request.
func (c *check) refuse(status, off int, what, write string) {
	if c.status == 0 {
		c.status, c.cause = status, what
	}
	c.at(off, lossEnvelope, what, write)
}

// parse reads JSON and reports what is wrong with its form; nil if it is no JSON.
func (c *check) parse(src []byte, loss, dupLoss Loss) *Node {
	n, dups, err := parseJSON(src)
	if err != nil {
		c.at(err.off, loss, err.what, "valid JSON in valid UTF-8")
		return nil
	}
	for _, d := range dups {
		c.at(d.off, dupLoss, fmt.Sprintf("key %q given twice in one object", Clip(d.Name)), "each key once")
	}
	return n
}

// Clip shortens text of the client for messages.
func Clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
