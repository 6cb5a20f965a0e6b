package sampling

import (
	"strconv"
	"time"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/plan"
)

// MaxDocument is the largest policy, 64 KiB; MaxEnvelope the largest signed envelope around one, 96 KiB.
const (
	MaxDocument = 64 << 10
	MaxEnvelope = 96 << 10
)

// Version orders policies: by epoch, then by number. The zero Version stands for the compiled default.
type Version struct{ Epoch, N int64 }

// String returns epoch and number with a dot between, such as "3.1187".
func (v Version) String() string {
	return strconv.FormatInt(v.Epoch, 10) + "." + strconv.FormatInt(v.N, 10)
}

// Less reports whether v is older than w.
func (v Version) Less(w Version) bool { return v.order(&w) < 0 }

// order returns -1 if v is older than w and 1 if it is newer. Not inlined, and by pointer: four words of 64 bits are a lot of code on
// 32-bit ARM.
//
//go:noinline
func (v *Version) order(w *Version) int {
	a, b := v.N, w.N
	if v.Epoch != w.Epoch {
		a, b = v.Epoch, w.Epoch
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// ParseVersion reads what String writes.
func ParseVersion(s string) (Version, bool) {
	epoch, n, ok := ascii.Cut(s, '.')
	e, ok2 := plan.Whole(epoch)
	m, ok3 := plan.Whole(n)
	return Version{int64(e), int64(m)}, ok && ok2 && ok3 && e <= plan.MaxEpoch && m <= plan.MaxVersion
}

// VersionOfHint reads what policyserver's Hint put into a heartbeat: epoch and number, 8 bytes each, big endian; zeros, while the
// server has nothing, give the zero Version. Numbers that no document can have give it too.
func VersionOfHint(h [16]byte) Version {
	var n [2]uint64
	for i, b := range h {
		n[i/8] = n[i/8]<<8 | uint64(b)
	}
	if n[0] > plan.MaxEpoch || n[1] > plan.MaxVersion {
		return Version{}
	}
	return Version{int64(n[0]), int64(n[1])}
}

// Policy is one parsed document. It is immutable after Parse. Package policy tells more about one.
type Policy struct{ doc *plan.Document }

// Parse reads a policy as a client does: a member that it does not know is ignored and counted, a rule that it does not
// fully understand matches nobody, and anything else that is wrong rejects the whole document with a *Rejection,
// ErrTooLarge or ErrUnsupported. It must not retain b, and does not.
func Parse(b []byte) (*Policy, error) {
	doc, err := parsed(b)
	if err != nil {
		return nil, err
	}
	return &Policy{doc}, nil
}

// Document is for package policy.
func (p *Policy) Document() *plan.Document {
	if p.doc == nil {
		return new(plan.Document)
	}
	return p.doc
}

// Version returns epoch and number.
func (p *Policy) Version() Version { return Version(p.Document().Version) }

// Issued returns when the policy was made; zero if it does not say.
func (p *Policy) Issued() time.Time { return p.Document().Issued.Time() }

// Expires returns when clients go back to their compiled default; zero means never.
func (p *Policy) Expires() time.Time { return p.Document().Expires.Time() }

// Author returns who made it, as written.
func (p *Policy) Author() string { return p.Document().Author }

// Note returns why it was made, as written.
func (p *Policy) Note() string { return p.Document().Note }

// Salt returns the salt of the cohorts.
func (p *Policy) Salt() string { return p.Document().Salt }

// Enabled reports whether the kill switch is not thrown.
func (p *Policy) Enabled() bool { return !p.Document().Disabled }

// Pace returns how often clients should ask for a newer policy and over what time they should spread after a hint; zero
// means that the policy does not say.
func (p *Policy) Pace() Pace { return paceOf(p.Document()) }

// Pace is how fast clients follow.
type Pace struct{ Every, Spread time.Duration }

func paceOf(d *plan.Document) Pace { return Pace{Every: d.Every, Spread: d.Spread} }

// parsed tells what parse found in the words of this package.
func parsed(b []byte) (*plan.Document, error) {
	doc, fault := plan.Parse(b)
	switch {
	case len(b) > plan.MaxDocument:
		return nil, ErrTooLarge
	case fault.Newer:
		return nil, ErrUnsupported
	case fault.Code == "":
		return doc, nil
	}
	return nil, &Rejection{Code: fault.Code, Path: fault.Path, Offset: fault.At, Also: fault.Also}
}
