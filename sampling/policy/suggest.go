package policy

import (
	"slices"
	"strings"

	"github.com/krunk-go/krunk/internal/gate"

	"github.com/krunk-go/krunk/internal/plan"
)

// membersAt lists what may stand beside the last step of path.
func membersAt(path string) []string {
	parent, bracket := path, false
	if i := strings.LastIndexAny(path, ".["); i >= 0 {
		parent, bracket = path[:i], path[i] == '['
	} else {
		parent = ""
	}
	if strings.Contains(path, "ramp[") {
		return strings.Fields("at clients")
	}
	if strings.HasPrefix(path, `kinds["`) {
		return strings.Fields("until mute clients rate panics")
	}
	if strings.HasPrefix(path, `pulls["`) {
		return strings.Fields("until player client match bytes goroutines")
	}
	inChannel := strings.HasSuffix(parent, `"]`) && strings.Contains(parent, `channels["`)
	switch {
	case parent == "" && !bracket:
		return strings.Fields("krunk epoch version issued expires author note hash salt enabled by panics clients ramp channels rules kinds pulls ceiling poll")
	case inChannel:
		return strings.Fields("trail send issue clients ramp records rate burst first by salt")
	case strings.HasSuffix(parent, ".set"):
		return strings.Fields("clients ramp panics channels")
	case parent == "ceiling":
		return strings.Fields("clients records rate burst trail send issue")
	case parent == "poll":
		return strings.Fields("every spread")
	}
	return strings.Fields("id until when set")
}

// synonyms are what people write when they mean something else; the first one that is allowed at the place is taken.
const synonyms = "level:send loglevel:send minlevel:send sample:records sampling:records samplerate:records percent:clients percentage:clients " +
	"rollout:clients users:clients share:clients breadcrumbs:trail logs:send events:issue limit:rate ratelimit:rate ttl:until expires:until " +
	"expiry:until expires_at:until expiry:expires description:note comment:note reason:note name:id condition:when if:when where:when match:when " +
	"silence:mute mutes:kinds steps:ramp schedule:ramp start:from starts:from since:from after:from then:set overrides:set user:player os:platform version:release environment:env device:client interval:every jitter:spread key:by max:ceiling"

// suggest returns `did you mean "x"?` or else.
func suggest(given string, allowed []string, otherwise string) string {
	low := gate.Fold(given)
	for pair := range strings.FieldsSeq(synonyms) {
		from, to, _ := strings.Cut(pair, ":")
		if from == low && slices.Contains(allowed, to) {
			return "did you mean " + plan.Quoted(to) + "?"
		}
	}
	best, least := "", max(len(low)/3, 1)+1
	for _, name := range allowed {
		if d := distance(low, name); d < least {
			best, least = name, d
		}
	}
	if best == "" {
		return otherwise
	}
	return "did you mean " + plan.Quoted(best) + "?"
}

// distance counts the letters to insert, delete, change or swap with their neighbour between a and b.
func distance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
