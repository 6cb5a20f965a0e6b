package policyserver

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

// served is the current version, ready to be sent. It is immutable after make.
type served struct {
	entry     Entry
	policy    *sampling.Policy
	doc       []byte // the document itself, without an envelope
	tag       string // with its quotes
	packed    []byte // gzip of entry.Bytes; nil if it would not be smaller
	shortTag  string // of packed, which is another representation
	tags      []string
	shortTags []string
	length    []string
	short     []string // length of packed
	signature []string
	cache     []string // value of Cache-Control
}

// gzipTag ends the tag of a version that is sent with gzip.
const gzipTag = `-gz"`

// etag returns the tag of a version: the same bytes give the same tag on every server.
func etag(v sampling.Version, b []byte) string {
	sum := sha256.Sum256(b)
	return `"` + v.String() + "-" + hex.EncodeToString(sum[:4]) + `"`
}

// prepare parses and compresses a version once, so that a request does neither.
func prepare(e Entry) (*served, error) {
	doc, _, err := sampling.OpenEnvelope(e.Bytes)
	if err != nil {
		return nil, fmt.Errorf("policyserver: version %s of the store: %w", e.Version, err)
	}
	p, err := sampling.Parse(doc)
	if err != nil {
		return nil, fmt.Errorf("policyserver: version %s of the store: %w", e.Version, err)
	}
	if p.Version() != e.Version {
		return nil, fmt.Errorf("policyserver: the store's version %s holds a document of version %s; rename one of them", e.Version, p.Version())
	}
	c := &served{entry: e, policy: p, doc: doc, tag: etag(e.Version, e.Bytes), packed: pack(e.Bytes)}
	c.shortTag = strings.TrimSuffix(c.tag, `"`) + gzipTag
	c.tags, c.shortTags = []string{c.tag}, []string{c.shortTag}
	c.cache = []string{"public, max-age=" + strconv.Itoa(int(c.maxAge()/time.Second)) + ", must-revalidate"}
	c.length, c.short = []string{fmt.Sprint(len(e.Bytes))}, []string{fmt.Sprint(len(c.packed))}
	if e.Signature != "" {
		c.signature = []string{e.Signature}
	}
	return c, nil
}

// longestCopy is how long caches may hold a copy at most.
const longestCopy = 5 * time.Minute

// maxAge is how long caches hold a copy, and so how much later than by their own asking clients behind one follow: no longer than
// the policy lets clients wait.
func (c *served) maxAge() time.Duration {
	if every := c.policy.Pace().Every; every > 0 {
		return min(every, longestCopy)
	}
	return longestCopy
}

func pack(b []byte) []byte {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	_, _ = z.Write(b) // a bytes.Buffer takes everything
	_ = z.Close()
	if out.Len() >= len(b) {
		return nil
	}
	return out.Bytes()
}

// signed reports whether clients may want a signature of what follows this version.
func (c *served) signed() bool {
	return c != nil && (c.signature != nil || len(c.doc) != len(c.entry.Bytes))
}

// enabled reports whether the kill switch is not thrown; what does not exist is enabled.
func (c *served) enabled() bool { return c == nil || c.policy.Enabled() }

func (c *served) version() sampling.Version {
	if c == nil {
		return sampling.Version{}
	}
	return c.entry.Version
}

var errLarge = errors.New("larger than a policy may be")

// readAtMost reads everything, or errLarge if that is more than n bytes.
func readAtMost(r io.Reader, n int) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(n)+1))
	if err == nil && len(b) > n {
		return nil, errLarge
	}
	return b, err
}
