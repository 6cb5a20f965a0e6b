package sampling

import (
	"slices"
	"strings"
)

// Identity is what a client tells its controller about itself. It stays on the device.
type Identity struct {
	ID       string // install id: random, made at the first run and kept; empty: a new one for this process
	Player   string // empty before login
	Match    string // empty outside of a match; the game server of the match uses the same
	Release  string // such as "dust514@1.42.0"
	Platform string // GOOS
	Arch     string // GOARCH
	Region   string
	Env      string
	Build    string            // "debug" or "release"
	Tags     map[string]string // what the game sets, also states of feature flags
}

func (id *Identity) clone() Identity {
	c := *id
	c.Tags = make(map[string]string, len(id.Tags))
	for k, v := range id.Tags {
		c.Tags[k] = v
	}
	return c
}

// key returns the id that a cohort is drawn by.
func (id *Identity) key(k idKind) string {
	switch k {
	case byPlayer:
		return id.Player
	case byMatch:
		return id.Match
	}
	return id.ID
}

// condKey is what a condition looks at. The first three name people or matches.
type condKey uint8

const (
	condClient condKey = iota
	condPlayer
	condMatch
	condRelease
	condPlatform
	condArch
	condRegion
	condEnv
	condBuild
	condTag
	condUnknown
)

// conditionNames are the keys of when, in the order of condKey.
const conditionNames = "client player match release platform arch region env build"

func conditionKey(name string) condKey {
	if strings.HasPrefix(name, "tags.") && len(name) > 5 {
		return condTag
	}
	k := condClient
	for rest := conditionNames; rest != ""; k++ {
		var word string
		if word, rest, _ = strings.Cut(rest, " "); word == name {
			return k
		}
	}
	return condUnknown
}

// condition is one key of when: it holds if any of its values does.
type condition struct {
	key    condKey
	name   string // as written; of a tag without "tags."
	values []string
	ranges []versionRange
}

func (c *condition) of(id *Identity) string {
	switch c.key {
	case condClient, condPlayer, condMatch:
		return id.key(idKind(c.key))
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
	return id.Tags[c.name]
}

// truth is what is known of a condition.
type truth uint8

const (
	no truth = iota
	yes
	unknown // a release that cannot be compared with a range, or no hash function for ids given as hashes
)

const hashed = "sha256:"

func (c *condition) holds(id *Identity, salt string, hash func([]byte) [32]byte) truth {
	v := c.of(id)
	if c.key == condRelease && v != "" {
		if _, version, ok := strings.Cut(v, "@"); ok && slices.Contains(c.values, version) {
			return yes
		}
		for i := range c.ranges {
			if c.ranges[i].holds(v) {
				return yes
			}
		}
	}
	if v != "" && slices.Contains(c.values, v) {
		return yes
	}
	if len(c.ranges) > 0 {
		if _, ok := parseRelease(v); !ok {
			return unknown
		}
	}
	if c.key > condMatch || v == "" {
		return no
	}
	return c.holdsHashed(salt+":"+v, hash)
}

func (c *condition) holdsHashed(text string, hash func([]byte) [32]byte) truth {
	mine := ""
	for _, v := range c.values {
		if !strings.HasPrefix(v, hashed) {
			continue
		}
		if hash == nil {
			return unknown
		}
		if mine == "" {
			h := hash([]byte(text))
			mine = hashed + hexOf(h[:8])
		}
		if v == mine {
			return yes
		}
	}
	return no
}

// matches reports whether the rule applies to id, whatever the time. What is not known counts against the rule.
func (r *rule) matches(id *Identity, salt string, hash func([]byte) [32]byte) bool {
	if r.dead {
		return false
	}
	for i := range r.when {
		if r.when[i].holds(id, salt, hash) != yes {
			return false
		}
	}
	excluded := yes
	for i := range r.not {
		switch r.not[i].holds(id, salt, hash) {
		case unknown:
			return false
		case no:
			excluded = no
		}
	}
	return len(r.not) == 0 || excluded == no
}

// hexOf stands here because encoding/hex brings fmt.
//
//go:noinline
func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 2*len(b))
	for _, c := range b {
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}
