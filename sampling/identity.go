package sampling

import "github.com/krunk-go/krunk/internal/plan"

// Identity is what a client tells its controller about itself. It stays on the device.
type Identity struct {
	ID       string // install id: random, made at the first run and kept; empty: that of krunk/runfile, or else a new one for this process, so the share is drawn anew at each start
	Player   string // empty: the id of krunk's SetUser
	Match    string // empty outside of a match; the game server of the match uses the same
	Release  string // such as "dust514@1.42.0"; empty: that of the client, as Platform, Arch and Env are
	Platform string // GOOS
	Arch     string // GOARCH
	Region   string
	Env      string
	Build    string            // "debug" or "release"
	Tags     map[string]string // what the game sets, also states of feature flags
}

// own gives the tags a map that the game does not hold.
//
//go:noinline
func own(id *plan.Identity) {
	tags := make(map[string]string, len(id.Tags))
	for k, v := range id.Tags {
		tags[k] = v
	}
	id.Tags = tags
}
