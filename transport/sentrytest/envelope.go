package sentrytest

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/krunk-go/krunk/internal/sentryrules"
)

// Envelope is one request as it came.
type Envelope struct {
	Number    int // of the request, from 1
	Header    Header
	Items     []Item
	Raw       []byte      // decompressed; nil once Options.Keep was passed
	Request   http.Header // as received
	Encoding  string      // Content-Encoding
	Wire      int         // bytes of the body as received
	Status    int         // of the answer; 0: none was given
	Accepted  bool        // its items count as received
	Duplicate bool        // its event was there before
}

// Header is the first line of an envelope.
type Header struct {
	EventID    string
	DSN        string
	SentAt     time.Time
	SDKName    string
	SDKVersion string
	Trace      map[string]string
}

// Item is one item of an envelope.
type Item struct {
	Type        string
	ContentType string
	Filename    string          // of an attachment
	Count       int             // item_count
	Header      json.RawMessage // as sent
	Payload     []byte          // nil once Options.Keep was passed
}

// newHeader reads the header; n may be nil.
func newHeader(n *sentryrules.Node) Header {
	sdk := n.Get("sdk")
	return Header{
		EventID: n.Get("event_id").Text(), DSN: n.Get("dsn").Text(), SentAt: n.Get("sent_at").When(),
		SDKName: sdk.Get("name").Text(), SDKVersion: sdk.Get("version").Text(), Trace: n.Get("trace").Strings(),
	}
}

func newItem(it *sentryrules.Item) Item {
	count := it.Head.Get("item_count").Num()
	return Item{
		Type: it.Head.Get("type").Text(), ContentType: it.Head.Get("content_type").Text(), Filename: it.Head.Get("filename").Text(),
		Count: int(min(max(count, 0), math.MaxInt32)), Header: slices.Clone(it.Line), Payload: it.Payload,
	}
}
