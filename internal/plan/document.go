package plan

import (
	"time"

	"github.com/krunk-go/krunk/internal/gate"
)

// MaxDocument is the largest policy in bytes.
const MaxDocument = 64 << 10

// What a document may hold.
const (
	MaxChannels = 256
	MaxRules    = 128
	MaxValues   = 1000
	MaxSteps    = 64
	MaxKinds    = 64
	MaxVersion  = 1<<53 - 1
	MaxEpoch    = 1<<31 - 1
)

// Version orders documents: by epoch, then by number.
type Version struct{ Epoch, N int64 }

// Document is one parsed policy. It is immutable after Parse.
type Document struct {
	Version         Version
	Issued, Expires Moment
	Author, Note    string
	Salt            string
	Disabled        bool
	Top             Fields // clients, panics, by
	Channels        []Entry
	Rules           []Rule
	Singles
	Ceiling       Fields
	Every, Spread time.Duration
	Unknown       int    // members that this program does not know
	Partial       string // E12 or E13 if a rule is not understood
	Sum           uint64
	size          int
}

// Singles are what a document says about single issues and players.
type Singles struct {
	_       [0]func() // see Fields
	Kinds   []KindRule
	Pulls   string // as text, see PullList
	PullsAt int    // offset
}

// Flags of Fields: which are stated.
const (
	HasTrail uint16 = 1 << iota
	HasSend
	HasIssue
	HasClients
	HasRecords
	HasRate
	HasFirst
	HasBy
	HasSalt
	HasPanics
)

// IDKind is whose id decides about membership in a cohort.
type IDKind uint8

// Whose ids there are.
const (
	ByClient IDKind = iota
	ByPlayer
	ByMatch
)

// String returns the word that a policy uses.
func (k IDKind) String() string { return [...]string{"client", "player", "match"}[k] }

// Fields are the settings of one entry.
type Fields struct {
	_                [0]func() // comparing is code that nobody calls: 344 bytes on 32-bit ARM
	Has              uint16
	By               IDKind
	gate.Thresholds  // those stated
	Clients, Records uint32
	Panics           uint32
	First            uint32
	Rate             Rate
	Burst            uint32 // 0: min(10, N of the rate)
	Salt             string
	Ramp             []Step // what Clients becomes by itself; times and shares rise
}

// Step is one step of a ramp.
type Step struct {
	_       [0]func() // see Fields
	At      Moment    // server time
	Clients uint32
	Pos     int // offset
}

// Share returns the share of clients at a moment of the server's time: a ramp has taken the steps whose time has come.
//
//go:noinline
func (f *Fields) Share(now Moment) uint32 {
	n := f.Clients
	for i := range f.Ramp {
		if !f.Ramp[i].At.Over(now) {
			break
		}
		n = f.Ramp[i].Clients
	}
	return n
}

// Entry is one member of channels.
type Entry struct {
	Name string // lower case; "*" is the root
	At   int
	Fields
}

// Rule is one member of rules.
type Rule struct {
	ID       string
	At       int
	From     Moment // zero: from the beginning
	Until    Moment // zero: for ever
	When     []Condition
	Not      []Condition
	Dead     bool // something in it is not understood, so it matches nobody
	Top      Fields
	Channels []Entry
}

// KindRule is one member of kinds: what is different about issues of one kind.
type KindRule struct {
	_       [0]func() // see Fields
	Kind    uint32
	Until   Moment
	Silent  bool   // kept back, but for the first of each client and day
	Panics  bool   // panics as well
	Rate    Rate   // of each client; N is 0: none
	Clients uint32 // in ppm; above 0: raised, this share of clients sends all of them and nobody else any
	At      int
}

// identity reports whether the rule picks people or matches by name, which is not a random draw.
func (r *Rule) identity() bool {
	for i := range r.When {
		if r.When[i].Key <= CondMatch {
			return true
		}
	}
	return false
}
