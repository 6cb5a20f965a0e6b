package natspolicy

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policyserver"
	"github.com/nats-io/nats.go/jetstream"
)

// maxValue is the largest value: an envelope in base64 and 28 KiB for what stands around it.
const maxValue = sampling.MaxEnvelope*4/3 + 28<<10

const format = 1

// record is how an entry is stored.
type record struct {
	Format    int       `json:"natspolicy"`
	Version   string    `json:"version"`
	Replaced  string    `json:"replaced,omitempty"`
	By        string    `json:"by,omitempty"`
	At        time.Time `json:"at"`
	Signature string    `json:"signature,omitempty"`
	Audit     string    `json:"audit,omitempty"`
	Nonce     string    `json:"nonce"` // tells two publishers of the same text apart
	Document  []byte    `json:"document"`
}

// value is what a revision of the key holds.
type value struct {
	entry    policyserver.Entry // Bytes are there even if bad is set and somebody put them by hand
	revision uint64
	raw      []byte
	bad      error // why entry is not a version
}

func encode(e policyserver.Entry, nonce string) ([]byte, error) {
	if len(e.Bytes) > sampling.MaxEnvelope {
		return nil, fmt.Errorf("natspolicy: version %s: %w: %d bytes", e.Version, sampling.ErrTooLarge, len(e.Bytes))
	}
	b, err := json.Marshal(record{
		Format: format, Version: e.Version.String(), Replaced: e.Replaced.String(), By: e.By, At: e.At,
		Signature: e.Signature, Audit: e.Audit, Nonce: nonce, Document: e.Bytes,
	})
	if err != nil {
		return nil, fmt.Errorf("natspolicy: version %s: %w", e.Version, err)
	}
	if len(b) > maxValue {
		return nil, fmt.Errorf("natspolicy: version %s: %d bytes with its signature and audit line, at most %d are stored; shorten these", e.Version, len(b), maxValue)
	}
	return b, nil
}

// decode reads a revision: an entry as Publish stores it, or a document that somebody put by hand.
func decode(e jetstream.KeyValueEntry) value {
	v := value{revision: e.Revision(), raw: e.Value()}
	if len(v.raw) > maxValue {
		v.bad = fmt.Errorf("revision %d: %w: %d bytes", v.revision, sampling.ErrTooLarge, len(v.raw))
		return v
	}
	var r record
	switch err := json.Unmarshal(v.raw, &r); {
	case err != nil || r.Format == 0:
		v.entry, v.bad = byHand(e)
	case r.Format > format:
		v.bad = fmt.Errorf("revision %d: format %d is of a newer natspolicy; update this program", v.revision, r.Format)
	default:
		v.entry, v.bad = r.entry()
	}
	if v.bad != nil {
		v.bad = fmt.Errorf("revision %d: %w", v.revision, v.bad)
	}
	return v
}

func (r *record) entry() (policyserver.Entry, error) {
	e := policyserver.Entry{Bytes: r.Document, Signature: r.Signature, By: r.By, At: r.At, Audit: r.Audit}
	var ok bool
	if e.Version, ok = sampling.ParseVersion(r.Version); !ok {
		return policyserver.Entry{}, fmt.Errorf("%q is not a version", r.Version)
	}
	if e.Replaced, ok = sampling.ParseVersion(r.Replaced); !ok && r.Replaced != "" {
		return policyserver.Entry{}, fmt.Errorf("replaced: %q is not a version", r.Replaced)
	}
	if len(r.Document) == 0 {
		return policyserver.Entry{}, errors.New("there is no document in it")
	}
	return e, nil
}

// byHand takes what "nats kv put" stored: the document or its envelope and nothing else. The Bytes come back even with an
// error: a controller obeys the kill switch of a document that is wrong elsewhere.
func byHand(e jetstream.KeyValueEntry) (policyserver.Entry, error) {
	out := policyserver.Entry{Bytes: e.Value(), At: e.Created()}
	doc, _, err := sampling.OpenEnvelope(e.Value())
	if err != nil {
		return out, err
	}
	p, err := sampling.Parse(doc)
	if err != nil {
		return out, err
	}
	out.Version = p.Version()
	return out, nil
}
