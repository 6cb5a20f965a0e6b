package sampling

import (
	"strconv"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/gate"
)

// MaxDocument is the largest policy in bytes; MaxEnvelope is the largest signed envelope around one.
const (
	MaxDocument = 64 << 10
	MaxEnvelope = 96 << 10
)

const (
	maxChannels = 256
	maxRules    = 128
	maxValues   = 1000
	maxVersion  = 1<<53 - 1
	maxEpoch    = 1<<31 - 1
)

// Version orders policies: by epoch, then by number. The zero Version stands for the compiled default.
type Version struct{ Epoch, N int64 }

// String returns epoch and number with a dot between, such as "3.1187".
func (v Version) String() string {
	return strconv.FormatInt(v.Epoch, 10) + "." + strconv.FormatInt(v.N, 10)
}

// Less reports whether v is older than w. Not inlined: four words of 64 bits are a lot of code on 32-bit ARM.
//
//go:noinline
func (v Version) Less(w Version) bool { return v.Epoch < w.Epoch || v.Epoch == w.Epoch && v.N < w.N }

// ParseVersion reads what String writes.
func ParseVersion(s string) (Version, bool) {
	epoch, n, ok := strings.Cut(s, ".")
	e, ok2 := whole(epoch)
	m, ok3 := whole(n)
	return Version{int64(e), int64(m)}, ok && ok2 && ok3 && e <= maxEpoch && m <= maxVersion
}

// Policy is one parsed document. It is immutable after Parse.
type Policy struct {
	version         Version
	issued, expires time.Time
	author, note    string
	salt            string
	disabled        bool
	top             fields // clients, panics, by
	channels        []entry
	rules           []rule
	ceiling         fields
	every, spread   time.Duration
	unknown         int    // members that this program does not know
	partial         string // E12 or E13 if a rule is not understood
	sum             uint64
	size            int
}

// Version returns epoch and number.
func (p *Policy) Version() Version { return p.version }

// Issued returns when the policy was made; zero if it does not say.
func (p *Policy) Issued() time.Time { return p.issued }

// Expires returns when clients go back to their compiled default; zero means never.
func (p *Policy) Expires() time.Time { return p.expires }

// Author returns who made it, as written.
func (p *Policy) Author() string { return p.author }

// Note returns why it was made, as written.
func (p *Policy) Note() string { return p.note }

// Salt returns the salt of the cohorts.
func (p *Policy) Salt() string { return p.salt }

// Enabled reports whether the kill switch is not thrown.
func (p *Policy) Enabled() bool { return !p.disabled }

// Pace returns how often clients should ask for a newer policy and over what time they should spread after a hint; zero
// means that the policy does not say.
func (p *Policy) Pace() Pace { return Pace{Every: p.every, Spread: p.spread} }

// Pace is how fast clients follow.
type Pace struct{ Every, Spread time.Duration }

// Channels returns the names that the policy mentions outside of rules, in its order. The slice is owned by the caller.
func (p *Policy) Channels() []string {
	out := make([]string, len(p.channels))
	for i := range p.channels {
		out[i] = p.channels[i].name
	}
	return out
}

// flags of fields: which are stated.
const (
	hasTrail uint16 = 1 << iota
	hasSend
	hasIssue
	hasClients
	hasRecords
	hasRate
	hasFirst
	hasBy
	hasSalt
	hasPanics
)

// idKind is whose id decides about membership in a cohort.
type idKind uint8

const (
	byClient idKind = iota
	byPlayer
	byMatch
)

func (k idKind) String() string { return [...]string{"client", "player", "match"}[k] }

// fields are the settings of one entry.
type fields struct {
	has              uint16
	by               idKind
	first            uint16
	gate.Thresholds  // those stated
	clients, records uint32
	panics           uint32
	rate             Rate
	burst            uint32 // 0: min(10, N of the rate)
	salt             string
}

// entry is one member of channels.
type entry struct {
	name string // lower case; "*" is the root
	at   int
	fields
}

// rule is one member of rules.
type rule struct {
	id       string
	at       int
	until    time.Time // zero: for ever
	when     []condition
	not      []condition
	dead     bool // something in it is not understood, so it matches nobody
	top      fields
	channels []entry
}

// identity reports whether the rule picks people or matches by name, which is not a random draw.
func (r *rule) identity() bool {
	for i := range r.when {
		if r.when[i].key <= condMatch {
			return true
		}
	}
	return false
}
