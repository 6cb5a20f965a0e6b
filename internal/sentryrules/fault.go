package sentryrules

// Loss is how much real servers lose by a fault.
type Loss uint8

// The losses, in rising order.
const (
	lossNone     Loss = iota // nothing on the servers that were tried, but the protocol asks for something else
	lossField                // a field is removed, cut or changed
	lossItem                 // an event, a log record, a session or a report is dropped
	lossEnvelope             // the whole request is refused
)

// Fault is one breach of the protocol.
type Fault struct {
	Item   int    // number of the item in its envelope, from 0; -1: the request or the envelope's header
	Where  string // path such as event.exception.values[0].mechanism, or "HTTP X-Sentry-Auth"
	Offset int    // bytes from the start of the payload (of the item's header line, of the body if Item is -1); -1: unknown
	What   string // what is wrong, with the value found
	Write  string // what to write instead
	Loss   Loss
}
