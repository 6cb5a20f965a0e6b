package plan

import (
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
)

// Identity is sampling.Identity.
type Identity struct {
	ID, Player, Match, Release, Platform, Arch, Region, Env, Build string
	Tags                                                           map[string]string
}

// key returns the id that a cohort is drawn by.
func (id *Identity) key(k IDKind) string {
	switch k {
	case ByPlayer:
		return id.Player
	case ByMatch:
		return id.Match
	}
	return id.ID
}

// condKey is what a condition looks at. The first three name people or matches.
type condKey uint8

const (
	condClient condKey = iota
	condPlayer
	CondMatch
	condRelease
	condPlatform
	condArch
	condRegion
	condEnv
	condBuild
	CondTag
	condUnknown
)

// ConditionNames are the keys of when, in the order of condKey.
const ConditionNames = "client player match release platform arch region env build"

// tagPrefix begins a condition about a tag.
const tagPrefix = "tags."

func conditionKey(name string) condKey {
	if strings.HasPrefix(name, tagPrefix) && len(name) > len(tagPrefix) {
		return CondTag
	}
	if k := wordAt(ConditionNames, name); k >= 0 {
		return condKey(k)
	}
	return condUnknown
}

// Condition is one key of when: it holds if any of its values does.
type Condition struct {
	Key    condKey
	Name   string // as written; of a tag without "tags."
	Values []string
	Ranges []string // of releases
}

// Of returns what the condition looks at, empty if it is not known.
func (c *Condition) Of(id *Identity) string {
	switch c.Key {
	case condClient, condPlayer, CondMatch:
		return id.key(IDKind(c.Key))
	case condRelease:
		return id.Release
	case condPlatform:
		return id.Platform
	case condArch:
		return id.Arch
	case condRegion:
		return id.Region
	case condEnv:
		return id.Env
	case condBuild:
		return id.Build
	}
	return id.Tags[c.Name]
}

// Truth is what is known of a condition.
type Truth uint8

// What a condition may be.
const (
	No Truth = iota
	Yes
	Unknown // a release that cannot be compared with a range, or no hash function for ids given as hashes
)

// Hashed begins an id that a policy gives as a hash.
const Hashed = "sha256:"

// IsHash reports whether an id that begins with Hashed is a hash: 16 of 0-9 and a-f follow.
func IsHash(id string) bool {
	digits := strings.TrimPrefix(id, Hashed)
	return len(digits) == 16 && len(id) == len(Hashed)+16 && strings.Trim(digits, "0123456789abcdef") == ""
}

// Holds says whether one of the values fits; hash may be nil.
func (c *Condition) Holds(id *Identity, salt string, hash func([]byte) [32]byte) Truth {
	v := c.Of(id)
	if v == "" {
		if len(c.Ranges) > 0 {
			return Unknown
		}
		return No
	}
	if has(c.Values, v) {
		return Yes
	}
	if c.Key == condRelease {
		if _, version, ok := ascii.Cut(v, '@'); ok && has(c.Values, version) {
			return Yes
		}
		mine, known := parseRelease(v)
		for _, list := range c.Ranges {
			if !known {
				return Unknown
			}
			if holds, _ := mine.within(list); holds {
				return Yes
			}
		}
	}
	if c.Key > CondMatch {
		return No
	}
	return c.holdsHashed(salt+":"+v, hash)
}

// has stands here because slices.Contains is made anew wherever it is called.
//
//go:noinline
func has(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

func (c *Condition) holdsHashed(text string, hash func([]byte) [32]byte) Truth {
	mine := ""
	for _, v := range c.Values {
		if !strings.HasPrefix(v, Hashed) {
			continue
		}
		if hash == nil {
			return Unknown
		}
		if mine == "" {
			h := hash([]byte(text))
			mine = Hashed + HexOf(h[:8])
		}
		if v == mine {
			return Yes
		}
	}
	return No
}

// Matches reports whether the rule applies to id, whatever the time. What is not known counts against the rule.
func (r *Rule) Matches(id *Identity, salt string, hash func([]byte) [32]byte) bool {
	if r.Dead {
		return false
	}
	for i := range r.When {
		if r.When[i].Holds(id, salt, hash) != Yes {
			return false
		}
	}
	excluded := Yes
	for i := range r.Not {
		switch r.Not[i].Holds(id, salt, hash) {
		case Unknown:
			return false
		case No:
			excluded = No
		}
	}
	return len(r.Not) == 0 || excluded == No
}

// HexOf stands here because encoding/hex brings fmt.
//
//go:noinline
func HexOf(b []byte) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 2*len(b))
	for i := range out {
		out[i] = digits[b[i/2]>>(4-i%2*4)&15]
	}
	return string(out)
}
