package sentrytest

import (
	"fmt"
	"strings"

	"github.com/krunk-go/krunk/internal/sentryrules"
)

// Loss is how much real servers lose by a fault.
type Loss uint8

// The losses, in rising order.
const (
	LossNone     Loss = iota // nothing on the servers that were tried, but the protocol asks for something else
	LossField                // a field is removed, cut or changed
	LossItem                 // an event, a log record, a session or a report is dropped
	LossEnvelope             // the whole request is refused
)

// String is the loss in one word: "nothing", "field", "item" or "envelope".
func (l Loss) String() string {
	return [...]string{"nothing", "field", "item", "envelope"}[l&3]
}

// Fault is one breach of the protocol.
type Fault struct {
	Envelope int    // number of the request, from 1; 0 from Lint
	Item     int    // number of the item in its envelope, from 0; -1: the request or the envelope's header
	Where    string // path such as event.exception.values[0].mechanism, or "HTTP X-Sentry-Auth"
	Offset   int    // bytes from the start of the payload (of the item's header line, of the body if Item is -1); -1: unknown
	What     string // what is wrong, with the value found
	Write    string // what to write instead
	Loss     Loss   // what a real server would lose
}

// String is the fault in one line.
func (f Fault) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "envelope %d", f.Envelope)
	if f.Item >= 0 {
		fmt.Fprintf(&b, " item %d", f.Item)
	}
	fmt.Fprintf(&b, ": %s", f.Where)
	if f.Offset >= 0 {
		fmt.Fprintf(&b, " (byte %d)", f.Offset)
	}
	fmt.Fprintf(&b, ": %s; write %s (loses: %s)", f.What, f.Write, f.Loss)
	return b.String()
}

// Lint judges one uncompressed envelope without a server: golden files, a spool file, an encoder's output. It never
// retains envelope. Notes are left out.
func Lint(o Options, envelope []byte) []Fault {
	s := New(o)
	return faultsOf(0, s.rules.JudgeEnvelope(s.settings(), envelope).Faults)
}

func faultsOf(number int, list []sentryrules.Fault) []Fault {
	var out []Fault
	for _, f := range list {
		out = append(out, Fault{number, f.Item, f.Where, f.Offset, f.What, f.Write, Loss(f.Loss)})
	}
	return out
}

// TB is the part of testing.TB that Verify needs, so that programs can link this package without testing.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

const verifyMax = 20

// Verify reports every fault so far as an error of t, at most 20 of them and the number of the rest.
func (s *Server) Verify(t TB) {
	t.Helper()
	all := s.Faults()
	for i, f := range all {
		if i == verifyMax {
			t.Errorf("sentrytest: and %d more faults", len(all)-i)
			return
		}
		t.Errorf("sentrytest: %v", f)
	}
}
